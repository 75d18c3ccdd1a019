import { Events } from '../events/events.js';
import { createJobId } from '../job/id.js';
import { limits } from '../job/limits.js';
import { memory } from '../store/memory/index.js';
import { sqlite } from '../store/sqlite/index.js';
import { ManualClock } from '../time/manual-clock.js';
import { handler } from '../worker/testdata/world.js';
import { Worker } from '../worker/worker.js';
import { Queue } from './queue.js';
import { refusal } from './testdata/world.js';

const stores = [
  ['memory', (clock: ManualClock) => memory({ clock })],
  ['sqlite', (clock: ManualClock) => sqlite({ path: ':memory:', clock })],
] as const;

describe.each(stores)('after, on %s', (_, make) => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** A queue client, and workers that say in which order they ran what. */
  async function setup() {
    const clock = new ManualClock();
    const store = make(clock);
    const events = new Events(clock);
    const ran: string[] = [];
    const run = async (name: string) => {
      ran.push(name);
      if (name === 'bad') throw new Error('bad');
      return name;
    };
    const handlers = [
      handler(run, { name: 'step', retry: { attempts: 1 } }),
      handler(run, { name: 'mail', queue: 'mails' }),
    ];
    const work = async () => {
      const worker = new Worker({ store, clock, events, handlers, name: 'test', concurrency: 1 });
      closing.push(() => worker.stop({ now: true }));
      await worker.start();
      return worker;
    };
    await store.open();
    closing.push(() => store.close());
    const queue = new Queue({ store, clock, events });
    queue.declare(...handlers.map(({ task }) => ({ definition: task })));
    return { clock, queue, ran, work };
  }

  it('ST2: a job that waits for others is blocked, whatever its delay, and runs once all have completed', async () => {
    const { queue, ran, work } = await setup();
    const [first, second] = await queue.enqueueMany('step', [{ payload: 'first' }, { payload: 'second' }]);
    const last = await queue.enqueue('mail', 'last', { after: [second!, first!.id, second!.id] });
    expect(last).toMatchObject({ created: true, state: 'blocked' });
    expect(await last.refresh()).toMatchObject({ state: 'blocked', waitsFor: [second!.id, first!.id], runAt: null });
    expect((await queue.list({ state: 'blocked' })).jobs.map((job) => job.id)).toEqual([last.id]);
    expect((await queue.counts()).map(({ queue, counts }) => [queue, counts.blocked])).toEqual([
      ['default', 0],
      ['mails', 1],
    ]);

    await work();

    expect(await last.result()).toBe('last');
    expect(ran).toEqual(['first', 'second', 'last']);
    expect(await last.refresh()).toMatchObject({ state: 'completed', waitsFor: [] });
    expect((await queue.enqueue('mail', 'late', { after: [last] })).state).toBe('ready');
  });

  it('ST2: says which job it waits for, and how that stands', async () => {
    const { queue } = await setup();
    const first = await queue.enqueue('step', 'first', { delay: '1h' });
    const next = await queue.enqueue('step', 'next', { after: [first] });

    expect(await (await queue.job(next.id))!.whyWaiting()).toBe(`It waits for job ${first.id} (scheduled).`);
  });

  it('ST2: keeps a delay for the time after, counted from the call', async () => {
    const { queue, clock, work } = await setup();
    const first = await queue.enqueue('step', 'first');
    const next = await queue.enqueue('step', 'next', { after: [first], delay: '1h' });
    const runAt = clock.now() + 3_600_000;
    expect(await next.refresh()).toMatchObject({ state: 'blocked', reason: null, runAt });

    await work();
    await first.result();

    expect(await next.refresh()).toMatchObject({ state: 'scheduled', reason: 'delay', runAt });
  });

  it('ST7: is cancelled, reason dependency, when one it waits for fails, and so is what waits for it', async () => {
    const { queue, ran, work } = await setup();
    const bad = await queue.enqueue('step', 'bad');
    const next = await queue.enqueue('mail', 'next', { after: [bad] });
    const last = await queue.enqueue('step', 'last', { after: [next] });
    const waiting = last.result();
    const outcome = refusal(() => waiting);

    await work();

    expect(await outcome).toMatchObject({ code: 'JOB_CANCELLED', reason: 'dependency', jobId: last.id });
    expect(await refusal(() => next.result())).toMatchObject({ code: 'JOB_CANCELLED', reason: 'dependency' });
    expect(ran).toEqual(['bad']);
  });

  it('ST7: is cancelled, reason dependency, when one it waits for is cancelled, removed or gone already', async () => {
    const { queue } = await setup();
    const [one, two, three] = await queue.enqueueMany('step', [{}, {}, {}]);
    const after = async (parent: { id: string }) => queue.enqueue('mail', 'x', { after: [parent] });
    const waiting = [await after(one!), await after(two!)];
    await one!.cancel();
    await two!.remove();
    await three!.remove();

    expect((await after(three!)).state).toBe('cancelled');
    for (const handle of waiting) {
      expect(await handle.refresh()).toMatchObject({ state: 'cancelled', reason: 'dependency', attempts: [] });
    }
  });

  it('ST7: runs after all when it is retried by hand', async () => {
    const { queue, work } = await setup();
    const one = await queue.enqueue('step', 'one');
    const next = await queue.enqueue('step', 'next', { after: [one] });
    await one.cancel();

    expect(await next.retry()).toMatchObject({ applied: true, state: 'ready' });
    await work();

    expect(await next.result()).toBe('next');
  });

  it('refuses what is no id, and more than a job may wait for, before anything is stored', async () => {
    const { queue } = await setup();
    const id = () => createJobId('default', 0, 0);
    const call = (after: unknown) => refusal(() => queue.enqueue('step', {}, { after: after as string[] }));

    expect(await call(['order:1'])).toMatchObject({ code: 'CONFIG_INVALID', option: 'after.0' });
    expect(await call([id(), { jobId: 'order:1' }])).toMatchObject({ option: 'after.1' });
    expect(await call([undefined])).toMatchObject({ option: 'after.0' });
    expect(await call(id())).toMatchObject({ option: 'after' });
    const many = Array.from({ length: limits.parents + 1 }, id);
    expect(await call(many)).toMatchObject({ option: 'after', message: expect.stringContaining('1000') });
    expect((await queue.list()).jobs).toEqual([]);
    expect((await queue.enqueue('step', {}, { after: [] })).state).toBe('ready');
  });
});
