import { handler, World } from './testdata/world.js';

describe('keepResult', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  const lane = { queue: 'default', shard: 0 };
  const prune = () => world.store.prune({ lane });

  it('RS4: bounds how long a completed record stays: 0 leaves none, forever drops the age limit', async () => {
    const worker = await world.worker([handler(() => 'done')]);
    const keeps = [0, undefined, '2h', 'forever'] as const;
    const handles = await world.queue.enqueueMany('work', keeps.map((keepResult) => ({ keepResult }))); // prettier-ignore
    await worker.idle();
    await worker.stop();
    const kept = async () => {
      await prune();
      return Promise.all(handles.map(async ({ id }) => (await world.look(id))?.result ?? null));
    };
    expect(await kept()).toEqual([null, 'done', 'done', 'done']);
    await world.clock.advance('61m');
    expect(await kept()).toEqual([null, null, 'done', 'done']);
    await world.clock.advance('52w');
    expect(await kept()).toEqual([null, null, null, 'done']);
  });

  it('RS4: of the task holds where the call says nothing', async () => {
    const worker = await world.worker([handler(() => 'done', { keepResult: 0 })]);
    const [gone, kept] = await world.queue.enqueueMany('work', [{}, { keepResult: '1h' }]);
    await worker.idle();

    expect(await world.look(gone!.id)).toBeUndefined();
    expect(await world.look(kept!.id)).toMatchObject({ result: 'done' });
  });

  it('EN8: of 0 leaves the record of a job that somebody waits for long enough to be read', async () => {
    await world.worker([handler(() => 2, { keepResult: 0 })]);
    expect(await world.queue.run('work', {}, { timeout: '10s' })).toBe(2);
    const [job] = (await world.queue.list({ state: 'completed' })).jobs;
    await world.clock.advance('11s');
    await prune();

    expect(await world.look(job!.id)).toBeUndefined();
  });
});
