import { handler, World } from './testdata/world.js';

describe('the event-loop watch', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  it('DT9: names the task whose code has blocked, also where it has ended before anybody could look', async () => {
    const warnings: string[] = [];
    const silent = () => undefined;
    const logger = { debug: silent, log: silent, error: silent, warn: (text: string) => void warnings.push(text) };
    const worker = await world.worker([handler(() => world.clock.freeze('7s'))], { logger });
    await world.clock.advance('2s');
    await world.enqueue({});
    await worker.idle();
    expect(worker.running).toEqual([]);
    await world.clock.advance('1s');

    expect(warnings).toEqual([expect.stringMatching(/^The event loop was blocked for .* while these ran: work\./)]);
    expect(worker.status()).toMatchObject({ blocked: 1 });
  });

  it('WK10: a lease outlives code that blocks for less than it, whoever looks meanwhile', async () => {
    let runs = 0;
    let lost = 0;
    const blocked = 14;
    const run = async () => {
      runs++;
      await world.clock.sleep(1950); // just before the next beat
      for (let second = 0; second < blocked; second++) {
        world.clock.freeze('1s');
        const { released } = await world.store.reap({ lane: { queue: 'default', shard: 0 } });
        lost += released.length;
      }
    };
    const worker = await world.worker([handler(run)], { lease: '15s' });
    const { id } = worker;
    const [job] = await world.enqueue({});
    await world.clock.advance('20s');

    expect(lost).toBe(0);
    expect(runs).toBe(1);
    expect(worker.id).toBe(id);
    expect(await world.look(job!)).toMatchObject({ state: 'completed', crashes: 0 });
  });
});
