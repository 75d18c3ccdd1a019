import { StoreUnavailable } from '../job/errors.js';
import { memory } from '../store/memory/index.js';
import type { Store } from '../store/store.js';
import { ManualClock } from '../time/manual-clock.js';
import { counted, refusal, world } from './testdata/world.js';

/** A store in memory, changed; `open.listening` counts the listeners that are open. */
async function setup(change: Partial<Store> = {}) {
  const clock = new ManualClock();
  const real = memory({ clock });
  const { store, open } = counted(real, change);
  return { ...(await world({ store, clock })), clock, open, real };
}

const deaf: Partial<Store> = { listen: async () => ({ stop: async () => {} }) };

describe('follow', () => {
  it('shows the job now, and with every hint, until it is settled; no time passes', async () => {
    const { queue, take, complete, store, clock } = await setup();
    const views = (await queue.enqueue('a.task')).follow();
    expect((await views.next()).value).toMatchObject({ state: 'ready' });

    const [job] = await take();
    expect((await views.next()).value).toMatchObject({ state: 'active' });
    await store.note(job!.id, job!.fence, { progress: JSON.stringify({ percent: 60 }) });
    expect((await views.next()).value).toMatchObject({ progress: { percent: 60 } });
    await complete(job!, 'done');
    expect((await views.next()).value).toMatchObject({ state: 'completed', result: 'done' });
    expect(await views.next()).toEqual({ done: true, value: undefined });
    expect(clock.monotonic()).toBe(0);
  });

  it('looks every second, should hints be lost, and tells only what has changed', async () => {
    const { queue, take, complete, clock } = await setup(deaf);
    const states: string[] = [];
    const job = await queue.enqueue('a.task');
    const reading = (async () => {
      for await (const { state } of job.follow()) states.push(state);
    })();
    await clock.advance('3s');
    const [held] = await take();
    await clock.advance('3s');
    await complete(held!);
    await clock.advance('1s');
    await reading;

    expect(states).toEqual(['ready', 'active', 'completed']);
  });

  it('ends when the job is removed, and refuses one that was never there', async () => {
    const { queue } = await setup();
    const job = await queue.enqueue('a.task');
    const views = job.follow();
    await views.next();
    await job.remove();

    expect(await views.next()).toMatchObject({ done: true });
    expect(await refusal(() => job.follow().next())).toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('leaves nothing behind when its reader goes in the middle of a wait', async () => {
    const { queue, clock, open } = await setup();
    const views = (await queue.enqueue('a.task')).follow();
    await views.next();
    const waits = views.next();
    await views.return!();
    expect(await waits).toMatchObject({ done: true });

    await clock.advance('2s');
    expect(open.listening).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  it('waits for a store that is away', async () => {
    const { queue, store, real, take, complete, clock } = await setup(deaf);
    const views = (await queue.enqueue('a.task')).follow();
    await views.next();
    store.find = () => Promise.reject(new StoreUnavailable('memory:'));
    const next = views.next();
    await clock.advance('5s');
    const [job] = await take();
    await complete(job!);
    store.find = (keys, options) => real.find(keys, options);
    await clock.advance('1s');

    expect((await next).value).toMatchObject({ state: 'completed' });
  });

  it('listens again after a store could not be listened to', async () => {
    let tries = 0;
    const { queue, real, take, complete, clock } = await setup({
      listen: (topics, hear) => (tries++ === 0 ? Promise.reject(new StoreUnavailable('x')) : real.listen(topics, hear)),
    });
    const views = (await queue.enqueue('a.task')).follow();
    await views.next();
    await clock.advance('1s');
    const at = clock.monotonic();
    const [job] = await take();
    await complete(job!);

    expect((await views.next()).value).toMatchObject({ state: 'completed' });
    expect(clock.monotonic()).toBe(at);
  });
});
