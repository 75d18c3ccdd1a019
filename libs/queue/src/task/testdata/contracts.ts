import { defineTasks } from '../define-tasks.js';
import type { Standard } from '../standard-schema.js';
import { returns, task } from '../task.js';
import { exponential } from '../../time/backoff.js';

/** Contracts the type fixtures speak of. They are compiled, never run. */
export class ProcessOrder {
  orderId!: string;
  quantity!: number;
  note?: string;
  total(): number {
    return this.quantity;
  }
}

export class Receipt {
  receiptId!: string;
  total!: number;
}

declare const fromText: Standard<{ at: string }, { at: Date }>;
declare const maybe: Standard<{ page: number } | undefined, { page: number }>;

export class OrderTasks extends defineTasks('orders', {
  process: task({
    payload: ProcessOrder,
    returns: returns<Receipt>(),
    queue: 'orders',
    retry: { attempts: 5, backoff: exponential('2s', { max: '10m', jitter: 'full' }) },
    timeout: '5m',
    unique: { key: (p) => p.orderId, until: 'settled' },
    tags: (p) => [p.orderId],
  }),
  confirm: task({ payload: Receipt, returns: ProcessOrder }),
  sweep: task({ queue: 'low' }),
  plan: task({ payload: fromText, returns: returns<number>() }),
  page: task({ payload: maybe }),
  bare: task(),
}) {
  processTwice(order: { orderId: string; quantity: number }) {
    return this.process.enqueueMany([{ payload: order }, { payload: order, delay: '1h' }]);
  }
}
