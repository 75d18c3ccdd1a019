import { defineTasks, type Store, StoreUnavailable, task, TaskContext } from 'millrace';
import { memory } from 'millrace/testing';
import { redis } from 'millrace/redis';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.js';
import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { afterwards, closeAll, mill, promised, refusal } from './mill.js';

class MailTasks extends defineTasks('mail', {
  send: task({ queue: 'mail', retry: { attempts: 2, delay: '1s' } }),
  secret: task({ queue: 'mail', redact: ['password', 'card.number'] }),
  onFailed: task({ queue: 'ops' }),
}) {}

afterEach(closeAll);

describe('enqueueing', () => {
  it('EN1: a producer enqueues by name what it has no code for, and a worker elsewhere runs it', async () => {
    const producer = await mill({ worker: false });
    const worker = await mill({
      handlers: [[MailTasks.send, (payload) => payload]],
      store: producer.store,
      clock: producer.clock,
    });
    const job = await producer.queue.enqueue('mail.send', { to: 'ada' }, { queue: 'mail' });
    await worker.rest();

    expect(await job.result()).toEqual({ to: 'ada' });
  });

  it('EN2: a job is never early: not by a delay, not by runAt, not when hints are lost, and then at most a second late', async () => {
    const deaf: Partial<Store> = { listen: () => Promise.reject(new Error('deaf')) };
    const started: number[] = [];
    const { store, clock } = await mill({ worker: false });
    const m = await mill({
      handlers: [[MailTasks.send, () => void started.push(m.clock.now())]],
      store: Object.assign(Object.create(store) as Store, deaf),
      clock,
    });
    const at = clock.now();
    await m.queue.enqueue(MailTasks.send, undefined, { delay: 5500 });
    await m.queue.enqueue(MailTasks.send, undefined, { runAt: new Date(at + 7250) });
    const past = await m.queue.enqueue(MailTasks.send, undefined, { runAt: '2025-12-31T23:59:59+00:00' });
    expect(past.state).toBe('ready');
    await m.turn('1s');
    await m.turn('4499ms');
    expect(started).toHaveLength(1);
    expect(started[0]! - at).toBeLessThanOrEqual(1000);
    await m.turn('5s');

    expect(started[1]! - at).toBeGreaterThanOrEqual(5500);
    expect(started[1]! - at).toBeLessThanOrEqual(6500);
    expect(started[2]! - at).toBeGreaterThanOrEqual(7250);
    expect(started[2]! - at).toBeLessThanOrEqual(8250);
  });

  it('EN2: starts right when it is due, although the worker went to sleep before it was enqueued', async () => {
    const started: number[] = [];
    const m = await mill({ handlers: [[MailTasks.send, () => void started.push(m.clock.now())]] });
    await m.turn('5300ms');
    const at = m.clock.now();

    await m.queue.enqueue(MailTasks.send, undefined, { delay: 250 });
    await m.turn('250ms');

    expect(started).toEqual([at + 250]);
  });

  it('EN2: delay and runAt together, a year and more, and text without an offset are refused, and nothing is stored', async () => {
    const m = await mill({ worker: false });
    for (const wrong of [{ delay: '1m', runAt: m.clock.now() }, { delay: '53w' }, { runAt: '2026-02-01T09:00:00' }]) {
      expect(await refusal(() => m.queue.enqueue(MailTasks.send, undefined, wrong as object))).toMatchObject({
        code: 'CONFIG_INVALID',
      });
    }
    expect((await m.queue.list()).jobs).toEqual([]);
  });

  it.each([
    ['started', ['ready'], 'active'],
    ['settled', ['ready', 'active'], 'completed'],
    ['kept', ['ready', 'active', 'completed'], 'gone'],
  ] as const)(
    'EN3: a key, or jobId, until %s is taken while the job is %j, and free once it is %s',
    async (until, taken, free) => {
      for (const key of [{ unique: { key: 'o1', until } }, { jobId: 'o1', unique: { until } }]) {
        const gate = promised();
        const m = await mill({ worker: false });
        const first = await m.queue.enqueue(MailTasks.send, undefined, key);
        const again = async () => {
          const answer = await m.queue.enqueue(MailTasks.send, undefined, key);
          if (answer.created) await answer.cancel();
          return answer;
        };
        const seen: string[] = [];
        const look = async (state: string) => {
          const answer = await again();
          if (!answer.created) expect(answer).toMatchObject({ id: first.id, state });
          seen.push(`${state} ${answer.created ? 'free' : 'taken'}`);
        };
        await look('ready');
        const w = await mill({ handlers: [[MailTasks.send, () => gate.promise]], store: m.store, clock: m.clock });
        await m.turn('10ms');
        await look('active');
        gate.keep();
        await w.rest();
        await look('completed');
        await m.queue.remove(first.id);
        seen.push(`gone ${(await again()).created ? 'free' : 'taken'}`);
        for (const state of taken) expect(seen).toContain(`${state} taken`);
        expect(seen).toContain(`${free} free`);
        await w.close();
      }
    },
  );

  it('EN3: a key until a duration is taken for that long, whatever became of the job', async () => {
    const m = await mill({ handlers: [[MailTasks.send, () => 'ran']] });
    const unique = { key: 'daily', until: '10m' } as const;
    const first = await m.queue.enqueue(MailTasks.send, undefined, { unique, keepResult: 0 });
    await m.rest();
    expect(await m.queue.enqueue(MailTasks.send, undefined, { unique })).toMatchObject({
      id: first.id,
      created: false,
    });
    await m.turn('9m');
    expect((await m.queue.enqueue(MailTasks.send, undefined, { unique })).created).toBe(false);
    await m.turn('1m');
    expect((await m.queue.enqueue(MailTasks.send, undefined, { unique })).created).toBe(true);
  });

  it('EN3: ten at once under one jobId make one job; a duplicate may replace it, or be an error', async () => {
    const ran: unknown[] = [];
    const m = await mill({ worker: false });
    const ten = await Promise.all(
      Array.from({ length: 10 }, (_, n) => m.queue.enqueue('mail.send', { n }, { queue: 'mail', jobId: 'order:42' })),
    );
    expect(ten.filter((job) => job.created)).toHaveLength(1);
    expect(new Set(ten.map((job) => job.id)).size).toBe(1);
    const replace = { jobId: 'order:42', queue: 'mail', unique: { onDuplicate: 'replace' } } as const;
    expect(await m.queue.enqueue('mail.send', { n: 'new' }, replace)).toMatchObject({ id: ten[0]!.id, created: false });
    const error = { jobId: 'order:42', queue: 'mail', unique: { onDuplicate: 'error' } } as const;
    expect(await refusal(() => m.queue.enqueue('mail.send', {}, error))).toMatchObject({
      code: 'DUPLICATE_JOB',
      existing: ten[0]!.id,
    });
    const w = await mill({
      handlers: [[MailTasks.send, (payload) => void ran.push(payload)]],
      store: m.store,
      clock: m.clock,
    });
    await w.rest();
    expect(ran).toEqual([{ n: 'new' }]);
  });

  it('EN4: a job not claimed in time is cancelled as expired, its payload kept, with no dead letter; result() throws JobExpired', async () => {
    const letters: unknown[] = [];
    const m = await mill({
      handlers: [
        [MailTasks.send, () => 'late', { deadLetter: { task: MailTasks.onFailed } }],
        [MailTasks.onFailed, (letter) => void letters.push(letter)],
      ],
    });
    await m.queue.pause('mail');
    const never = await m.queue.enqueue('mail.send', { n: 1 }, { queue: 'mail' });
    const job = await m.queue.enqueue('mail.send', { n: 2 }, { queue: 'mail', expires: '1m' });
    const dated = await m.queue.enqueue(
      'mail.send',
      { n: 3 },
      { queue: 'mail', expires: new Date(m.clock.now() + 60_000) },
    );
    await m.turn('61s');
    await m.queue.resume('mail');
    await m.turn('2s');

    expect(await m.look(never)).toMatchObject({ state: 'completed', expires: null });
    for (const late of [job, dated]) {
      expect(await m.look(late)).toMatchObject({ state: 'cancelled', reason: 'expired', attempted: 0 });
      expect(await refusal(() => late.result())).toMatchObject({ code: 'JOB_EXPIRED' });
    }
    expect((await m.look(job)).payload).toEqual({ n: 2 });
    expect(letters).toEqual([]);
  });

  it('EN5: queue, priority, timeout, keepResult and startAt hold for one call', async () => {
    const order: string[] = [];
    const m = await mill({ worker: false });
    const low = await m.queue.enqueue(MailTasks.send, undefined, { priority: 'low', tags: ['low'] });
    const urgent = await m.queue.enqueue(MailTasks.send, undefined, {
      priority: 'urgent',
      tags: ['urgent'],
      keepResult: 0,
    });
    const other = await m.queue.enqueue(MailTasks.send, undefined, {
      ...{ queue: 'other', timeout: '7s', retry: { attempts: 5, startAt: 5 }, tags: ['other'] },
    });
    const w = await mill({
      handlers: [
        [
          MailTasks.send,
          (_, ctx) => {
            order.push(`${ctx.job.tags[0]} ${ctx.job.timeout} ${ctx.attempt}`);
            if (ctx.job.queue === 'other') throw new Error('last one');
          },
        ],
      ],
      ...{ store: m.store, clock: m.clock, worker: { queues: { mail: 1, other: 1 } } },
    });
    await w.rest();

    expect(order.filter((line) => !line.startsWith('other'))).toEqual(['urgent 300000 1', 'low 300000 1']);
    expect(order).toContain('other 7000 5');
    expect(await m.look(other)).toMatchObject({ state: 'failed', reason: 'exhausted', attempted: 5 });
    expect(await m.queue.job(urgent.id)).toBeUndefined();
    expect(await m.look(low)).toMatchObject({ state: 'completed' });
  });

  it('EN6: while the store is away an enqueue waits up to 5 s, then StoreUnavailable; what an answer was lost for is added once', async () => {
    const inner = (await mill({ worker: false })).store;
    let away = 0;
    let loseAnswer = false;
    const store = Object.assign(Object.create(inner) as Store, {
      enqueue: async (jobs: Parameters<Store['enqueue']>[0]) => {
        if (away-- > 0) throw new StoreUnavailable('redis://away');
        const answers = await inner.enqueue(jobs);
        if (!loseAnswer) return answers;
        loseAnswer = false;
        throw new StoreUnavailable('redis://away');
      },
    });
    const m = await mill({ worker: false, store });
    away = 3;
    const waited = m.queue.enqueue(MailTasks.send);
    await m.turn('1s');
    expect((await waited).created).toBe(true);
    loseAnswer = true;
    const repeated = m.queue.enqueue(MailTasks.send);
    await m.turn('1s');
    expect((await repeated).created).toBe(true);
    expect((await m.queue.list()).jobs).toHaveLength(2);

    away = 1000;
    const given = refusal(() => m.queue.enqueue(MailTasks.send));
    const at = m.clock.now();
    const settledAt = given.then(() => m.clock.now());
    await m.turn('10s');
    expect(await given).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await settledAt) - at).toBeLessThanOrEqual(5200);
  });

  it('EN6: beyond maxReady a call is refused with QueueFull, whole', async () => {
    const m = await mill({ worker: false });
    await m.queue.configure('mail', { maxReady: 2 });
    await m.queue.enqueue(MailTasks.send);
    expect(await refusal(() => m.queue.enqueueMany(MailTasks.send, [{}, {}]))).toMatchObject({ code: 'QUEUE_FULL' });
    expect((await m.queue.list()).jobs).toHaveLength(1);
    await m.queue.enqueue(MailTasks.send);
    expect(await refusal(() => m.queue.enqueue(MailTasks.send))).toMatchObject({ code: 'QUEUE_FULL' });
  });

  it('EN7: headers and tags travel with every attempt and with a replacement; onEnqueue may add some', async () => {
    const seen: unknown[] = [];
    const m = await mill({
      handlers: [
        [
          MailTasks.send,
          (_, ctx) => {
            seen.push([ctx.attempt, ctx.job.headers, ctx.job.tags]);
            if (ctx.attempt === 1) throw new Error('again');
          },
        ],
      ],
      queue: { onEnqueue: (job) => void ((job.headers['request'] = 'r1'), job.tags.push('hooked')) },
    });
    const call = { jobId: 'x', delay: '1s', headers: { tenant: 'acme' }, tags: ['old'] } as const;
    await m.queue.enqueue(MailTasks.send, undefined, call);
    await m.queue.enqueue(MailTasks.send, undefined, {
      ...{ ...call, headers: { tenant: 'bolt' }, tags: ['new'], unique: { onDuplicate: 'replace' } },
    });
    await m.turn('3s');

    const headers = { tenant: 'bolt', request: 'r1' };
    expect(seen).toEqual([
      [1, headers, ['new', 'hooked']],
      [2, headers, ['new', 'hooked']],
    ]);
  });

  it('EN7, WK13: payloads are logged only when asked, without the fields the task redacts', async () => {
    const payload = { password: 'hunter2', card: { number: '4111', holder: 'Ada' }, note: 'n'.repeat(5000) };
    for (const logPayloads of [false, true]) {
      const m = await mill({ handlers: [[MailTasks.secret, () => 'secret result']], worker: { logPayloads } });
      await m.queue.run('mail.secret', payload, { queue: 'mail' });
      await m.rest();
      const log = m.lines.map((line) => line.text).join('\n');
      expect(log).not.toMatch(/hunter2|4111|secret result/);
      expect(log.includes('Ada')).toBe(logPayloads);
      expect(log.replace(/[^n]/g, '').length).toBeLessThan(2000);
      await m.close();
    }
  });

  it('EN8: many are one round trip and an answer per item; an invalid one refuses the call; run() waits', async () => {
    let calls = 0;
    const inner = memory();
    const store = Object.assign(Object.create(inner) as Store, {
      enqueue: (jobs: Parameters<Store['enqueue']>[0]) => (calls++, inner.enqueue(jobs)),
    });
    const m = await mill({ worker: false, store });
    const jobs = await m.queue.enqueueMany(
      MailTasks.send,
      Array.from({ length: 500 }, (_, n) => (n % 2 ? { jobId: `j${n % 4}` } : { delay: '1h' })),
    );
    expect(calls).toBe(1);
    expect(jobs.filter((job) => job.created)).toHaveLength(250 + 2);
    expect(jobs[1]!.id).toBe(jobs[5]!.id);
    expect(await refusal(() => m.queue.enqueueMany('mail.send', [{ payload: 1 }, { payload: () => 1 }]))).toMatchObject(
      {
        code: 'PAYLOAD_INVALID',
      },
    );
    expect(calls).toBe(1);

    const w = await mill({ handlers: [[MailTasks.send, ({ n }: { n: number }) => n * 2]] });
    expect(await w.queue.run('mail.send', { n: 21 }, { queue: 'mail', timeout: '10s' })).toBe(42);
  });

  it('EN9: an entity is refused by the field it stands in; a jobId derived from the row makes repeating harmless', async () => {
    class OrderEntity {
      id = 'o1';
    }
    const m = await mill({ worker: false });
    expect(await refusal(() => m.queue.enqueue('orders.process', { order: new OrderEntity() }))).toMatchObject({
      code: 'PAYLOAD_INVALID',
      issues: [{ path: 'order', message: expect.stringContaining('OrderEntity') as unknown }],
    });
    const once = () => m.queue.enqueue('orders.process', { orderId: 'o1' }, { jobId: 'order:o1' });
    expect([(await once()).created, (await once()).created]).toEqual([true, false]);
    expect((await m.queue.list()).jobs).toHaveLength(1);
  });

  it('EN10: a job that a handler enqueues gets parent, root, trace and tenant, and a priority of its own', async () => {
    const m = await mill({
      handlers: [
        [
          MailTasks.send,
          async (payload: { depth: number }, ctx) => {
            if (payload.depth === 0) return;
            await new Promise((resolve) => setImmediate(resolve));
            await m.queue.enqueue(
              'mail.send',
              { depth: payload.depth - 1 },
              { queue: 'mail', tags: [`d${payload.depth - 1}`] },
            );
            expect(TaskContext.current()).toBe(ctx);
          },
        ],
      ],
    });
    const root = await m.queue.enqueue(
      'mail.send',
      { depth: 2 },
      { queue: 'mail', priority: 'urgent', headers: { traceparent: '00-1', 'x-tenant': 'acme', private: 'no' } },
    );
    await m.rest();
    const { jobs } = await m.queue.list();
    const child = jobs.find((job) => job.tags[0] === 'd1')!;
    const grandchild = jobs.find((job) => job.tags[0] === 'd0')!;

    expect(child).toMatchObject({ parentId: root.id, rootId: root.id, priority: 'normal' });
    expect(grandchild).toMatchObject({ parentId: child.id, rootId: root.id });
    expect(grandchild.headers).toEqual({ traceparent: '00-1', 'x-tenant': 'acme' });
  });
});

(redisAvailable() ? describe : describe.skip)('on Redis', () => {
  it('EN11: a producer has one connection to Redis, none of them waiting for work, and closes it', async () => {
    const server = await startRedis();
    afterwards(() => server.stop());
    const plain = new Redis(server.url, { protocol: 2 });
    afterwards(() => plain.disconnect());
    const clients = async () =>
      String(await plain.client('LIST'))
        .trim()
        .split('\n').length - 1;
    const m = await mill({ worker: false, realTime: true, store: redis({ url: server.url, onWarning: () => {} }) });
    await m.queue.enqueue(MailTasks.send);

    expect(await clients()).toBe(1);
    expect(await plain.info('clients')).toContain('blocked_clients:0');
    await m.close();
    await eventually(async () => (await clients()) === 0, { what: 'no connection' });
  });
});
