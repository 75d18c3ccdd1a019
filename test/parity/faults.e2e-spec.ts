import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineTasks, limits, Queue, type Store, task } from 'millrace';
import { redis } from 'millrace/redis';
import { sqlite } from 'millrace/sqlite';
import { ManualClock, memory } from 'millrace/testing';
import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { eventually } from '../support/eventually.js';
import { afterwards, closeAll, mill, promised, refusal } from './mill.js';

class Tasks extends defineTasks('work', {
  run: task({ queue: 'work', retry: { attempts: 3, delay: '1s' }, timeout: '30d' }),
}) {}

const hour = 3_600_000;
const lane = { queue: 'work', shard: 0 };

afterEach(closeAll);

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-faults-'));
  afterwards(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'queue.db');
}

const onClock: Record<string, (clock: ManualClock) => Promise<Store> | Store> = {
  memory: (clock) => memory({ clock }),
  SQLite: (clock) => sqlite({ path: file(), clock }),
  ...(redisAvailable() && {
    Redis: async (clock: ManualClock) => {
      const server = await startRedis();
      afterwards(() => server.stop());
      return redis({ url: server.url, clock, onWarning: () => {} });
    },
  }),
};

/** Turns clocks a fifth of a second at a time, so that a store with a time of its own can keep up. */
async function turn(seconds: number, ...clocks: ManualClock[]): Promise<void> {
  for (let n = 0; n < seconds * 5; n++) {
    for (const clock of clocks) await clock.advance(200);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Turns the clocks until it holds. */
async function until(holds: () => Promise<boolean> | boolean, ...clocks: ManualClock[]): Promise<void> {
  await eventually(async () => (await holds()) || (await turn(0.2, ...clocks), false));
}

describe.each(Object.entries(onClock))('clocks that are wrong, on %s', (_, make) => {
  it.each([
    ['an hour', 1],
    ['an hour back', -1],
    ['a day', 24],
    ['a day back', -24],
  ])(
    'R14: the store’s clock jumps by %s: nothing lost, at most one more attempt, normal within two leases, due times move by the jump',
    async (_, hours) => {
      const clock = new ManualClock();
      const store = await make(clock);
      const gate = promised<string>();
      const runs: Record<string, number> = {};
      const handlers = [
        [
          Tasks.run,
          (kind: string) => {
            runs[kind] = (runs[kind] ?? 0) + 1;
            return kind === 'long' ? gate.promise : kind;
          },
        ],
      ] as const;
      const a = await mill({ handlers, store, clock, worker: { lease: '6s' } });
      const b = await mill({ handlers, store, clock, worker: { lease: '6s' } });
      const enqueue = (kind: string, delay = 0) => a.queue.enqueue('work.run', kind, { queue: 'work', delay });
      const long = await enqueue('long');
      await until(async () => (await a.look(long)).state === 'active', clock);
      const due = await enqueue('due', 30_000);

      clock.jump(hours * hour);
      await turn(12, clock);
      const after = await enqueue('after');
      await until(async () => (await a.look(after)).state === 'completed', clock);
      const waiting = await a.look(due);
      expect(waiting.state).toBe(hours < 0 ? 'scheduled' : 'completed');
      gate.keep('done');
      await until(async () => (await a.look(long)).state === 'completed', clock);

      expect(runs['long']).toBeLessThanOrEqual(2);
      expect((await a.look(long)).crashes).toBeLessThanOrEqual(1);
      expect(runs).toMatchObject({ after: 1, ...(waiting.state === 'completed' && { due: 1 }) });
      expect(await store.fsck()).toEqual([]);
      await b.close();
    },
  );

  it.each([
    ['seven hours fast', 7],
    ['seven hours slow', -7],
  ])('R15: a client and worker whose clock is %s change no lease, delay or order', async (_, hours) => {
    const right = new ManualClock();
    const astray = new ManualClock();
    astray.jump(hours * hour);
    const store = await make(right);
    const order: unknown[] = [];
    const producer = await mill({ store, clock: right, worker: false });
    const first = await producer.queue.enqueue('work.run', 'first', { queue: 'work' });
    const strange = new Queue({ store, clock: astray });
    await strange.enqueue('work.run', 'second', { queue: 'work' });
    await producer.queue.enqueue('work.run', 'third', { queue: 'work' });
    const delayed = await strange.enqueue('work.run', 'delayed', { queue: 'work', delay: '10s', expires: '1m' });
    const m = await mill({
      handlers: [[Tasks.run, (what) => void order.push(what)]],
      store,
      clock: astray,
      worker: { concurrency: 1, lease: '6s' },
    });
    await until(() => order.length === 3, right, astray);

    expect(order).toEqual(['first', 'second', 'third']);
    expect(await producer.look(first)).toMatchObject({
      crashes: 0,
      attempted: 1,
      finishedAt: expect.any(Number) as unknown,
    });
    expect(await producer.look(delayed)).toMatchObject({ state: 'scheduled' });
    expect((await producer.queue.workers()).map(({ id }) => id)).toEqual([m.worker.id]);
    await until(() => order.length === 4, right, astray);
    expect(await store.fsck()).toEqual([]);
  });
});

(redisAvailable() ? describe : describe.skip)('Redis that refuses', () => {
  it.each([
    "READONLY You can't write against a read only replica.",
    'MISCONF Redis is configured to save RDB snapshots, but it is currently not able to persist on disk.',
    'LOADING Redis is loading the dataset in memory',
    'CLUSTERDOWN The cluster is down',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
  ])('R12: %s: a client gets a typed error at its deadline, a worker goes on when it is over', async (refusalOf) => {
    const server = await startRedis();
    afterwards(() => server.stop());
    const gate = await Gate.before(server.port);
    afterwards(() => gate.close());
    const store = redis({ url: `redis://127.0.0.1:${gate.port}`, enqueueTimeout: 300, onWarning: () => {} });
    const m = await mill({
      handlers: [[Tasks.run, () => 'ran']],
      store,
      realTime: true,
      queue: { enqueueTimeout: '300ms' },
    });
    expect(await m.queue.run(Tasks.run)).toBe('ran');

    gate.refuse = refusalOf;
    expect(await refusal(() => m.queue.enqueue(Tasks.run))).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await eventually(() => !m.worker.status().ready);
    gate.refuse = '';

    await eventually(async () => (await m.queue.run(Tasks.run, undefined, { timeout: '5s' })) === 'ran');
    await eventually(() => m.worker.status().ready, { within: 5000 });
    expect((await m.queue.counts())[0]!.counts).toMatchObject({ failed: 0, active: 0 });
  });
});

const forRaces: Record<string, () => Promise<Store> | Store> = {
  memory: () => memory(),
  SQLite: () => sqlite({ path: file() }),
  ...(redisAvailable() && {
    Redis: async () => {
      const server = await startRedis();
      afterwards(() => server.stop());
      return redis({ url: server.url, onWarning: () => {} });
    },
  }),
};

describe.each(Object.entries(forRaces))('hands against workers, on %s', (_, make) => {
  it('L4, L5: cancel, retry, remove and force race with workers: one wins, the answer says who, and the books balance', async () => {
    const ran = new Map<string, number>();
    const store = await make();
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          async (n: number, ctx) => {
            ran.set(ctx.job.id, (ran.get(ctx.job.id) ?? 0) + 1);
            await new Promise((resolve) => setImmediate(resolve));
            if (n % 3 === 0) throw new Error('no');
            return n;
          },
          { retry: { attempts: 1 } },
        ],
      ],
      ...{ store, realTime: true, worker: { concurrency: 20 } },
    });
    const jobs = await m.queue.enqueueMany(
      'work.run',
      Array.from({ length: 400 }, (_, n) => ({ payload: n, queue: 'work' })),
    );
    const runsWhenRemoved = new Map<string, number>();
    const hands = jobs.map(async (job, n) => {
      if (n % 4 === 0) return job.cancel(n % 8 === 0 ? { force: true } : {});
      if (n % 4 === 1) {
        const answer = await job.remove();
        if (answer.applied) runsWhenRemoved.set(job.id, ran.get(job.id) ?? 0);
        return answer;
      }
      return job.retry();
    });
    const answers = await Promise.all(hands);
    await eventually(async () => {
      const { counts } = (await m.queue.counts())[0]!;
      return counts.ready + counts.active + counts.scheduled === 0;
    });

    for (const [n, job] of jobs.entries()) {
      const { applied, state } = answers[n]!;
      const view = (await m.queue.job(job.id))?.view;
      if (n % 4 === 1 && applied)
        expect([view, ran.get(job.id) ?? 0]).toEqual([undefined, runsWhenRemoved.get(job.id)]);
      if (n % 4 === 0 && applied && state === 'cancelled') expect(view).toMatchObject({ state: 'cancelled' });
      if (n % 4 === 0 && !applied) expect(['completed', 'failed']).toContain(state);
      if (n % 4 > 1 && applied) expect(ran.get(job.id)).toBe(2);
      if (n % 4 > 1 && !applied) expect([ran.get(job.id), state === 'cancelled']).toEqual([1, false]);
    }
    const { totals, counts } = (await m.queue.counts())[0]!;
    expect(totals.enqueued + totals.revived).toBe(totals.completed + totals.cancelled + totals.removed + counts.failed);
    expect(await store.fsck()).toEqual([]);
  });
});

describe('growth', () => {
  it('G1: what piles up has a bound: records by age and count, attempts, log lines, figures, keys, workers', async () => {
    const clock = new ManualClock();
    const store = memory({ clock });
    let fail = true;
    const m = await mill({
      handlers: [
        [
          Tasks.run,
          async (_, ctx) => {
            for (let n = 0; n < 250; n++) void ctx.log(`line ${n}`);
            if (fail) throw new Error('no');
          },
          { retry: { attempts: 40, delay: 1 } },
        ],
      ],
      ...{ store, clock, worker: { lease: '30d', idle: '10d' } },
    });
    const job = await m.queue.enqueue(Tasks.run, undefined, { jobId: 'once', unique: { key: 'k', until: '2d' } });
    await m.rest();
    await m.turn('1s');
    const view = await m.look(job);
    expect(view).toMatchObject({ state: 'failed', attempted: 40 });
    expect(view.attempts).toHaveLength(limits.history);
    expect(view.log).toHaveLength(limits.log);
    expect(view.log.at(-1)).toBe('line 249');

    fail = false;
    for (let n = 0; n < 30; n++) {
      await store.register({
        id: `gone${n}`,
        name: 'gone',
        host: 'h',
        pid: n,
        version: '0',
        startedAt: 0,
        queues: ['work'],
        lanes: [lane],
        tasks: [],
        concurrency: 1,
        lease: 1000,
      });
      await m.queue.enqueue(Tasks.run, undefined, { keepResult: '5m' });
      await m.rest();
      clock.freeze('1h');
      await m.turn('20s');
    }
    expect((await m.queue.workers()).map(({ id }) => id)).toEqual([m.worker.id]);
    expect((await m.queue.history()).length).toBeLessThanOrEqual(24 * 60);
    expect(Math.min(...(await m.queue.history()).map(({ at }) => at))).toBeGreaterThanOrEqual(
      clock.now() - 25 * 3_600_000,
    );
    expect((await m.queue.counts())[0]!.counts).toMatchObject({ completed: 0, failed: 1 });

    clock.freeze('8d');
    await m.turn('20s');
    expect((await m.queue.counts())[0]!.counts).toMatchObject({ completed: 0, failed: 0 });
    expect(await m.queue.job('once')).toBeUndefined();
    expect(
      (await m.queue.enqueue(Tasks.run, undefined, { jobId: 'once', unique: { key: 'k', until: '2d' } })).created,
    ).toBe(true);
    expect(await store.fsck()).toEqual([]);
  });
});

/**
 * Stands before a server, and answers every command with a refusal while there is one. The server is asked for a PONG
 * instead, so that answers keep their order.
 */
class Gate {
  refuse = '';
  private refusal = '';
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: ReturnType<typeof createServer>) {}

  static async before(target: number): Promise<Gate> {
    const server = createServer();
    const gate = new Gate(server);
    server.on('connection', (client) => gate.join(client, connect(target, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  private join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) this.sockets.add(socket.on('error', () => {}));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    let refused = 0;
    upstream.on('data', (data) => {
      if (refused === 0) return void client.write(data);
      const text = data.toString('latin1').replace(/\+PONG\r\n/g, () => (refused--, `-${this.refusal}\r\n`));
      client.write(Buffer.from(text, 'latin1'));
    });
    client.on('data', (data) => {
      if (!this.refuse) return void upstream.write(data);
      this.refusal = this.refuse;
      const commands = data.toString('latin1').match(/(^|\r\n)\*\d+\r\n\$/g)?.length ?? 0;
      refused += commands;
      upstream.write('PING\r\n'.repeat(commands));
    });
  }
}
