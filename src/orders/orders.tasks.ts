import { IsUUID } from 'class-validator';
import { defineTasks, exponential, returns, task } from 'millrace';
import type { OrderStatus } from './order.entity.js';

export class ProcessOrder {
  @IsUUID()
  orderId!: string;
}

export interface ProcessedOrder {
  orderId: string;
  status: OrderStatus;
}

/** The job's name is made from the row: whoever enqueues it again, for whatever reason, finds the one there is. */
export const orderJobId = (orderId: string) => `order:${orderId}`;

export class OrderTasks extends defineTasks('orders', {
  process: task({
    payload: ProcessOrder,
    returns: returns<ProcessedOrder>(),
    queue: 'orders',
    retry: { attempts: 5, backoff: exponential('1s', { max: '10m' }) },
    timeout: '1m',
  }),
  /** The next pass is the retry. */
  recover: task({
    returns: returns<{ recovered: number }>(),
    queue: 'housekeeping',
    retry: { attempts: 1 },
    keepResult: '10m',
  }),
}) {}
