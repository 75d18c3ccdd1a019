import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Aborted, defineTasks, task, type TaskContext } from 'millrace';
import { sqlite } from 'millrace/sqlite';
import { afterwards, closeAll, mill, promised } from './mill.js';

class Tasks extends defineTasks('work', {
  run: task({ queue: 'work', retry: { attempts: 2, delay: '1s' } }),
}) {}

afterEach(closeAll);

/** Resolves when the signal fires, with the reason. */
const whyStopped = (ctx: TaskContext) =>
  new Promise<string>((resolve) => {
    const say = () => resolve((ctx.signal.reason as Aborted).why);
    if (ctx.signal.aborted) say();
    else ctx.signal.addEventListener('abort', say, { once: true });
  });

describe('timeouts', () => {
  it('TC1: at `after` the signal fires with reason timeout; the handler may clean up and still return a value', async () => {
    const m = await mill({
      handlers: [[Tasks.run, async (_, ctx) => `saved on ${await whyStopped(ctx)}`, { timeout: '10s' }]],
    });
    const job = await m.queue.enqueue(Tasks.run);
    await m.turn('9999ms');
    expect(await m.look(job)).toMatchObject({ state: 'active' });
    await m.turn(1);

    expect(await job.result()).toBe('saved on timeout');
  });

  it.each([
    ['its own grace', { after: '10s', grace: '2s' }, 12_000],
    ['5 s of grace unless told otherwise', '10s', 15_000],
  ] as const)(
    'TC1: after %s the attempt ends with JobTimeout, which follows the retry policy',
    async (_, timeout, ends) => {
      const m = await mill({ handlers: [[Tasks.run, () => new Promise(() => undefined), { timeout }]] });
      const job = await m.queue.enqueue(Tasks.run);
      await m.turn(ends - 1);
      expect(await m.look(job)).toMatchObject({ state: 'active', attempted: 0 });
      await m.turn(1);
      expect(await m.look(job)).toMatchObject({
        state: 'scheduled',
        reason: 'retry',
        attempted: 1,
        error: { name: 'JobTimeout', code: 'JOB_TIMEOUT' },
      });
      await m.turn(1000 + ends);

      expect(await m.look(job)).toMatchObject({
        state: 'failed',
        reason: 'exhausted',
        attempted: 2,
        error: { code: 'JOB_TIMEOUT' },
      });
    },
  );

  it('TC1: without a word of anyone a job may take five minutes', async () => {
    let timeout: number | undefined;
    const m = await mill({ handlers: [[Tasks.run, (_, ctx) => void (timeout = ctx.job.timeout)]] });
    await m.queue.run(Tasks.run);

    expect(timeout).toBe(300_000);
  });

  it('TC2, W4: code in process cannot be killed: its place stays taken and shows as stuck, its late result is refused, a retry runs beside it', async () => {
    const gate = promised<string>();
    const runs: number[] = [];
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          (_, ctx) => {
            runs.push(ctx.attempt);
            return ctx.attempt === 1 ? gate.promise : 'second';
          },
          { timeout: { after: '10s', grace: '1s' } },
        ],
      ],
      worker: { concurrency: 2 },
    });
    const job = await m.queue.enqueue(Tasks.run);
    await m.turn('11s');
    expect(m.worker.running).toMatchObject([{ id: job.id, attempt: 1, stuck: true }]);
    expect(m.worker.status()).toMatchObject({ running: 1, stuck: 1 });
    await m.turn('1s');

    expect(runs).toEqual([1, 2]);
    expect(await job.result()).toBe('second');
    const stale = m.next('job.stale');
    gate.keep('first, too late');
    expect(await stale).toMatchObject({ id: job.id, attempt: 1 });
    expect(await m.look(job)).toMatchObject({ state: 'completed', result: 'second' });
    expect(m.worker.status()).toMatchObject({ running: 0, stuck: 0 });
  });
});

describe('cancellation', () => {
  it('TC3: waiting jobs are cancelled at once, the body never runs; the answer says whether it applied and what it met', async () => {
    const ran: string[] = [];
    const m = await mill({ handlers: [[Tasks.run, () => void ran.push('ran')]] });
    await m.queue.pause('work');
    const ready = await m.queue.enqueue(Tasks.run);
    const later = await m.queue.enqueue(Tasks.run, undefined, { delay: '10m' });
    expect(await ready.cancel()).toMatchObject({ applied: true, state: 'cancelled' });
    expect(await later.cancel({ reason: 'not needed' })).toMatchObject({ applied: true, state: 'cancelled' });
    await m.queue.resume('work');
    await m.turn('30m');

    expect(ran).toEqual([]);
    expect(await m.look(later)).toMatchObject({ reason: 'not needed' });
    expect(await ready.cancel()).toMatchObject({ applied: false, state: 'cancelled' });
    await later.remove();
    expect(await m.queue.cancel(later.id)).toMatchObject({ applied: false, state: undefined });
    expect(await m.queue.cancel('nobody')).toMatchObject({ applied: false, state: undefined });
    expect(await m.queue.job('nobody')).toBeUndefined();
  });

  it.each([
    ['throws', 'cancelled', async (ctx: TaskContext) => (await whyStopped(ctx), ctx.signal.throwIfAborted())],
    ['returns first', 'completed', whyStopped],
    ['ignores it beyond the grace', 'cancelled', () => new Promise(() => undefined)],
  ] as const)(
    'TC3, L4: a running job is signalled within 1 s; when its handler %s, it is %s',
    async (_, state, run) => {
      let cleaned = 0;
      let signalled: Promise<string> | undefined;
      const handle = async (_payload: never, ctx: TaskContext) => {
        signalled = whyStopped(ctx);
        try {
          return await run(ctx);
        } finally {
          cleaned++;
        }
      };
      const m = await mill({ handlers: [[Tasks.run, handle, { timeout: { after: '1h', grace: '3s' } }]] });
      const started = m.next('job.started');
      const job = await m.queue.enqueue(Tasks.run);
      await started;
      expect(await job.cancel()).toMatchObject({ applied: true, state: 'active', signalled: true });
      await m.turn('1s');
      expect(await Promise.race([signalled, Promise.resolve('silence')])).toBe('cancel');
      await m.turn('3s');

      expect(await m.look(job)).toMatchObject({ state, reason: state === 'cancelled' ? 'request' : null });
      expect(cleaned).toBe(run.length);
      expect(m.worker.status().stuck).toBe(1 - run.length);
    },
  );

  it('TC3: the signal says why it fired: cancel, timeout or shutdown', async () => {
    const reasons: Record<string, string> = {};
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          async (_, ctx) => {
            reasons[ctx.job.tags[0]!] = await whyStopped(ctx);
          },
        ],
      ],
      worker: { lease: '10s' },
    });
    const cancelled = await m.queue.enqueue(Tasks.run, undefined, { tags: ['cancel'] });
    await m.queue.enqueue(Tasks.run, undefined, { tags: ['timeout'], timeout: '1s' });
    await m.turn(10);
    await cancelled.cancel();
    await m.turn('2s');
    const started = m.next('job.started');
    await m.queue.enqueue(Tasks.run, undefined, { tags: ['shutdown'] });
    await started;
    const stopping = m.worker.stop();
    await m.turn('31s');
    await stopping;

    expect(reasons).toEqual({ cancel: 'cancel', timeout: 'timeout', shutdown: 'shutdown' });
  });

  it('TC3, W2: a worker whose lease ran out is told by its signal, and settles nothing', async () => {
    const reasons: string[] = [];
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          async (_, ctx) => {
            if (ctx.worker === first) reasons.push(await whyStopped(ctx));
            return ctx.worker;
          },
        ],
      ],
      worker: { lease: '10s' },
    });
    const first = m.worker.id;
    const started = m.next('job.started');
    const job = await m.queue.enqueue(Tasks.run);
    await started;
    // What another worker does, every few seconds, while this one stands still.
    for (let n = 0; n < 5; n++) {
      await m.store.reap({ lane: { queue: 'work', shard: 0 } });
      m.clock.freeze('4s');
    }
    await m.store.reap({ lane: { queue: 'work', shard: 0 } });
    expect(await m.look(job)).toMatchObject({ state: 'ready', crashes: 1 });
    await m.turn('2s');

    expect(reasons).toEqual(['lease-lost']);
    expect(m.worker.id).not.toBe(first);
    expect(await job.result()).toBe(m.worker.id);
  });

  it('TC3: force ends the hold now', async () => {
    const gate = promised<string>();
    const m = await mill({ handlers: [[Tasks.run, () => gate.promise]] });
    const started = m.next('job.started');
    const job = await m.queue.enqueue(Tasks.run);
    await started;
    expect(await job.cancel({ force: true })).toMatchObject({ applied: true, state: 'cancelled' });
    gate.keep('too late');
    await m.rest();

    expect(await m.look(job)).toMatchObject({ state: 'cancelled', result: null });
  });

  it('TC4: by tags, task, queue and state, page by page; the answer is a count, 0 when none matched', async () => {
    const m = await mill({ worker: false });
    await m.queue.enqueueMany(
      Tasks.run,
      Array.from({ length: 450 }, (_, n) => ({ tags: [n % 3 ? 'a' : 'b'], delay: n % 2 ? ('1h' as const) : 0 })),
    );
    await m.queue.enqueue('other.task', {}, { tags: ['a'] });
    expect(await m.queue.cancel({ tags: ['a'], queue: 'work', state: 'scheduled' })).toBe(150);
    expect(await m.queue.cancel({ tags: ['a'], task: 'work.*' })).toBe(150);
    expect(await m.queue.cancel({ tags: ['a'], task: 'work.*' })).toBe(0);
    expect(await m.queue.cancel({ tags: ['nobody'] })).toBe(0);

    expect((await m.queue.counts()).map(({ queue, counts }) => [queue, counts.cancelled])).toEqual(
      expect.arrayContaining([['work', 300]]),
    );
    expect((await m.queue.list({ task: 'other.task' })).jobs).toMatchObject([{ state: 'ready' }]);
  });

  it('TC4: a cancel is stored with the job: it survives a restart, and cannot hit a later job of the same jobId', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-parity-'));
    afterwards(() => rmSync(folder, { recursive: true }));
    const runs: string[] = [];
    const path = join(folder, 'queue.db');
    const gate = promised();
    const first = await mill({
      handlers: [[Tasks.run, () => (runs.push('first'), gate.promise)]],
      store: sqlite({ path }),
      realTime: true,
      worker: { shutdown: { grace: 0 } },
    });
    const started = first.next('job.started');
    const unique = { until: 'settled' } as const;
    const job = await first.queue.enqueue(Tasks.run, undefined, { jobId: 'mine', tags: ['x'], unique });
    await started;
    first.store.listen = () => Promise.reject(new Error('deaf'));
    expect(await first.store.cancel([job.id], { reason: 'stop it' })).toMatchObject([{ signalled: true }]);
    await first.close();

    const second = await mill({
      handlers: [[Tasks.run, () => void runs.push('second')]],
      store: sqlite({ path }),
      realTime: true,
    });
    await second.rest();
    expect(await second.look(job.id)).toMatchObject({ state: 'cancelled', reason: 'stop it' });
    expect(runs).toEqual(['first']);
    const later = await second.queue.enqueue(Tasks.run, undefined, { jobId: 'mine', tags: ['x'], unique });
    expect(later.created).toBe(true);
    await later.result();
    expect(runs).toEqual(['first', 'second']);
  });
});
