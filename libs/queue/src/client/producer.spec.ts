import { QueueFull, StoreUnavailable } from '../job/errors.js';
import { memory } from '../store/memory/index.js';
import type { NewJob, Store } from '../store/store.js';
import { ManualClock } from '../time/manual-clock.js';
import { refusal, world } from './testdata/world.js';

/** A memory store whose enqueue is counted, and may be made to fail first. */
async function setup(enqueue?: (jobs: NewJob[], next: Store['enqueue'], call: number) => ReturnType<Store['enqueue']>) {
  const clock = new ManualClock();
  const real = memory({ clock });
  const batches: number[] = [];
  const store: Store = {
    ...real,
    enqueue: (jobs) => {
      batches.push(jobs.length);
      return enqueue ? enqueue(jobs, (more) => real.enqueue(more), batches.length) : real.enqueue(jobs);
    },
  };
  return { ...(await world({ store, clock })), clock, real, batches };
}

describe('batching', () => {
  it('sends the enqueues of one turn of the event loop in one call per queue', async () => {
    const { queue, batches } = await setup();
    const wanted = Array.from({ length: 50 }, (_, i) => queue.enqueue('a.task', i, { queue: i % 2 ? 'odd' : 'even' }));
    const handles = await Promise.all(wanted);
    expect(batches).toEqual([25, 25]);
    expect(handles.every((handle) => handle.created)).toBe(true);
    const jobs = (await queue.list({ queue: 'even' })).jobs;
    expect(jobs.map((job) => job.payload)).toEqual(Array.from({ length: 25 }, (_, i) => i * 2));
  });

  it('sends a call of many in one call', async () => {
    const { queue, batches } = await setup();
    await queue.enqueueMany(
      'a.task',
      Array.from({ length: 700 }, (_, i) => ({ payload: i })),
    );
    expect(batches).toEqual([700]);
  });

  it('sends early what is full by count or by bytes', async () => {
    const { queue, batches } = await setup();
    await Promise.all(Array.from({ length: 300 }, () => queue.enqueue('a.task')));
    expect(batches).toEqual([256, 44]);
    batches.length = 0;
    await Promise.all(Array.from({ length: 4 }, () => queue.enqueue('a.task', 'x'.repeat(100_000))));
    expect(batches).toEqual([3, 1]);
  });
});

describe('a full queue', () => {
  it('EN6 G4: refuses beyond maxReady with QueueFull and stores nothing of that call', async () => {
    const { queue } = await setup();
    await queue.configure('default', { maxReady: 2 });
    await queue.enqueue('a.task');
    const refused = await refusal(() => queue.enqueueMany('a.task', [{}, {}]));
    expect(refused).toMatchObject({ code: 'QUEUE_FULL', queue: 'default', maxReady: 2 });
    expect((await queue.counts())[0]?.counts.ready).toBe(1);
    expect((await queue.enqueue('a.task')).created).toBe(true);
  });

  it('tells when there will be room, by how many jobs have ended of late', async () => {
    const { queue, clock, take, complete } = await setup();
    await queue.configure('default', { maxReady: 4 });
    await queue.enqueueMany('a.task', [{}, {}, {}, {}]);
    const stuck = await refusal(() => queue.enqueue('a.task'));
    expect(stuck).toMatchObject({ retryAfter: 10_000, perMinute: 0 });
    expect(stuck.message).toContain('see whether a worker serves the queue');

    await clock.advance('2m');
    for (const job of await take('default', 4)) await complete(job);
    await queue.enqueueMany('a.task', [{}, {}, {}, {}]);
    await clock.advance('59s');
    expect(await refusal(() => queue.enqueue('a.task'))).toMatchObject({
      retryAfter: 14_750,
      perMinute: 4,
      message: expect.stringContaining('Some 4 of them end per minute. Try again in 14750 ms, add workers') as string,
    });
    expect(await refusal(() => queue.enqueueMany('a.task', [{}, {}]))).toMatchObject({ retryAfter: 29_500 });
  });

  it('asks for its pace once a second at most, and refuses all the same where that cannot be told', async () => {
    let asked = 0;
    const history = () => Promise.reject(new Error(`away ${++asked}`));
    const clock = new ManualClock();
    const { queue } = await world({ store: { ...memory({ clock }), history }, clock });
    await queue.configure('default', { maxReady: 0 });
    for (let i = 0; i < 3; i++) {
      expect(await refusal(() => queue.enqueue('a.task'))).toMatchObject({ code: 'QUEUE_FULL', retryAfter: 1000 });
    }
    await clock.advance('1s');
    await refusal(() => queue.enqueue('a.task'));
    expect(asked).toBe(2);
  });

  it('refuses one caller without refusing those whose jobs went along', async () => {
    const { queue } = await setup();
    await queue.configure('default', { maxReady: 3 });
    const [one, many, other] = await Promise.allSettled([
      queue.enqueue('a.task'),
      queue.enqueueMany('a.task', [{}, {}, {}]),
      queue.enqueue('a.task'),
    ]);
    expect([one.status, many.status, other.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((many as PromiseRejectedResult).reason).toBeInstanceOf(QueueFull);
  });
});

describe('a store that is away', () => {
  const away = () => Promise.reject(new StoreUnavailable('memory:'));

  it('EN6: is asked again until it is back; the job is added once', async () => {
    const { queue, clock, batches } = await setup((jobs, next, call) => (call < 4 ? away() : next(jobs)));
    const handle = queue.enqueue('a.task');
    await clock.advance('2s');
    expect(await handle).toMatchObject({ created: true });
    expect(batches).toEqual([1, 1, 1, 1]);
    expect((await queue.list()).jobs).toHaveLength(1);
  });

  it('EN6: fails with StoreUnavailable after five seconds', async () => {
    const { queue, clock } = await setup(away);
    const refused = refusal(() => queue.enqueue('a.task'));
    await clock.advance('4900ms');
    expect(await Promise.race([refused, Promise.resolve('waits')])).toBe('waits');
    await clock.advance('200ms');
    expect(await refused).toMatchObject({ code: 'STORE_UNAVAILABLE', url: 'memory:' });
  });

  it('EN6: fails just so when it does not answer at all', async () => {
    const { queue, clock } = await setup(() => new Promise(() => {}));
    const refused = refusal(() => queue.enqueue('a.task'));
    await clock.advance('5s');
    expect(await Promise.race([refused, Promise.resolve('waits')])).toBe('waits'); // the store keeps its patience itself
    await clock.advance('250ms');
    expect(await refused).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(clock.waiting).toBe(0);
  });

  it('EN6 R4: a repeated add after a lost answer adds nothing', async () => {
    const { queue, clock, real } = await setup(async (jobs, next, call) => {
      const answers = await next(jobs);
      return call === 1 ? away() : answers;
    });
    const handle = queue.enqueue('a.task', {}, { jobId: 'x' });
    await clock.advance('1s');
    expect(await handle).toMatchObject({ created: true, state: 'ready' });
    expect((await real.counts())[0]?.totals.enqueued).toBe(1);
  });

  it('lets any other failure through at once', async () => {
    const { queue, batches } = await setup(() => Promise.reject(new TypeError('broken')));
    await expect(queue.enqueue('a.task')).rejects.toThrow('broken');
    expect(batches).toEqual([1]);
  });
});
