import { Injectable } from '@nestjs/common';
import { Every, QueueFull, Task, type TaskContext } from 'millrace';
import { OrdersService } from './orders.service.js';
import { orderJobId, OrderTasks } from './orders.tasks.js';

const page = 200;

/**
 * An order and its job live in two stores, and no transaction spans both: the row may be written and the job store be
 * away. Nothing is lost by that, as every order that is still `placed` is enqueued again now and then. Its job has a name
 * made from the row, so where there is one already, nothing happens.
 */
@Injectable()
export class OrdersRecovery {
  constructor(
    private readonly orders: OrdersService,
    private readonly tasks: OrderTasks,
  ) {}

  /** One pass, by one of all workers. Answers how many orders had no job. */
  @Task(OrderTasks.recover)
  @Every('1m', { onBoot: true, overlap: 'skip' })
  async recover(_: void, ctx: TaskContext): Promise<{ recovered: number }> {
    let recovered = 0;
    for (let ids = await this.orders.unprocessed('', page); ids.length > 0;) {
      const jobs = await this.enqueue(ids);
      if (jobs === 'full') {
        ctx.logger.warn('No more orders fit into their queue now: the next pass goes on');
        break;
      }
      recovered += jobs;
      ids = await this.orders.unprocessed(ids.at(-1)!, page);
    }
    if (recovered > 0) ctx.logger.log(`${recovered} orders had no job and were enqueued`);
    return { recovered };
  }

  private async enqueue(ids: string[]): Promise<number | 'full'> {
    const items = ids.map((orderId) => ({ payload: { orderId }, jobId: orderJobId(orderId) }));
    try {
      const jobs = await this.tasks.process.enqueueMany(items);
      return jobs.filter((job) => job.created).length;
    } catch (error) {
      if (error instanceof QueueFull) return 'full';
      throw error;
    }
  }
}
