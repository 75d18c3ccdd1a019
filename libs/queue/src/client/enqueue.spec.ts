import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsDate, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { MillraceError } from '../job/errors.js';
import { open } from '../job/envelope.js';
import { limits } from '../job/limits.js';
import { bindTasks, defineTasks } from '../task/define-tasks.js';
import { TaskContext } from '../task/context.js';
import { returns, task } from '../task/task.js';
import { refusal, world } from './testdata/world.js';

class Item {
  @IsString()
  sku!: string;

  @IsInt()
  @Min(1)
  quantity: number = 1;
}

class Order {
  @IsString()
  orderId!: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Item)
  items?: Item[];

  @IsOptional()
  @IsDate()
  @Type(() => Date)
  at?: Date;
}

class OrderTasks extends defineTasks('orders', {
  process: task({
    payload: Order,
    returns: returns<{ ok: boolean }>(),
    queue: 'orders',
    priority: 'high',
    tags: ['shop'],
  }),
  once: task({ payload: Order, unique: { key: (order) => order.orderId } }),
  sweep: task(),
}) {}

const order = { orderId: 'o1' };
const waiting = async (w: Awaited<ReturnType<typeof world>>) => (await w.queue.list()).jobs;

async function setup(options: Parameters<typeof world>[0] = {}) {
  const w = await world(options);
  return { ...w, orders: bindTasks(OrderTasks, w.queue) };
}

describe('enqueue', () => {
  it('EN1: stores a job by contract, by reference, and by name without the code of its task', async () => {
    const { queue, orders } = await setup();
    const handle = await orders.process.enqueue(order);
    expect(handle).toMatchObject({ created: true, state: 'ready' });
    await queue.enqueue(OrderTasks.sweep);
    await queue.enqueue('billing.invoice', { id: 7 }, { queue: 'billing' });
    const jobs = (await queue.list()).jobs.map(({ task, queue, payload }) => ({ task, queue, payload }));
    expect(jobs).toEqual(
      expect.arrayContaining([
        { task: 'orders.process', queue: 'orders', payload: order },
        { task: 'orders.sweep', queue: 'default', payload: undefined },
        { task: 'billing.invoice', queue: 'billing', payload: { id: 7 } },
      ]),
    );
  });

  it('EN2: takes a delay in words or milliseconds; zero or less is now', async () => {
    const { orders, clock, take } = await setup();
    const later = await orders.process.enqueue(order, { delay: '60s' });
    const now = [await orders.process.enqueue(order, { delay: 0 }), await orders.process.enqueue(order, { delay: -5 })];
    expect(later.state).toBe('scheduled');
    expect(now.map((handle) => handle.state)).toEqual(['ready', 'ready']);
    expect(await take('orders')).toHaveLength(2);
    await clock.advance(59_999);
    expect(await take('orders')).toHaveLength(0);
    await clock.advance(1);
    expect((await take('orders')).map((job) => job.id)).toEqual([later.id]);
  });

  it('EN2: takes runAt as Date, milliseconds, or ISO text with an offset; the past is now', async () => {
    const { orders, clock, queue } = await setup();
    const at = clock.now() + 5000;
    const offset = new Date(at + 3_600_000).toISOString().replace('Z', '+01:00');
    for (const runAt of [new Date(at), at, new Date(at).toISOString(), offset]) {
      const handle = await orders.process.enqueue(order, { runAt });
      expect((await queue.job(handle.id))?.runAt).toBe(at);
    }
    expect((await orders.process.enqueue(order, { runAt: clock.now() - 1 })).state).toBe('ready');
  });

  it.each<[string, object]>([
    ['runAt', { runAt: '2027-01-01T00:00:00' }],
    ['runAt', { runAt: '2027-01-01' }],
    ['runAt', { runAt: 'soon' }],
    ['runAt', { runAt: new Date(NaN) }],
    ['runAt', { runAt: '2099-01-01T00:00:00Z' }],
    ['runAt', { runAt: 5, delay: 5 }],
    ['delay', { delay: '5 minutes' }],
    ['delay', { delay: '53w' }],
  ])('EN2: refuses %s %p, and stores nothing', async (option, options) => {
    const w = await setup();
    expect(await refusal(() => w.orders.process.enqueue(order, options))).toMatchObject({
      code: 'CONFIG_INVALID',
      option,
    });
    expect(await waiting(w)).toEqual([]);
  });

  it('EN3: answers the existing job for a taken jobId, while a record of it exists', async () => {
    const { orders, queue, take, complete, clock } = await setup();
    const first = await orders.process.enqueue(order, { jobId: 'order:42' });
    const second = await orders.process.enqueue(order, { jobId: 'order:42' });
    expect(second).toMatchObject({ id: first.id, created: false, state: 'ready' });
    const [job] = await take('orders');
    await complete(job!);
    expect(await orders.process.enqueue(order, { jobId: 'order:42' })).toMatchObject({
      created: false,
      state: 'completed',
    });
    await clock.advance('2h');
    await queue.remove('order:42');
    expect((await orders.process.enqueue(order, { jobId: 'order:42' })).created).toBe(true);
  });

  it('EN3: creates one of ten that ask at once', async () => {
    const { orders, queue } = await setup();
    const handles = await Promise.all(
      Array.from({ length: 10 }, () => orders.process.enqueue(order, { jobId: 'one' })),
    );
    expect(handles.filter((handle) => handle.created)).toHaveLength(1);
    expect(new Set(handles.map((handle) => handle.id)).size).toBe(1);
    expect((await queue.list()).jobs).toHaveLength(1);
  });

  it('EN3: keeps one live job per unique key, from task or call, until the end asked for', async () => {
    const { orders, take, complete } = await setup();
    const first = await orders.once.enqueue(order);
    expect(await orders.once.enqueue(order)).toMatchObject({ id: first.id, created: false });
    expect((await orders.once.enqueue({ orderId: 'o2' })).created).toBe(true);
    expect((await orders.once.enqueue(order, { unique: { until: 'started' } })).created).toBe(false);
    const [job] = await take('default', 1);
    await complete(job!);
    expect((await orders.once.enqueue(order)).created).toBe(true);
  });

  it('EN3: until applies to the jobId when no key is given', async () => {
    const { orders, take } = await setup();
    await orders.process.enqueue(order, { jobId: 'x', unique: { until: 'started' } });
    await take('orders');
    expect((await orders.process.enqueue(order, { jobId: 'x', unique: { until: 'started' } })).created).toBe(true);
  });

  it('EN3: onDuplicate replaces the waiting job, or throws', async () => {
    const { orders, queue } = await setup();
    const first = await orders.process.enqueue(order, { jobId: 'x', delay: '1h' });
    const unique = { onDuplicate: 'replace' as const };
    const again = await orders.process.enqueue({ orderId: 'new' }, { jobId: 'x', unique, delay: '2h' });
    expect(again).toMatchObject({ id: first.id, created: false });
    expect((await queue.job('x'))?.payload).toEqual({ orderId: 'new' });
    const refused = await refusal(() =>
      orders.process.enqueue(order, { jobId: 'x', unique: { onDuplicate: 'error' } }),
    );
    expect(refused).toMatchObject({ code: 'DUPLICATE_JOB', existing: first.id });
  });

  it('EN4: expires a job that was not started in time, without a dead letter', async () => {
    const { orders, queue, clock, take } = await setup();
    const handle = await orders.process.enqueue(order, { expires: '1m' });
    const dated = await orders.process.enqueue(order, { expires: new Date(clock.now() + 60_000) });
    await clock.advance('61s');
    expect(await take('orders')).toEqual([]);
    expect(await queue.job(handle.id)).toMatchObject({ state: 'cancelled', reason: 'expired', payload: order });
    expect(await refusal(() => handle.result())).toMatchObject({ code: 'JOB_EXPIRED' });
    expect(await refusal(() => dated.result())).toMatchObject({ code: 'JOB_EXPIRED' });
  });

  it('EN5: takes queue, priority, timeout, retry and keepResult per call', async () => {
    const { orders, take, store } = await setup();
    const handle = await orders.process.enqueue(order, {
      queue: 'elsewhere',
      priority: 'urgent',
      timeout: { after: '1m', grace: '2s' },
      retry: { attempts: 7, delay: '3s', startAt: 3 },
      keepResult: 0,
    });
    const [record] = await store.find([{ id: handle.id }]);
    expect(record).toMatchObject({ priority: 0, attempts: 2 });
    expect(open(record!.body)).toMatchObject({
      timeout: { after: 60_000, grace: 2000 },
      retry: { attempts: 7, backoff: { kind: 'fixed', base: 3000 } },
      keep: 0,
    });
    expect(await take('elsewhere')).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['dealy', { dealy: '5m' }],
    ['priority', { priority: 'highest' }],
    ['jobId', { jobId: '' }],
    ['jobId', { jobId: 'x'.repeat(257) }],
    ['queue', { queue: 'a:b' }],
    ['retry.attempts', { retry: { attempts: 5000 } }],
    ['retry.backoff', { retry: { backoff: () => 5 } }],
    ['timeout', { timeout: 'never' }],
    ['keepResult', { keepResult: 'always' }],
    ['expires', { expires: 0 }],
    ['unique.key', { unique: { key: () => '' } }],
    ['headers', { headers: { tenant: 5 } }],
    ['headers', { headers: { big: 'x'.repeat(9000) } }],
    ['tags', { tags: [''] }],
  ])('EN5: refuses %s %p by name, and stores nothing', async (option, options) => {
    const w = await setup();
    const refused = await refusal(() => w.orders.process.enqueue(order, options));
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID', option });
    expect(await waiting(w)).toEqual([]);
  });

  it('EN7: headers and tags travel with the job; onEnqueue may add some', async () => {
    const { orders, queue } = await setup({
      onEnqueue: (job) => {
        job.headers['requestId'] = `for ${job.task}`;
        job.tags.push('hooked');
      },
    });
    const handle = await orders.process.enqueue(order, { headers: { tenant: 'acme' }, tags: ['call'] });
    expect(await queue.job(handle.id)).toMatchObject({
      headers: { tenant: 'acme', requestId: 'for orders.process' },
      tags: ['shop', 'call', 'hooked'],
    });
  });

  it('EN9: refuses an entity, naming the field', async () => {
    class OrderEntity {
      orderId = 'o1';
    }
    const w = await setup();
    const wrong = [
      await refusal(() => w.orders.process.enqueue(new OrderEntity())),
      await refusal(() => w.orders.process.enqueue({ orderId: 'o', items: [new OrderEntity()] } as never)),
      await refusal(() => w.queue.enqueue('other.task', { nested: { order: new OrderEntity() } })),
    ];
    expect(wrong).toMatchObject([
      { code: 'PAYLOAD_INVALID', issues: [{ path: '', message: expect.stringContaining('OrderEntity') }] },
      { code: 'PAYLOAD_INVALID', issues: [{ path: 'items.0' }] },
      { code: 'PAYLOAD_INVALID', issues: [{ path: 'nested.order', message: expect.stringContaining('OrderEntity') }] },
    ]);
    expect(await waiting(w)).toEqual([]);
  });

  it('EN10: a job enqueued by a handler gets parent, root, and the headers that are handed down', async () => {
    const { orders, queue } = await setup();
    const headers = { traceparent: '00-1', tenant: 'acme', secret: 'x' };
    const context = TaskContext.fake({ job: { id: 'orders~0~000000000000000000000001', rootId: 'root', headers } });
    const child = await TaskContext.run(context, () => orders.process.enqueue(order, { headers: { own: '1' } }));
    expect(await queue.job(child.id)).toMatchObject({
      parentId: context.job.id,
      rootId: 'root',
      headers: { traceparent: '00-1', tenant: 'acme', own: '1' },
    });
    const orphan = await orders.process.enqueue(order);
    expect(await queue.job(orphan.id)).toMatchObject({ parentId: null, rootId: null, headers: {} });
  });

  it('announces the job, and whether it is new', async () => {
    const { orders, events } = await setup();
    const facts: boolean[] = [];
    events.on('job.enqueued', (fact) => facts.push(fact.created));
    await orders.process.enqueue(order, { jobId: 'x' });
    await orders.process.enqueue(order, { jobId: 'x' });
    expect(facts).toEqual([true, false]);
  });
});

describe('payloads', () => {
  it('DT4: are checked in the caller: PayloadInvalid names each field, nothing is stored', async () => {
    const w = await setup();
    const wrong = { orderId: 5, items: [{ sku: 'a' }, { sku: 1, quantity: 0 }], colour: 'red' };
    const refused = await refusal(() => w.orders.process.enqueue(wrong as never));
    expect(refused).toMatchObject({ code: 'PAYLOAD_INVALID' });
    const paths = (refused as { issues: { path: string }[] }).issues.map((issue) => issue.path);
    expect(paths.sort()).toEqual(['colour', 'items.1.quantity', 'items.1.sku', 'orderId']);
    expect(await waiting(w)).toEqual([]);
  });

  it('DT4: are stored as their class shapes them: defaults filled in, nested, with dates', async () => {
    const { orders, queue } = await setup();
    const at = new Date('2026-05-05T05:05:05Z');
    const handle = await orders.process.enqueue({ orderId: 'o', items: [{ sku: 'a' } as Item], at });
    expect((await queue.job(handle.id))?.payload).toEqual({ orderId: 'o', items: [{ sku: 'a', quantity: 1 }], at });
  });

  it('DT5: keep dates, bigints, bytes, maps, sets, URLs and errors', async () => {
    const { queue } = await setup();
    const payload = {
      at: new Date(5),
      n: 5n,
      bytes: new Uint8Array([1]),
      map: new Map([[1, new Set(['x'])]]),
      url: new URL('a:b'),
    };
    const handle = await queue.enqueue('any.task', payload);
    expect((await queue.job(handle.id))?.payload).toEqual(payload);
  });

  it('DT5: go through the codec on their way to the store and back', async () => {
    const codec = {
      encode: (text: string) => Buffer.from(text).toString('base64'),
      decode: (text: string) => Buffer.from(text, 'base64').toString(),
    };
    const { queue, store } = await setup({ codec });
    const handle = await queue.enqueue('any.task', { secret: 'canary' });
    const [record] = await store.find([{ id: handle.id }]);
    expect(JSON.stringify(record)).not.toContain('canary');
    expect((await queue.job(handle.id))?.payload).toEqual({ secret: 'canary' });
  });

  it.each<[string, unknown]>([
    ['f', { f: () => 1 }],
    ['a.0', { a: [Symbol('s')] }],
    ['at', { at: new Date(NaN) }],
    ['p', { p: Promise.resolve() }],
  ])('DT5: refuse what cannot be stored, at %s', async (path, payload) => {
    const w = await setup();
    expect(await refusal(() => w.queue.enqueue('any.task', payload))).toMatchObject({
      code: 'PAYLOAD_INVALID',
      issues: [{ path }],
    });
    expect(await waiting(w)).toEqual([]);
  });

  it('M1: refuses a payload above 256 KiB, counted in bytes, and stores nothing', async () => {
    const w = await setup();
    const fits = 'é'.repeat(limits.payload / 2 - 1);
    await w.queue.enqueue('any.task', fits);
    const refused = await refusal(() => w.queue.enqueue('any.task', `${fits}é`));
    expect(refused).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', bytes: limits.payload + 2, limit: limits.payload });
    expect(await waiting(w)).toHaveLength(1);
  });

  it('M1: refuses a payload above the limit of the application', async () => {
    const { queue } = await setup({ payloadLimit: 10 });
    await queue.enqueue('a.task', '12345678');
    expect(await refusal(() => queue.enqueue('a.task', '123456789'))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      limit: 10,
    });
    await expect(setup({ payloadLimit: limits.payloadCeiling + 1 })).rejects.toMatchObject({ option: 'payloadLimit' });
  });

  it('M3: hostile JSON is stored as plain data or refused, with Object.prototype untouched', async () => {
    const w = await setup();
    const before = Object.getOwnPropertyNames(Object.prototype);
    const hostile = [
      '{"__proto__":{"polluted":1}}',
      '{"a":[{"__proto__":1}]}',
      '['.repeat(100_000) + ']'.repeat(100_000),
    ];
    for (const text of hostile) {
      const payload = JSON.parse(text) as unknown;
      expect(await refusal(() => w.queue.enqueue('any.task', payload))).toMatchObject({ code: 'PAYLOAD_INVALID' });
      const nested = { orderId: 'o', items: payload } as never;
      expect(await refusal(() => w.orders.process.enqueue(nested))).toMatchObject({ code: 'PAYLOAD_INVALID' });
    }
    expect(await waiting(w)).toEqual([]);
    const odd = JSON.parse(
      '{"n":1e400,"s":"\\ud800\\u0000","constructor":{"prototype":1},"big":12345678901234567890}',
    ) as unknown;
    const { id } = await w.queue.enqueue('any.task', odd);
    expect((await w.queue.job(id))?.payload).toEqual(odd);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  it('M6: refuses hostile names of queues and tasks', async () => {
    const { queue } = await setup();
    for (const name of ['a:b', 'a{b}', 'a\nb', '', '__proto__.x y']) {
      expect(await refusal(() => queue.enqueue(name))).toMatchObject({ code: 'CONFIG_INVALID' });
      expect(await refusal(() => queue.enqueue('ok', {}, { queue: name }))).toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });
});

describe('options of tasks', () => {
  it('DT6: the call wins over overrides, those over the contract, that over module defaults', async () => {
    const { orders, queue } = await setup({
      defaults: { queue: 'default-queue', priority: 'low' },
      overrides: { 'orders.*': { priority: 'urgent' }, 'orders.process': { queue: 'special' } },
    });
    const viewOf = async (handle: { id: string }) => (await queue.job(handle.id))!;
    expect(await viewOf(await orders.process.enqueue(order))).toMatchObject({ queue: 'special', priority: 'high' });
    expect(await viewOf(await orders.sweep.enqueue())).toMatchObject({ queue: 'default-queue', priority: 'urgent' });
    expect(await viewOf(await orders.process.enqueue(order, { queue: 'call', priority: 'low' }))).toMatchObject({
      queue: 'call',
      priority: 'low',
    });
  });

  it('DT6: an unknown option of the client is refused with a suggestion', async () => {
    expect(await refusal(() => setup({ overides: {} } as object))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining("Did you mean 'overrides'?"),
    });
  });
});

describe('enqueueMany', () => {
  it('EN8: answers each item, in order', async () => {
    const { orders } = await setup();
    const handles = await orders.process.enqueueMany([
      { payload: order },
      { payload: order, delay: '1h' },
      { payload: order, jobId: 'x' },
      { payload: order, jobId: 'x' },
      { payload: order, queue: 'other' },
    ]);
    expect(handles.map(({ state, created }) => `${state} ${created}`)).toEqual([
      ...['ready true', 'scheduled true', 'ready true', 'ready false', 'ready true'],
    ]);
    expect(handles[2]!.id).toBe(handles[3]!.id);
    expect(await orders.process.enqueueMany([])).toEqual([]);
  });

  it('EN8: an invalid item refuses the call before anything is stored', async () => {
    const w = await setup();
    const items = [{ payload: order }, { payload: { orderId: 5 } }];
    expect(MillraceError.is(await refusal(() => w.orders.process.enqueueMany(items as never)), 'PAYLOAD_INVALID')).toBe(
      true,
    );
    expect(await waiting(w)).toEqual([]);
  });

  it('EN8: what is wrong with the first wrong item is named with its index', async () => {
    const { orders, queue } = await setup();
    const wrong = (items: unknown[]) => refusal(() => orders.process.enqueueMany(items as never));

    expect(await wrong([{ payload: order }, { payload: { orderId: 5 } }, { payload: {} }])).toMatchObject({
      issues: [expect.objectContaining({ path: '1.orderId' })],
    });
    expect(await wrong([{ payload: order }, { payload: order, delay: 'soon' }])).toMatchObject({
      option: '1.delay',
      message: expect.stringContaining('Item 1: delay'),
    });
    expect(await wrong([null])).toMatchObject({ code: 'CONFIG_INVALID', option: '0.payload' });
    const big = 'x'.repeat(limits.payload);
    expect(await refusal(() => queue.enqueueMany('a.task', [{ payload: 1 }, { payload: big }]))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      item: 1,
    });
  });

  it('EN8: a taken key that is an error is one after the others were stored, and says which they are', async () => {
    const { queue, events } = await setup();
    const unique = { onDuplicate: 'error' } as const;
    const { id } = await queue.enqueue('a.task', 0, { jobId: 'x' });
    const announced: string[] = [];
    events.on('job.enqueued', (fact) => void announced.push(fact.id));

    const refused = await refusal(() =>
      queue.enqueueMany('a.task', [{ payload: 1 }, { payload: 2, jobId: 'x', unique }, { payload: 3 }]),
    );

    expect(refused).toMatchObject({
      code: 'DUPLICATE_JOB',
      item: 1,
      existing: id,
      stored: [announced[0], announced[2]],
    });
    expect(refused.message).toContain('Item 1: A job of a.task');
    expect((await queue.counts())[0]?.counts.ready).toBe(3);
  });

  it('stores more than one call to the store may carry', async () => {
    const { queue } = await setup();
    const handles = await queue.enqueueMany(
      'any.task',
      Array.from({ length: 2500 }, (_, i) => ({ payload: i })),
    );
    expect(new Set(handles.map((handle) => handle.id)).size).toBe(2500);
    expect((await queue.counts())[0]?.counts.ready).toBe(2500);
  });
});
