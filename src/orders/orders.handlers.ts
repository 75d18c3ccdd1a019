import { Injectable } from '@nestjs/common';
import { Discard, Task, type TaskContext } from 'millrace';
import { receipt } from '../notifications/letters.js';
import { NotificationTasks } from '../notifications/notifications.tasks.js';
import { OrdersService } from './orders.service.js';
import { OrderTasks, type ProcessedOrder, ProcessOrder } from './orders.tasks.js';

@Injectable()
export class OrderHandlers {
  constructor(
    private readonly orders: OrdersService,
    private readonly notifications: NotificationTasks,
  ) {}

  /** Every step may be repeated: the update is conditional, and the receipt has an id of its own. */
  @Task(OrderTasks.process)
  async process({ orderId }: ProcessOrder, ctx: TaskContext): Promise<ProcessedOrder> {
    const order = await this.orders.find(orderId);
    if (!order) throw new Discard(`There is no order ${orderId}`);

    await this.orders.markProcessed(orderId);
    await ctx.progress(50, 'processed');
    await this.notifications.email.enqueue(
      { to: order.customerEmail, ...receipt(order) },
      { jobId: `receipt:${orderId}` },
    );
    return { orderId, status: 'processed' };
  }
}
