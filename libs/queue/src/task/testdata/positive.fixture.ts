import type { JobHandle, TaskEnqueuer } from '../enqueuer.js';
import type { PayloadOf, ResultOf } from '../task-ref.js';
import type { TaskContext } from '../context.js';
import type { BatchContext, BatchItem, BatchItemOf } from '../batch.js';
import { Task } from '../task.decorator.js';
import { TaskBatch } from '../task-batch.decorator.js';
import { returns, task } from '../task.js';
import { OrderTasks, ProcessOrder, type Receipt } from './contracts.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_proof: Same<A, B>) => {};
const exactly =
  <A>() =>
  <B>(_value: Same<A, B> extends true ? B : never) => {};

declare const orders: OrderTasks;
declare const queue: TaskEnqueuer;
const order = { orderId: 'a', quantity: 1 };

export async function clients() {
  const receipt = await orders.process.run(order, { timeout: '10s', jobTimeout: '1m' });
  exactly<Receipt>()(receipt);
  const handle = await orders.process.enqueue(order, { delay: '5m', priority: 'high', jobId: 'order:1' });
  exactly<JobHandle<Receipt>>()(handle);
  const result = await handle.result({ timeout: 500 });
  exactly<Receipt>()(result);
  const many = await orders.process.enqueueMany([{ payload: order }, { payload: order, delay: '1h' }]);
  exactly<JobHandle<Receipt>[]>()(many);
  const generic = await queue.enqueue(OrderTasks.process, order, { unique: { key: (p) => p.orderId } });
  exactly<JobHandle<Receipt>>()(generic);
  const count = await queue.run(OrderTasks.plan, { at: '2026-01-01' });
  exactly<number>()(count);
  const confirmed = await orders.confirm.run(receipt);
  exactly<ProcessOrder>()(confirmed);
  await orders.process.enqueue({ ...order, note: 'optional' });
  await orders.process.enqueue(new ProcessOrder());
  await orders.processTwice(order);
}

export async function limits(key: string) {
  await orders.process.enqueue(order, { group: 'acme', order: key });
  await orders.process.enqueueMany([{ payload: order, group: key }]);
  await orders.process.enqueue(order, {
    unique: {
      onDuplicate: 'replace',
      maxWait: '1h',
      merge: (queued, incoming) => ({ ...queued, ...incoming, total: () => queued.total() }),
    },
  });
}

export async function withoutPayload() {
  await orders.sweep.enqueue();
  await orders.sweep.enqueue(undefined, { delay: '1m', runAt: undefined });
  await orders.sweep.enqueueMany([{}, { delay: '1m' }]);
  await orders.sweep.run();
  await orders.bare.enqueue();
  await orders.page.enqueue();
  await orders.page.enqueue({ page: 2 });
}

export class Handlers {
  @Task(OrderTasks.process)
  async process(order: ProcessOrder, context: TaskContext): Promise<Receipt> {
    return { receiptId: order.orderId, total: context.attempt };
  }

  @Task(OrderTasks.process, { queue: 'elsewhere' })
  short(): Receipt {
    return { receiptId: '', total: 0 };
  }

  @Task(OrderTasks.plan)
  plan(payload: { at: Date }) {
    return payload.at.getTime();
  }

  @Task(OrderTasks.sweep)
  async sweep(_: void, context: TaskContext) {
    context.signal.throwIfAborted();
  }

  @Task({ retry: { attempts: 3 } })
  async reindex(dto: ProcessOrder) {
    return dto.quantity;
  }

  @Task()
  async nightly() {}

  @Task(OrderTasks.process, { thread: new URL('./render.thread.js', import.meta.url) })
  render!: never;
}

export class Batches {
  @TaskBatch(OrderTasks.process, { max: 100, wait: '50ms' })
  async inOrder(items: BatchItem<ProcessOrder>[], context: BatchContext): Promise<(Receipt | Error)[]> {
    context.signal.throwIfAborted();
    return items.map(({ payload, ctx }) =>
      payload.total() > 0 ? { receiptId: payload.orderId, total: ctx.attempt } : new Error('nothing to pay'),
    );
  }

  @TaskBatch(OrderTasks.process, { max: 100, unique: { key: (p) => p.orderId } })
  oneByOne(items: BatchItemOf<typeof OrderTasks.process>[]) {
    for (const item of items) item.complete({ receiptId: item.payload.orderId, total: 0 });
  }

  @TaskBatch(OrderTasks.process, { max: 100, wait: 0 })
  promises(items: readonly BatchItem<ProcessOrder, Receipt>[]) {
    return items.map(async ({ payload }) => ({ receiptId: payload.orderId, total: 0 }));
  }

  @TaskBatch(OrderTasks.sweep, { max: 2 })
  async nothing([first, ...others]: BatchItemOf<typeof OrderTasks.sweep>[]) {
    first?.complete();
    for (const item of others) item.fail('too many');
  }

  @TaskBatch(OrderTasks.plan, { max: 2 })
  shaped(items: BatchItem<{ at: Date }>[]) {
    return items.map(({ payload }) => payload.at.getTime());
  }
}

// Chained generics: a result that is the next payload, through a generic helper.
async function pipe<A, B, C>(
  first: { run(payload: A): Promise<B> },
  second: { run(payload: B): Promise<C> },
  payload: A,
): Promise<C> {
  return second.run(await first.run(payload));
}
export async function chained() {
  const end = await pipe(orders.process, orders.confirm, order);
  exactly<ProcessOrder>()(end);
}

same<PayloadOf<typeof OrderTasks.plan>, { at: Date }>(true);
same<ResultOf<typeof OrderTasks.process>, Receipt>(true);
same<PayloadOf<typeof OrderTasks.sweep>, void>(true);

export const limited = [
  task({ payload: ProcessOrder, rate: '10/m', group: (p) => p.note, order: (p) => p.orderId }),
  task({
    payload: ProcessOrder,
    rate: '100/10s',
    group: { key: (p) => p.note, maxActive: 2, rate: '5/s', scope: 'queue' },
  }),
  task({ rate: { limit: '10/d', burst: 5 }, order: { key: () => 'one', onFailed: 'hold' } }),
  task({ payload: ProcessOrder, group: { key: (p) => p.orderId, weight: (p, key) => p.quantity + key.length } }),
  task({ payload: ProcessOrder, unique: { key: 'all', onDuplicate: 'follow', merge: async (queued) => queued } }),
];

export const standalone = task({
  payload: ProcessOrder,
  returns: returns<Receipt>(),
  timeout: { after: '5m', grace: 0 },
});
