import { defineTasks, type Store, task } from 'millrace';
import { memory } from 'millrace/testing';
import { redis } from 'millrace/redis';
import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { afterwards, closeAll, mill, promised, refusal } from './mill.js';

class Tasks extends defineTasks('work', {
  run: task({ queue: 'work', retry: { attempts: 2, delay: '1s' } }),
  after: task({ queue: 'after' }),
}) {}

afterEach(closeAll);

describe('results and state', () => {
  it('RS1: a job is found by its id or jobId in one question to the store', async () => {
    let questions = 0;
    const inner = memory();
    const store = Object.assign(Object.create(inner) as Store, {
      find: (...args: Parameters<Store['find']>) => (questions++, inner.find(...args)),
    });
    const m = await mill({ worker: false, store });
    const { id } = await m.queue.enqueue(Tasks.run, undefined, { jobId: 'order:42' });

    expect((await m.queue.job(id))?.jobId).toBe('order:42');
    expect((await m.queue.job('order:42'))?.id).toBe(id);
    expect(await m.queue.job('order:43')).toBeUndefined();
    expect(questions).toBe(3);
  });

  it('RS2: one view shows attempts with worker and error, crashes, instants and children, null where nothing is known', async () => {
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          async (_, ctx) => {
            await m.queue.enqueue(Tasks.after);
            if (ctx.attempt === 1) throw Object.assign(new TypeError('no answer'), { code: 'E_DOWN' });
            return { ok: true };
          },
        ],
      ],
      worker: { queues: { work: 1 } },
    });
    const at = m.clock.now();
    const job = await m.queue.enqueue('work.run', { n: 1 }, { queue: 'work', jobId: 'mine' });
    await m.rest();
    await m.turn('1s');

    expect((await m.queue.job(job.id))!.view).toMatchObject({
      ...{
        id: job.id,
        jobId: 'mine',
        task: 'work.run',
        queue: 'work',
        state: 'completed',
        reason: null,
        payload: { n: 1 },
      },
      ...{ progress: null, result: { ok: true }, error: null, crashes: 0, enqueuedAt: at, finishedAt: at + 1000 },
    });
    const { attempts } = await m.look(job);
    expect(attempts).toMatchObject([
      {
        attempt: 1,
        outcome: 'retry',
        worker: m.worker.id,
        startedAt: at,
        finishedAt: at,
        error: { name: 'TypeError', message: 'no answer', code: 'E_DOWN' },
      },
      { attempt: 2, outcome: 'completed', startedAt: at + 1000, finishedAt: at + 1000, error: null },
    ]);
    expect((await job.children()).map((child) => [child.task, child.parentId])).toEqual([
      ['work.after', job.id],
      ['work.after', job.id],
    ]);
    const waiting = (await job.children())[0]!;
    for (const value of Object.values(waiting)) expect(value === undefined).toBe(value === waiting.payload);
  });

  it('RS3: result() throws what the job ended with, is woken by a hint, and refuses to wait inside a task', async () => {
    const gate = promised();
    const cause = new Error('socket closed');
    const inside = promised<unknown>();
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          async ({ how }: { how: string }) => {
            await gate.promise;
            if (how === 'inside') inside.keep(await refusal(() => m.queue.run(Tasks.after)));
            if (how === 'fail') throw Object.assign(new TypeError('no answer', { cause }), { code: 'E_DOWN' });
            return how;
          },
        ],
      ],
      worker: { queues: { work: 5 } },
    });
    const run = (how: string, options = {}) =>
      m.queue.enqueue('work.run', { how }, { queue: 'work', retry: { attempts: 1 }, ...options });
    const [good, bad, asking] = [await run('good'), await run('fail'), await run('inside')];
    const late = await m.queue.enqueue(Tasks.after, undefined, { delay: '1h' });
    const results = [good.result(), refusal(() => bad.result()), refusal(() => late.result({ timeout: 0 }))] as const;
    gate.keep();

    expect(await results[0]).toBe('good');
    expect(await results[1]).toMatchObject({
      code: 'JOB_FAILED',
      error: { name: 'TypeError', message: 'no answer', code: 'E_DOWN', cause: { message: 'socket closed' } },
    });
    expect(m.clock.monotonic()).toBe(0);
    await m.turn(1);
    expect(await results[2]).toMatchObject({ code: 'RESULT_TIMEOUT' });
    expect(await inside.promise).toMatchObject({ code: 'CONFIG_INVALID', option: 'insideTask' });
    await asking.result();
    await late.cancel();
    expect(await refusal(() => late.result())).toMatchObject({ code: 'JOB_CANCELLED', reason: 'request' });
  });

  it('RS4: keepResult bounds completed records only; failures have a bound of their own; forever drops the age, not the count', async () => {
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          ({ fail }: { fail?: boolean }) => (fail ? Promise.reject(new Error('no')) : 'done'),
          { retry: { attempts: 1 } },
        ],
      ],
      worker: { lease: '30d', idle: '10d', concurrency: 1000 },
    });
    const run = (payload: object, keepResult?: 0 | 'forever' | '2h') =>
      m.queue.enqueue('work.run', payload, { queue: 'work', keepResult });
    const [none, hour, two, forever, failed] = [
      await run({}, 0),
      await run({}),
      await run({}, '2h'),
      await run({}, 'forever'),
      await run({ fail: true }, 0),
    ];
    await m.rest();
    const kept = async () =>
      (await Promise.all([none, hour, two, forever, failed].map((job) => m.queue.job(job.id)))).map(
        (job) => job?.state ?? null,
      );
    expect(await kept()).toEqual([null, 'completed', 'completed', 'completed', 'failed']);
    await m.turn('61m');
    expect(await kept()).toEqual([null, null, 'completed', 'completed', 'failed']);
    m.clock.freeze('6d');
    await m.turn('10s');
    expect(await kept()).toEqual([null, null, null, 'completed', 'failed']);
    m.clock.freeze('2d');
    await m.turn('10s');
    expect(await kept()).toEqual([null, null, null, 'completed', null]);
  });

  it('RS4, G1: forever or not, at most 10 000 completed jobs of a queue are kept', async () => {
    const m = await mill({ handlers: [[Tasks.run, () => undefined]], worker: { concurrency: 1000, lease: '1d' } });
    for (let n = 0; n < 11; n++) {
      await m.queue.enqueueMany(
        Tasks.run,
        Array.from({ length: 950 }, () => ({ keepResult: 'forever' as const })),
      );
    }
    await m.rest();
    expect((await m.queue.counts())[0]!.counts.completed).toBe(10_450);
    await m.turn('5m');

    expect((await m.queue.counts())[0]!.counts.completed).toBe(10_000);
    expect(await m.store.fsck()).toEqual([]);
  });

  it('RS5: reading removes nothing, remove() does', async () => {
    const m = await mill({ handlers: [[Tasks.run, () => 7]] });
    const job = await m.queue.enqueue(Tasks.run);
    expect([await job.result(), await job.result()]).toEqual([7, 7]);
    expect(await job.remove()).toMatchObject({ applied: true });
    expect(await m.queue.job(job.id)).toBeUndefined();
  });

  it('RS6: a returned Error is a result; one that cannot be stored, or is too large, fails the job at once with ResultInvalid', async () => {
    const values: Record<string, unknown> = {
      error: new RangeError('as a value'),
      function: { call: () => 1 },
      large: 'x'.repeat(300_000),
    };
    let runs = 0;
    const m = await mill({ handlers: [[Tasks.run, (which: string) => (runs++, values[which])]] });
    const jobs = await m.queue.enqueueMany(
      'work.run',
      Object.keys(values).map((payload) => ({ payload, queue: 'work' })),
    );
    await m.rest();
    await m.turn('10s');

    expect(await jobs[0]!.result()).toMatchObject({ name: 'RangeError', message: 'as a value' });
    for (const job of jobs.slice(1)) {
      expect(await m.look(job)).toMatchObject({
        state: 'failed',
        reason: 'invalid-result',
        attempted: 1,
        error: { code: 'RESULT_INVALID' },
      });
    }
    expect(runs).toBe(3);
  });

  it('RS7: jobs are listed by state, task, queue, tags and age; counts and history sum them up', async () => {
    const m = await mill({ handlers: [[Tasks.run, () => 1]] });
    await m.queue.enqueueMany(Tasks.run, [{ tags: ['a'] }, { tags: ['b'] }]);
    await m.rest();
    const later = await m.queue.enqueue(Tasks.after, undefined, { delay: '1h', tags: ['a'] });
    const ids = async (query: object) => (await m.queue.list(query)).jobs.map((job) => job.id);

    expect(await ids({ state: 'completed', tags: ['a'], task: 'work.*' })).toHaveLength(1);
    expect(await ids({ queue: 'after', state: ['scheduled', 'ready'], since: m.clock.now() })).toEqual([later.id]);
    expect(await ids({ since: m.clock.now() + 1 })).toEqual([]);
    expect((await m.queue.counts()).find(({ queue }) => queue === 'work')).toMatchObject({
      counts: { completed: 2 },
      totals: { enqueued: 2 },
    });
    expect(await m.queue.history({ queue: 'work' })).toMatchObject([{ queue: 'work', completed: 2, failed: 0 }]);
  });

  it('RS8: progress and lines are there at once, and refused once the hold is lost', async () => {
    const [noted, go, told] = [promised(), promised(), promised<Error & { code?: string }>()];
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          async (_, ctx) => {
            await ctx.progress(60, 'charged');
            await ctx.log('paid');
            noted.keep();
            await go.promise;
            told.keep(await refusal(() => ctx.progress(90)));
          },
        ],
      ],
    });
    const job = await m.queue.enqueue(Tasks.run);
    await noted.promise;
    expect(await m.look(job)).toMatchObject({
      state: 'active',
      progress: { percent: 60, detail: 'charged' },
      log: ['paid'],
    });
    await job.cancel({ force: true });
    go.keep();
    expect(await told.promise).toMatchObject({ code: 'LEASE_LOST' });
    expect((await m.look(job)).progress).toEqual({ percent: 60, detail: 'charged' });
  });
});

(redisAvailable() ? describe : describe.skip)('on Redis', () => {
  it('RS9: one store; settling and what follows are one write; a namespace separates applications', async () => {
    const server = await startRedis();
    afterwards(() => server.stop());
    const on = (namespace: string) => redis({ url: server.url, namespace, onWarning: () => {} });
    const ran: string[] = [];
    const app = (name: string, fail: boolean) =>
      mill({
        handlers: [
          [
            Tasks.run,
            () => (ran.push(name), fail ? Promise.reject(new Error('no')) : name),
            { retry: { attempts: 1 }, deadLetter: { task: Tasks.after } },
          ],
        ],
        ...{ store: on(name), realTime: true, worker: { queues: { work: 1 } } },
      });
    const [a, b] = [await app('a', true), await app('b', false)];
    const ofA = await a.queue.enqueue(Tasks.run, undefined, { jobId: 'same' });
    const ofB = await b.queue.enqueue(Tasks.run, undefined, { jobId: 'same' });

    expect(await refusal(() => ofA.result())).toMatchObject({ code: 'JOB_FAILED' });
    await a.rest();
    expect((await a.queue.list({ queue: 'after' })).jobs).toMatchObject([{ task: 'work.after', parentId: ofA.id }]);
    expect(await ofB.result()).toBe('b');
    expect([ofA.created, ofB.created]).toEqual([true, true]);
    expect(await b.queue.job(ofA.id)).toBeUndefined();
    expect((await b.queue.counts()).map(({ queue }) => queue)).toEqual(['work']);
    expect(ran.sort()).toEqual(['a', 'b']);
  });
});
