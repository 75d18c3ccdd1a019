import { Injectable } from '@nestjs/common';
import {
  defineTasks,
  Discard,
  type EventMap,
  exponential,
  fixed,
  linear,
  OnJob,
  RateLimited,
  RetryLater,
  Snooze,
  task,
  type TaskContext,
  type TaskOptions,
} from 'millrace';
import { closeAll, mill, promised, refusal } from './mill.js';

class Tasks extends defineTasks('work', {
  run: task({ queue: 'work' }),
  other: task({ queue: 'work', retry: { attempts: 1 } }),
  onFailed: task({ queue: 'ops', retry: { attempts: 1 } }),
}) {}

class Declined extends Error {}
class Broken extends Error {}
class ValidationError extends Error {
  override name = 'ValidationError';
}

afterEach(closeAll);

/** An application with one task, the waits before its retries, and a job of it at rest. */
async function failing(
  run: (payload: never, ctx: TaskContext) => unknown,
  options: TaskOptions = {},
  call = {},
  queue = {},
) {
  const waits: number[] = [];
  const m = await mill({ handlers: [[Tasks.run, run, options]], queue });
  m.events.on('job.retry', ({ delay }) => void waits.push(delay));
  const job = await m.queue.enqueue(Tasks.run, undefined, call);
  await m.rest();
  return { ...m, m, job, waits, turn: m.turn, look: () => m.look(job) };
}
const no = () => Promise.reject(new Error('no'));

describe('retries and errors', () => {
  it('RE1: RetryLater spends an attempt and keeps id, queue, priority, headers and expiry; without a delay the policy decides', async () => {
    const seen: unknown[] = [];
    const { m, job, look } = await failing(
      (_, ctx) => {
        const { id, queue, priority, headers, expires } = ctx.job;
        seen.push({ id, queue, priority, headers, expires });
        throw new RetryLater(ctx.attempt === 1 ? '60s' : undefined, { cause: new Error('busy') });
      },
      { retry: { delay: '7s' } },
      { priority: 'high', headers: { tenant: 'acme' }, expires: '1h' },
    );
    expect(await look()).toMatchObject({
      state: 'scheduled',
      reason: 'retry',
      attempted: 1,
      runAt: m.clock.now() + 60_000,
      error: { message: 'busy' },
    });
    await m.turn('60s');
    expect(await look()).toMatchObject({ attempted: 2, runAt: m.clock.now() + 7000 });
    await m.turn('7s');

    expect(await look()).toMatchObject({
      id: job.id,
      state: 'failed',
      reason: 'exhausted',
      attempted: 3,
      error: { message: 'busy' },
    });
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
  });

  it('RE2: the same thrown in a direct call is an ordinary Error that catch sees: the bulk task completes', async () => {
    const send = (to: string) =>
      to === 'b' ? Promise.reject(new RetryLater('60s', { message: 'down' })) : Promise.resolve();
    const { job } = await failing(async () => {
      const done = { sent: 0, failed: 0, errors: [] as string[] };
      for (const to of ['a', 'b', 'c']) {
        try {
          await send(to);
          done.sent++;
        } catch (error) {
          done.failed++;
          done.errors.push((error as Error).message);
        }
      }
      return done;
    });

    expect(await job.result()).toEqual({ sent: 2, failed: 1, errors: ['down'] });
  });

  it.each([
    ['module', 4, {}, {}, { defaults: { retry: { attempts: 4, delay: '60s' } } }],
    ['task', 5, { retry: { attempts: 5, delay: '60s' } }, {}, { defaults: { retry: { attempts: 4 } } }],
    ['call', 6, { retry: { attempts: 5 } }, { retry: { attempts: 6, delay: '60s' } }, {}],
  ] as const)('RE3: attempts, given with the %s, counts runs: %i', async (_, attempts, options, call, queue) => {
    let runs = 0;
    const { turn, look, waits } = await failing(() => (runs++, no()), options, call, queue);
    await turn('10m');

    expect(runs).toBe(attempts);
    expect(await look()).toMatchObject({ state: 'failed', reason: 'exhausted', attempted: attempts });
    expect(waits).toEqual(Array.from({ length: attempts - 1 }, () => 60_000));
  });

  it('RE3: unless told otherwise there are 3 runs, and never more than 1 000', async () => {
    const { turn, look } = await failing(no);
    await turn('1m');
    expect(await look()).toMatchObject({ state: 'failed', attempted: 3 });
    expect(await refusal(() => defineTasks('x', { y: task({ retry: { attempts: 1001 } }) }))).toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(await refusal(() => defineTasks('x', { y: task({ retry: { max_retries: 3 } as object }) }))).toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('RE4: `on` and `never` take classes or a predicate, `never` wins; by default all but validation errors are retried', async () => {
    const after = async (error: Error, retry: TaskOptions['retry']) =>
      (await failing(() => Promise.reject(error), { retry })).look();
    const retried = { state: 'scheduled', reason: 'retry' };
    const final = { state: 'failed', attempted: 1 };

    expect(await after(new Declined(), { on: [Declined] })).toMatchObject(retried);
    expect(await after(new Broken(), { on: [Declined] })).toMatchObject(final);
    expect(await after(new Broken(), { on: (error) => error instanceof Broken })).toMatchObject(retried);
    expect(await after(new Broken(), { on: [Broken], never: [Broken] })).toMatchObject(final);
    expect(await after(new Broken(), { never: (error) => error instanceof Broken })).toMatchObject(final);
    expect(await after(new Error('any'), undefined)).toMatchObject(retried);
    expect(await after(new ValidationError('bad'), undefined)).toMatchObject({ ...final, reason: 'invalid' });
  });

  it.each([
    ['exponential, no jitter', exponential('1s', { max: '10s', jitter: 'none' }), [1000, 2000, 4000, 8000, 10_000]],
    ['exponential, factor 3', exponential('1s', { factor: 3, jitter: 'none' }), [1000, 3000, 9000, 27_000, 81_000]],
    ['linear', linear('2s'), [2000, 4000, 6000, 8000, 10_000]],
    ['fixed', fixed('3s'), [3000, 3000, 3000, 3000, 3000]],
    [
      'a function of error and attempt',
      (error: unknown, n: number) => n * (error as Error).message.length,
      [2, 4, 6, 8, 10],
    ],
  ] as const)('RE5: waits before retries: %s', async (_, backoff, expected) => {
    const { turn, waits } = await failing(no, { retry: { attempts: 6, backoff } });
    await turn('5m');

    expect(waits).toEqual(expected);
  });

  it('RE5: full jitter is uniform from 0 to the wait', async () => {
    const { turn, waits } = await failing(no, {
      retry: { attempts: 400, backoff: exponential('1s', { max: '1s', jitter: 'full' }) },
    });
    await turn('10m');

    expect(waits).toHaveLength(399);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
    for (const quarter of [0, 1, 2, 3]) {
      const within = waits.filter((wait) => wait >= quarter * 250 && wait < (quarter + 1) * 250).length;
      expect(within).toBeGreaterThan(50);
      expect(within).toBeLessThan(150);
    }
  });

  it('RE6: an explicit delay wins over the policy and may change the bound; exhausted, the original error stays, and the last 20 attempts', async () => {
    const { turn, look, waits } = await failing(
      (_, ctx) => {
        if (ctx.attempt === 1) throw new RetryLater('30s', { attempts: 25 });
        throw new RangeError(`no ${ctx.attempt}`, { cause: new Error('socket') });
      },
      { retry: { attempts: 3, delay: '1s' } },
    );
    await turn('5m');

    expect(waits.slice(0, 3)).toEqual([30_000, 1000, 1000]);
    const view = await look();
    expect(view).toMatchObject({
      state: 'failed',
      reason: 'exhausted',
      attempted: 25,
      error: { name: 'RangeError', message: 'no 25', cause: { message: 'socket' } },
    });
    expect(view.attempts.map((attempt) => attempt.attempt)).toEqual(Array.from({ length: 20 }, (_, n) => n + 6));
  });

  it('RE7: Discard fails at once and tells the dead letters; forget leaves no record; Snooze spends no attempt', async () => {
    const letters: unknown[] = [];
    const ends: Record<string, (ctx: TaskContext) => unknown> = {
      discard: () => Promise.reject(new Discard('no such order')),
      forget: (ctx) => ctx.forget(),
      snooze: () => Promise.reject(new Snooze('5m')),
    };
    const m = await mill({
      handlers: [
        [Tasks.run, (how: string, ctx) => ends[how]!(ctx), { deadLetter: { task: Tasks.onFailed } }],
        [Tasks.onFailed, (letter) => void letters.push(letter)],
      ],
    });
    const jobs = await m.queue.enqueueMany(
      'work.run',
      ['discard', 'forget', 'snooze'].map((payload) => ({ payload, queue: 'work' })),
    );
    await m.rest();

    expect(await m.look(jobs[0]!)).toMatchObject({
      state: 'failed',
      reason: 'discarded',
      attempted: 1,
      error: { message: 'no such order' },
    });
    expect(letters).toMatchObject([{ jobId: jobs[0]!.id }]);
    expect(await m.queue.job(jobs[1]!.id)).toBeUndefined();
    expect(await m.look(jobs[2]!)).toMatchObject({
      state: 'scheduled',
      reason: 'snooze',
      attempted: 0,
      runAt: m.clock.now() + 300_000,
    });
  });

  it('RateLimited is a snooze of the time asked for', async () => {
    const { m, look } = await failing(() => Promise.reject(new RateLimited('30s')));

    expect(await look()).toMatchObject({
      state: 'scheduled',
      reason: 'snooze',
      attempted: 0,
      runAt: m.clock.now() + 30_000,
    });
  });

  it('RE9: shutdown gives a running job back, uncharged and to the front; a lost worker adds to crashes, not to attempts', async () => {
    const m = await mill({
      handlers: [[Tasks.run, () => new Promise(() => undefined)]],
      worker: { concurrency: 1, lease: '10s' },
    });
    const started = m.next('job.started');
    const job = await m.queue.enqueue(Tasks.run);
    const behind = await m.queue.enqueue(Tasks.run);
    await started;
    await m.worker.stop({ now: true });
    expect(await m.look(job)).toMatchObject({ state: 'ready', attempted: 0, crashes: 0, releases: 1 });
    expect((await m.queue.list({ state: 'ready' })).jobs.map(({ id }) => id)).toEqual([job.id, behind.id]);

    const lane = { queue: 'work', shard: 0 };
    const dead = {
      id: 'dead',
      name: 'dead',
      host: 'h',
      pid: 1,
      version: '0',
      startedAt: 0,
      queues: ['work'],
      lanes: [lane],
      tasks: [],
      concurrency: 1,
      lease: 5000,
    };
    await m.store.register(dead);
    await m.store.exchange({ worker: 'dead', lane, settle: [], want: 1, lease: 5000 });
    const gate = promised();
    const next = await mill({ handlers: [[Tasks.run, () => gate.promise]], store: m.store, clock: m.clock });
    await next.turn('7s');
    expect(await m.look(job)).toMatchObject({
      state: 'active',
      attempted: 0,
      crashes: 1,
      attempts: [
        { outcome: 'lost', worker: 'dead' },
        { attempt: 1, outcome: 'active' },
      ],
    });
    gate.keep();
    await next.rest();
  });

  it('RE10: @OnJob hears retry and failure of a task, with injection, and breaks nothing; a counter tells how many', async () => {
    const heard: string[] = [];
    @Injectable()
    class Pager {
      page = (text: string) => void heard.push(text);
    }
    @Injectable()
    class Alarms {
      constructor(private readonly pager: Pager) {}
      @OnJob('retry', Tasks.run)
      onRetry({ attempt, error }: EventMap['job.retry']) {
        this.pager.page(`retry ${attempt} ${(error as Error).message}`);
      }
      @OnJob('failed', Tasks.run)
      onFailed({ reason }: EventMap['job.failed']) {
        this.pager.page(`failed ${reason}`);
        throw new Error('the pager is broken');
      }
      @OnJob('failed')
      onAny({ task }: EventMap['job.failed']) {
        this.pager.page(`any ${task}`);
      }
    }
    const m = await mill({
      handlers: [
        [Tasks.run, no, { retry: { attempts: 2, delay: '1s' } }],
        [Tasks.other, no],
      ],
      providers: [Pager, Alarms],
    });
    const job = await m.queue.enqueue(Tasks.run);
    await m.queue.enqueue(Tasks.other);
    await m.rest();
    await m.turn('1s');

    expect(heard.sort()).toEqual(['any work.other', 'any work.run', 'failed exhausted', 'retry 1 no']);
    expect(await m.look(job)).toMatchObject({ state: 'failed' });
    expect(m.lines.find(({ level, text }) => level === 'error' && text.includes('the pager is broken'))).toBeDefined();
    expect(
      m.lines.find(
        ({ level, text, stack }) => level === 'error' && text.includes('Failed (exhausted): Error: no') && stack,
      ),
    ).toBeDefined();
    expect((await m.queue.counts()).find(({ queue }) => queue === 'work')!.totals.failed).toBe(2);
    expect(await m.queue.history({ queue: 'work' })).toMatchObject([{ failed: 2, retry: 1 }]);
  });

  it('RE10, RP5: deadLetter.task must happen: its job is written with the failure, and its own failure starts no further one', async () => {
    const letters: unknown[] = [];
    const m = await mill({
      handlers: [
        [Tasks.run, no, { retry: { attempts: 1 }, deadLetter: { task: Tasks.onFailed } }],
        [
          Tasks.onFailed,
          (letter) => {
            letters.push(letter);
            throw new Error('neither');
          },
          { deadLetter: { task: Tasks.onFailed } },
        ],
      ],
      worker: { queues: { work: 1 } },
    });
    const job = await m.queue.enqueue(Tasks.run);
    await m.rest();
    expect((await m.queue.list({ queue: 'ops' })).jobs).toMatchObject([
      { state: 'ready', task: 'work.onFailed', parentId: job.id },
    ]);
    await m.close();

    const ops = await mill({
      handlers: [[Tasks.onFailed, (letter) => (letters.push(letter), no()), { deadLetter: { task: Tasks.onFailed } }]],
      store: m.store,
      clock: m.clock,
    });
    await ops.rest();
    expect(letters).toEqual([
      {
        jobId: job.id,
        task: 'work.run',
        attempts: 1,
        error: expect.objectContaining({ name: 'Error', message: 'no' }) as unknown,
      },
    ]);
    expect((await ops.queue.list({ queue: 'ops' })).jobs).toMatchObject([{ state: 'failed' }]);
  });

  it('RP5: failed jobs of a queue are listed and inspected with payload, attempts and errors; retried one by one, by query, or all; removed', async () => {
    let broken = true;
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          (payload: object) => (broken ? Promise.reject(new Error('no')) : payload),
          { retry: { attempts: 1 } },
        ],
      ],
    });
    const jobs = await m.queue.enqueueMany(
      'work.run',
      [1, 2, 3, 4, 5].map((n) => ({ payload: { n }, queue: 'work', tags: [n < 4 ? 'a' : 'b'] })),
    );
    await m.rest();
    const letters = (await m.queue.list({ queue: 'work', state: 'failed' })).jobs;
    expect(letters).toHaveLength(5);
    expect(letters.find(({ id }) => id === jobs[0]!.id)).toMatchObject({
      payload: { n: 1 },
      error: { message: 'no' },
      attempts: [{ outcome: 'failed', error: { message: 'no' } }],
    });

    broken = false;
    expect(await jobs[0]!.retry()).toMatchObject({ applied: true, state: 'ready' });
    expect(await m.queue.retry({ state: 'failed', tags: ['a'] })).toBe(2);
    expect(await jobs[3]!.remove()).toMatchObject({ applied: true });
    expect(await m.queue.retry({ queue: 'work' })).toBe(1);
    await m.rest();
    expect((await m.queue.list({ state: 'completed' })).jobs).toHaveLength(4);
    expect(await m.queue.job(jobs[3]!.id)).toBeUndefined();
  });

  it('RE11: retried by hand, failed or cancelled becomes ready: attempts from 0, same id, history kept', async () => {
    const { m, job, look } = await failing(no, { retry: { attempts: 1 } });
    const cancelled = await m.queue.enqueue(Tasks.run, undefined, { delay: '1h' });
    await cancelled.cancel();
    await m.queue.pause('work');
    expect(await job.retry()).toMatchObject({ applied: true, state: 'ready' });
    expect(await look()).toMatchObject({
      id: job.id,
      state: 'ready',
      attempted: 0,
      error: null,
      finishedAt: null,
      attempts: [{ attempt: 1, outcome: 'failed' }],
    });
    expect(await m.queue.retry({ state: 'cancelled' })).toBe(1);
    expect(await m.look(cancelled)).toMatchObject({ state: 'ready' });
    await m.queue.resume('work');
    await m.rest();
    expect(await look()).toMatchObject({
      state: 'failed',
      attempted: 1,
      attempts: [{ outcome: 'failed' }, { outcome: 'failed' }],
    });
  });

  it('RE12: of any error stay name, message, code, stack and five causes, 16 KiB in all; whatever is thrown', async () => {
    let deep: Error | undefined;
    for (let n = 9; n >= 1; n--) deep = new Error(`cause ${n}`, { cause: deep });
    const circular = new Error('circular');
    circular.cause = circular;
    const hostile = {
      get message(): string {
        throw new Error('gotcha');
      },
      toString: () => {
        throw new Error('again');
      },
    };
    const thrown: unknown[] = [
      Object.assign(new TypeError('odd', { cause: deep }), { code: 'E_ODD' }),
      circular,
      new Error('x'.repeat(100_000)),
      hostile,
      { weird: 1n },
      null,
      undefined,
      'text',
    ];
    const m = await mill({
      handlers: [
        [
          Tasks.other,
          (n: number) => {
            throw thrown[n];
          },
        ],
      ],
    });
    const jobs = await m.queue.enqueueMany(
      'work.other',
      thrown.map((_, payload) => ({ payload, queue: 'work' })),
    );
    await m.rest();
    const errors = await Promise.all(jobs.map(async (job) => (await m.look(job)).error!));

    expect(errors[0]).toMatchObject({
      name: 'TypeError',
      message: 'odd',
      code: 'E_ODD',
      stack: expect.stringContaining('retries.e2e-spec') as unknown,
    });
    let causes = 0;
    for (let at = errors[0]!.cause; at; at = at.cause) expect(at.message).toBe(`cause ${++causes}`);
    expect(causes).toBe(5);
    for (const error of errors) expect(JSON.stringify(error).length).toBeLessThan(17 * 1024);
    expect(errors.every((error) => typeof error.message === 'string')).toBe(true);
    for (const job of jobs) expect(await m.look(job)).toMatchObject({ state: 'failed' });
  });
});
