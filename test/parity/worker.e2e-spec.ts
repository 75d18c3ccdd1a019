import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { defineTasks, OnJob, QueueHealth, type Store, StoreUnavailable, task } from 'millrace';
import { closeAll, mill, promised, refusal } from './mill.js';

class Tasks extends defineTasks('work', {
  run: task({ queue: 'work', retry: { attempts: 2, delay: '1s' } }),
  other: task({ queue: 'other', retry: { attempts: 1 } }),
  once: task({ queue: 'work', onWorkerLost: 'fail', retry: { attempts: 1 }, deadLetter: { task: 'work.letter' } }),
  letter: task({ queue: 'letters' }),
}) {}

afterEach(closeAll);

const lane = { queue: 'work', shard: 0 };

/** A worker that takes one job and dies. */
async function die(store: Store, after: (ms: number) => void, name = 'dead'): Promise<void> {
  const about = { name, host: 'h', pid: 1, version: '0', startedAt: 0, queues: ['work'], lanes: [lane], tasks: [] };
  await store.register({ ...about, id: name, concurrency: 1, lease: 3000 });
  await store.exchange({ worker: name, lane, settle: [], want: 1, lease: 3000 });
  for (let n = 0; n < 4; n++) {
    after(1200);
    await store.reap({ lane });
  }
}

describe('worker', () => {
  it('WK1: concurrency holds for each queue, its own or that of all', async () => {
    const most: Record<string, number> = {};
    const now: Record<string, number> = {};
    const gate = promised();
    const run = async (queue: string) => {
      now[queue] = (now[queue] ?? 0) + 1;
      most[queue] = Math.max(most[queue] ?? 0, now[queue]);
      await gate.promise;
    };
    const m = await mill({
      handlers: [
        [Tasks.run, () => run('work')],
        [Tasks.other, () => run('other')],
      ],
      worker: { queues: { work: 3, other: {} }, concurrency: 2 },
    });
    await m.queue.enqueueMany(
      Tasks.run,
      Array.from({ length: 10 }, () => ({})),
    );
    await m.queue.enqueueMany(
      Tasks.other,
      Array.from({ length: 10 }, () => ({})),
    );
    await m.turn('1s');
    expect(now).toEqual({ work: 3, other: 2 });
    gate.keep();
    await m.rest();
    expect((await m.queue.counts()).map(({ counts }) => counts.completed)).toEqual([10, 10]);
  });

  it('WK2: queues with a weight share the places: all for one that is alone, each its share while both have work', async () => {
    const ends: { queue: string; keep: () => void }[] = [];
    const run = (queue: string) => () => {
      const { promise, keep } = promised();
      ends.push({ queue, keep });
      return promise;
    };
    const m = await mill({
      handlers: [
        [Tasks.run, run('work')],
        [Tasks.other, run('other')],
      ],
      worker: { queues: { work: { weight: 3 }, other: { weight: 1 } }, concurrency: 8, prefetch: 0 },
    });
    const running = () => ['work', 'other'].map((queue) => ends.filter((one) => one.queue === queue).length);
    const many = () => Array.from({ length: 40 }, () => ({}));
    await m.queue.enqueueMany(Tasks.other, many());
    await m.turn('10ms');
    expect(running()).toEqual([0, 8]);

    await m.queue.enqueueMany(Tasks.run, many());
    await m.turn('10ms');
    for (let n = 0; n < 30; n++) {
      ends.shift()!.keep();
      await m.turn('10ms');
      if (n >= 8) expect(running()).toEqual([6, 2]);
    }
    while (ends.length > 0) {
      ends.shift()!.keep();
      await m.turn('10ms');
    }
    expect((await m.queue.counts()).map(({ counts }) => counts.completed)).toEqual([40, 40]);
  });

  it.each([
    [{ work: { weight: 0 } }, 'queues.work.weight'],
    [{ work: { weight: 1e9 } }, 'queues.work.weight'],
    [{ work: { weight: NaN } }, 'queues.work.weight'],
    [{ work: { weight: 2, concurrency: 5 } }, 'queues.work.weight'],
    [{ work: { wieght: 2 } }, 'queues.work.wieght'],
  ])('WK2: %j is refused at boot', async (queues, option) => {
    const refused = await refusal(() =>
      mill({ handlers: [[Tasks.run, () => 1]], worker: { queues: queues as never } }),
    );
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(option) as string });
  });

  it('WK3: it claims no more than it has free places, leaves scheduled jobs in the store, and needs no hint for more than 1 s', async () => {
    const inner = (await mill({ worker: false })).store;
    const asked: number[] = [];
    const store = Object.assign(Object.create(inner) as Store, {
      listen: () => Promise.reject(new Error('deaf')),
      exchange: async (request: Parameters<Store['exchange']>[0]) => {
        const answer = await inner.exchange(request);
        if (answer.jobs.length > 0) asked.push(answer.jobs.length);
        return answer;
      },
    });
    const gates = [promised(), promised(), promised()];
    const m = await mill({
      handlers: [[Tasks.run, (n: number) => gates[n]!.promise]],
      store,
      worker: { concurrency: 2 },
    });
    const far = await m.queue.enqueue('work.run', 0, { queue: 'work', delay: '1h' });
    await m.queue.enqueueMany(
      'work.run',
      [0, 1, 2].map((payload) => ({ payload, queue: 'work' })),
    );
    await m.turn('1s');
    expect((await m.queue.counts())[0]!.counts).toMatchObject({ active: 2, ready: 1, scheduled: 1 });
    expect(Math.max(...asked)).toBeLessThanOrEqual(2);
    for (const gate of gates) gate.keep();
    await m.rest();
    expect(await m.look(far)).toMatchObject({ state: 'scheduled', worker: null });
  });

  it('WK4: burst ends once nothing is ready or active, and counts; `all` waits for scheduled jobs too', async () => {
    const m = await mill({ worker: false });
    await m.queue.enqueueMany('work.run', [
      { payload: 1, queue: 'work' },
      { payload: 2, queue: 'work' },
    ]);
    await m.queue.enqueue('work.run', 3, { queue: 'work', delay: '1m' });
    const app = { handlers: [[Tasks.run, () => 'done']] as const, store: m.store, clock: m.clock };
    const first = await mill({ ...app, worker: { burst: 'ready' } });
    expect(await first.worker.done).toEqual({ completed: 2, failed: 0, reason: 'drained' });
    const second = await mill({ ...app, worker: { burst: 'all' } });
    await second.turn('2m');
    expect(await second.worker.done).toEqual({ completed: 1, failed: 0, reason: 'drained' });
  });

  it('WK4: `all` waits for blocked jobs as well', async () => {
    const m = await mill({ worker: false });
    const first = await m.queue.enqueue('work.run', 1, { queue: 'work', delay: '1m' });
    const then = await m.queue.enqueue('work.run', 2, { queue: 'work', after: [first] });
    expect(await m.look(then)).toMatchObject({ state: 'blocked' });
    const app = { handlers: [[Tasks.run, (n: number) => n]] as const, store: m.store, clock: m.clock };
    const w = await mill({ ...app, worker: { burst: 'all' } });
    await w.turn('2m');

    expect(await w.worker.done).toEqual({ completed: 2, failed: 0, reason: 'drained' });
    expect(await m.look(then)).toMatchObject({ state: 'completed', result: 2 });
  });

  it('WK6: an error in a listener or hook is logged and never breaks a job', async () => {
    @Injectable()
    class Broken {
      onJobStart() {
        throw new Error('start hook');
      }
      async onJobEnd() {
        throw new Error('end hook');
      }
      @OnJob('completed', Tasks.run)
      async heard() {
        throw new Error('listener');
      }
    }
    const m = await mill({ handlers: [[Tasks.run, () => 'ran']], providers: [Broken] });
    m.events.on('job.completed', () => {
      throw new Error('plain listener');
    });

    expect(await m.queue.run(Tasks.run)).toBe('ran');
    await m.rest();
    const errors = m.lines.filter(({ level }) => level === 'error').map(({ text }) => text);
    for (const words of ['start hook', 'end hook', 'listener', 'plain listener']) {
      expect(errors.some((text) => text.includes(words))).toBe(true);
    }
  });

  it('WK7: the store as a Terminus indicator: up, and down with the reason', async () => {
    const m = await mill({ worker: false });
    const health = m.app.get(QueueHealth);
    expect(await health.isHealthy('queue')).toEqual({ queue: { status: 'up', store: 'memory' } });
    m.store.time = () => Promise.reject(new StoreUnavailable('redis://away'));
    expect(await health.isHealthy('jobs')).toEqual({
      jobs: { status: 'down', store: 'memory', message: expect.stringContaining('redis://away') as unknown },
    });
  });

  it('WK8: with `signals: false` no signal is listened to; app.close() takes the same path: not ready, no claim, grace, signal, release', async () => {
    const before = ['SIGTERM', 'SIGINT', 'SIGQUIT'].map((name) => process.listenerCount(name));
    const m = await mill({
      handlers: [[Tasks.run, () => new Promise(() => undefined)]],
      worker: { shutdown: { grace: '10s' } },
    });
    expect(['SIGTERM', 'SIGINT', 'SIGQUIT'].map((name) => process.listenerCount(name))).toEqual(before);
    const started = m.next('job.started');
    const job = await m.queue.enqueue(Tasks.run);
    await started;
    const closing = m.app.close();
    await m.turn(1);
    expect(m.worker.status().ready).toBe(false);
    const next = await m.queue.enqueue(Tasks.run);
    await m.turn('11s');
    await closing;

    const [held, waiting] = await m.store.find([{ id: job.id }, { id: next.id }]);
    expect(held).toMatchObject({ state: 'ready', attempts: 0, releases: 1 });
    expect(waiting).toMatchObject({ state: 'ready', releases: 0 });
  });

  it('WK10: a job of any length keeps its lease, is settled after the run, and runs once', async () => {
    const gate = promised<string>();
    let runs = 0;
    const m = await mill({
      handlers: [[Tasks.run, () => (runs++, gate.promise), { timeout: '2h' }]],
      worker: { lease: '15s' },
    });
    const job = await m.queue.enqueue(Tasks.run);
    const other = await mill({ handlers: [[Tasks.run, () => (runs++, gate.promise)]], store: m.store, clock: m.clock });
    await m.turn('5m');
    expect(await m.look(job)).toMatchObject({ state: 'active', crashes: 0, finishedAt: null });
    gate.keep('after five minutes');

    expect(await job.result()).toBe('after five minutes');
    await other.rest();
    expect(runs).toBe(1);
  });

  it('WK10: at most once: with onWorkerLost fail a job whose worker was lost is never run again, however it was enqueued', async () => {
    const m = await mill({ worker: false });
    const known = await m.queue.enqueue(Tasks.once);
    await die(m.store, (ms) => m.clock.freeze(ms));
    expect(await m.look(known)).toMatchObject({ state: 'failed', reason: 'worker-lost', crashes: 1 });

    const byName = await m.queue.enqueue('work.once', undefined, { queue: 'work' });
    await die(m.store, (ms) => m.clock.freeze(ms), 'dead too');
    const runs: string[] = [];
    const w = await mill({ handlers: [[Tasks.once, () => void runs.push('again')]], store: m.store, clock: m.clock });
    await w.rest();
    expect(runs).toEqual([]);
    expect(await m.look(byName)).toMatchObject({
      state: 'failed',
      reason: 'worker-lost',
      error: { code: 'WORKER_LOST' },
    });
    await w.rest();
    expect((await m.queue.list({ task: 'work.letter' })).jobs).toMatchObject([{ parentId: byName.id }]);
    expect(await refusal(() => known.result())).toMatchObject({ code: 'JOB_FAILED', reason: 'worker-lost' });
  });

  it('M6, RE10: the letter about a lost job is written whatever unique keys there are', async () => {
    const m = await mill({ worker: false });
    const job = await m.queue.enqueue(Tasks.once);
    await m.queue.enqueue('dead-letter', {}, { unique: { key: job.id } });
    const about = {
      name: 'dead',
      host: 'h',
      pid: 1,
      version: '0',
      startedAt: 0,
      queues: ['work'],
      lanes: [lane],
      tasks: [],
    };
    await m.store.register({ ...about, id: 'dead', concurrency: 1, lease: 3000 });
    await m.store.exchange({ worker: 'dead', lane, settle: [], want: 1, lease: 3000 });
    const w = await mill({ handlers: [[Tasks.once, () => 1]], store: m.store, clock: m.clock });
    await w.turn('8s');

    expect(await m.look(job)).toMatchObject({ state: 'failed', reason: 'worker-lost' });
    expect((await m.queue.list({ task: 'work.letter' })).jobs).toMatchObject([{ queue: 'default', parentId: job.id }]);
  });

  it('WK11: while the store is away it tries for ever, keeps what ended, and settles it once on return', async () => {
    const inner = (await mill({ worker: false })).store;
    let away = false;
    let settled = 0;
    const store = Object.assign(Object.create(inner) as Store, {
      exchange: async (request: Parameters<Store['exchange']>[0]) => {
        if (away) throw new StoreUnavailable('redis://away');
        settled += request.settle.length;
        return inner.exchange(request);
      },
    });
    const gate = promised<string>();
    const m = await mill({ handlers: [[Tasks.run, () => gate.promise]], store, worker: { lease: '1h' } });
    const started = m.next('job.started');
    const job = await m.queue.enqueue(Tasks.run);
    await started;
    away = true;
    gate.keep('ended meanwhile');
    await m.turn('10m');
    expect(m.worker.status().ready).toBe(false);
    away = false;
    await m.turn('5s');

    expect(await m.look(job)).toMatchObject({ state: 'completed', result: 'ended meanwhile', crashes: 0 });
    expect(settled).toBe(1);
    expect(m.worker.status().ready).toBe(true);
  });

  it('WK11: a boot without a store tries five times, one second apart, and ends with the reason', async () => {
    let tries = 0;
    const inner = (await mill({ worker: false })).store;
    const store = Object.assign(Object.create(inner) as Store, {
      register: () => (tries++, Promise.reject(new StoreUnavailable('redis://away'))),
    });
    const clock = (await mill({ worker: false })).clock;
    const at = clock.monotonic();
    const booting = refusal(() => mill({ handlers: [[Tasks.run, () => 1]], store, clock }));
    for (let n = 0; n < 10 && tries < 5; n++) await clock.advance('1s');
    expect(await booting).toMatchObject({ code: 'STORE_UNAVAILABLE' });

    expect(tries).toBe(5);
    expect(clock.monotonic() - at).toBeGreaterThanOrEqual(4000);
  });

  it('WK13: the log tells of start (attempt, how late), completion (ms), retry, failure and cancel', async () => {
    const ends = [() => Promise.reject(new Error('no')), () => Promise.reject(new Error('no more')), () => 'fine'];
    const m = await mill({ handlers: [[Tasks.run, () => ends.shift()!()]] });
    const job = await m.queue.enqueue(Tasks.run);
    await m.rest();
    await m.turn('1s');
    await m.queue.run(Tasks.run);
    const waiting = await m.queue.enqueue(Tasks.run, undefined, { delay: '1h' });
    await waiting.cancel();
    await m.rest();
    const said = (level: string, words: RegExp) =>
      m.lines.some((line) => line.level === level && words.test(line.text));

    expect(
      said('debug', new RegExp(`^Started attempt 1, \\d+ ms late .*jobId=${job.id} task=work.run attempt=1`)),
    ).toBe(true);
    expect(said('warn', /^Attempt 1 failed, next in 1s: Error: no /)).toBe(true);
    expect(said('error', /^Failed \(exhausted\): Error: no more .*attempt=2/)).toBe(true);
    expect(said('log', /^Completed in \d+ ms /)).toBe(true);
    expect(said('log', new RegExp(`^Cancelled \\(request\\) .*jobId=${waiting.id}`))).toBe(true);
    expect(typeof (await m.look(job)).enqueuedAt).toBe('number');
  });

  it('WK14: a worker shows the name it was given; its id adds host and incarnation', async () => {
    const m = await mill({ handlers: [[Tasks.run, () => 1]], worker: { name: 'packer 1' } });
    const twin = await mill({
      handlers: [[Tasks.run, () => 1]],
      store: m.store,
      clock: m.clock,
      worker: { name: 'packer 1' },
    });
    const workers = await m.queue.workers();
    const host = hostname().replace(/[^A-Za-z0-9_.-]/g, '-');

    expect(workers.map(({ name }) => name)).toEqual(['packer 1', 'packer 1']);
    expect(new Set(workers.map(({ id }) => id))).toEqual(new Set([m.worker.id, twin.worker.id]));
    expect(m.worker.id).toMatch(new RegExp(`^packer-1\\.${host.slice(0, 40)}\\.${process.pid}\\.[0-9a-f]{12}$`));
    expect(m.worker.id).not.toBe(twin.worker.id);
  });
});
