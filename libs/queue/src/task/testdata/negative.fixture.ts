/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-member-access -- what must not compile has no type */
import type { TaskEnqueuer } from '../enqueuer.js';
import type { BatchItem, BatchItemOf } from '../batch.js';
import { Task } from '../task.decorator.js';
import { TaskBatch } from '../task-batch.decorator.js';
import { task } from '../task.js';
import { OrderTasks, ProcessOrder, type Receipt } from './contracts.js';

declare const orders: OrderTasks;
declare const queue: TaskEnqueuer;
const order = { orderId: 'a', quantity: 1 };

export async function wrongPayload() {
  // @ts-expect-error a field is missing
  await orders.process.enqueue({ orderId: 'a' });
  // @ts-expect-error a field has the wrong type
  await orders.process.enqueue({ orderId: 'a', quantity: '1' });
  // @ts-expect-error a field is unknown
  await orders.process.enqueue({ orderId: 'a', quantity: 1, colour: 'red' });
  // @ts-expect-error the payload is missing
  await orders.process.enqueue();
  // @ts-expect-error no payload is taken
  await orders.sweep.enqueue(order);
  // @ts-expect-error a field is missing in one of many
  await orders.process.enqueueMany([{ payload: order }, { payload: { orderId: 'a' } }]);
  // @ts-expect-error the payload of one of many is missing
  await orders.process.enqueueMany([{ delay: '1h' }]);
  // @ts-expect-error a field is missing, in the generic form
  await queue.enqueue(OrderTasks.process, { orderId: 'a' });
  // @ts-expect-error the caller passes text, the handler gets a Date
  await orders.plan.enqueue({ at: new Date() });
}

export async function wrongResult() {
  // @ts-expect-error a receipt is no text
  const text: string = await orders.process.run(order);
  // @ts-expect-error the result of one task is not the payload of the other
  await orders.process.enqueue(await orders.process.run(order));
  return text;
}

export async function wrongOptions() {
  // @ts-expect-error no such duration
  await orders.process.enqueue(order, { delay: '5 minutes' });
  // @ts-expect-error no such duration
  await orders.process.run(order, { timeout: 'soon' });
  // @ts-expect-error no such priority
  await orders.process.enqueue(order, { priority: 'highest' });
  // @ts-expect-error no such option
  await orders.process.enqueue(order, { dealy: '5m' });
  // @ts-expect-error the key of a call is a text
  await orders.process.enqueue(order, { group: (p) => p.orderId });
  // @ts-expect-error the key of a call is a text
  await orders.process.enqueue(order, { order: 42 });
  // @ts-expect-error what is merged is a payload
  await orders.process.enqueue(order, { unique: { onDuplicate: 'replace', merge: (queued) => queued.orderId } });
  // @ts-expect-error no such answer to a duplicate
  await orders.process.enqueue(order, { unique: { onDuplicate: 'merge' } });
  // @ts-expect-error the key is made of the payload
  await orders.process.enqueue(order, { unique: { key: (p) => p.colour } });
}

export const wrongDeclarations = [
  // @ts-expect-error no such duration
  task({ payload: ProcessOrder, timeout: '5 minutes' }),
  // @ts-expect-error no such option
  task({ payload: ProcessOrder, timout: '5m' }),
  // @ts-expect-error no such field
  task({ payload: ProcessOrder, unique: { key: (p) => p.colour } }),
  // @ts-expect-error neither class nor schema
  task({ payload: 'ProcessOrder' }),
  // @ts-expect-error no such duration
  task({ retry: { delay: '1 minute' } }),
  // @ts-expect-error no such rate
  task({ rate: '10 per minute' }),
  // @ts-expect-error no such rate
  task({ rate: '10/minute' }),
  // @ts-expect-error no such rate
  task({ rate: 10 }),
  // @ts-expect-error a burst belongs to a limit
  task({ rate: { burst: 5 } }),
  // @ts-expect-error no such field
  task({ payload: ProcessOrder, group: (p) => p.tenant }),
  // @ts-expect-error a key is a text
  task({ payload: ProcessOrder, group: (p) => p.quantity }),
  // @ts-expect-error the key is missing
  task({ payload: ProcessOrder, group: { maxActive: 2 } }),
  // @ts-expect-error no such scope
  task({ payload: ProcessOrder, group: { key: (p) => p.orderId, scope: 'all' } }),
  // @ts-expect-error no such field
  task({ payload: ProcessOrder, order: { key: (p) => p.id } }),
  // @ts-expect-error no such policy
  task({ payload: ProcessOrder, order: { key: (p) => p.orderId, onFailed: 'stop' } }),
  // @ts-expect-error what is merged is a payload
  task({ payload: ProcessOrder, unique: { onDuplicate: 'follow', merge: (queued) => queued.quantity } }),
];

export class Handlers {
  // @ts-expect-error the payload is another
  @Task(OrderTasks.process)
  payload(_order: { colour: string }): Receipt {
    return { receiptId: '', total: 0 };
  }

  // @ts-expect-error the result is another
  @Task(OrderTasks.process)
  result(_order: ProcessOrder) {
    return { receiptId: '' };
  }

  // @ts-expect-error the awaited result is another
  @Task(OrderTasks.process)
  async later(_order: ProcessOrder) {
    return 'done';
  }

  // @ts-expect-error the payload is not what the schema makes
  @Task(OrderTasks.plan)
  shaped(payload: { at: string }) {
    return payload.at.length;
  }

  // @ts-expect-error no such duration
  @Task({ timeout: '5 minutes' })
  options() {}

  // @ts-expect-error there is no such task
  @Task(OrderTasks.proces)
  unknown() {}
}

export class Batches {
  // @ts-expect-error the payload is another
  @TaskBatch(OrderTasks.process, { max: 10 })
  payload(_items: BatchItem<{ colour: string }>[]) {}

  // @ts-expect-error the payload is not what the schema makes
  @TaskBatch(OrderTasks.plan, { max: 10 })
  shaped(_items: BatchItem<{ at: string }>[]) {}

  // @ts-expect-error it takes items, not payloads
  @TaskBatch(OrderTasks.process, { max: 10 })
  payloads(_orders: ProcessOrder[]) {}

  // @ts-expect-error it takes many
  @TaskBatch(OrderTasks.process, { max: 10 })
  one(_item: BatchItem<ProcessOrder>) {}

  // @ts-expect-error the results are others
  @TaskBatch(OrderTasks.process, { max: 10 })
  results(items: BatchItem<ProcessOrder>[]) {
    return items.map(() => ({ receiptId: '' }));
  }

  // @ts-expect-error the awaited results are others
  @TaskBatch(OrderTasks.process, { max: 10 })
  async later(items: BatchItem<ProcessOrder>[]) {
    return items.map(() => 'done');
  }

  // @ts-expect-error one result for all
  @TaskBatch(OrderTasks.process, { max: 10 })
  single(): Receipt {
    return { receiptId: '', total: 0 };
  }

  // @ts-expect-error the result that ends an item is another
  @TaskBatch(OrderTasks.process, { max: 10 })
  completing(items: BatchItem<ProcessOrder, string>[]) {
    for (const item of items) item.complete('done');
  }

  @TaskBatch(OrderTasks.process, { max: 10 })
  completed(items: BatchItemOf<typeof OrderTasks.process>[]) {
    // @ts-expect-error a field is missing
    for (const item of items) item.complete({ receiptId: '' });
    // @ts-expect-error the result is missing
    for (const item of items) item.complete();
  }

  // @ts-expect-error how many at most is missing
  @TaskBatch(OrderTasks.process, { wait: '1s' })
  unbounded() {}

  // @ts-expect-error no such duration
  @TaskBatch(OrderTasks.process, { max: 10, wait: '50 milliseconds' })
  patience() {}

  // @ts-expect-error a method has no module
  @TaskBatch(OrderTasks.process, { max: 10, thread: new URL('file:///a.js') })
  thread() {}
}

async function pipe<A, B, C>(
  first: { run(payload: A): Promise<B> },
  second: { run(payload: B): Promise<C> },
  payload: A,
): Promise<C> {
  return second.run(await first.run(payload));
}

export async function chained() {
  // @ts-expect-error a receipt is no order
  await pipe(orders.process, orders.process, order);
}
