import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { OrdersService } from './orders.service.js';
import { orderJobId, OrderTasks } from './orders.tasks.js';

/** Milliseconds between two passes. */
const period = 60_000;
const page = 200;

/**
 * An order and its job live in two stores, and no transaction spans both: the row may be written and the job store be
 * away. Nothing is lost by that, as every order that is still `placed` is enqueued again now and then. Its job has a name
 * made from the row, so where there is one already, nothing happens.
 */
@Injectable()
export class OrdersRecovery implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Orders');
  private timer?: NodeJS.Timeout;
  private going?: Promise<void>;

  constructor(
    private readonly orders: OrdersService,
    private readonly tasks: OrderTasks,
  ) {}

  onApplicationBootstrap(): void {
    this.begin();
    this.timer = setInterval(() => this.begin(), period).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.going;
  }

  /** One pass. Answers how many orders had no job. */
  async run(): Promise<number> {
    let recovered = 0;
    for (let ids = await this.orders.unprocessed('', page); ids.length > 0;) {
      const items = ids.map((orderId) => ({ payload: { orderId }, jobId: orderJobId(orderId) }));
      const jobs = await this.tasks.process.enqueueMany(items);
      recovered += jobs.filter((job) => job.created).length;
      ids = await this.orders.unprocessed(ids.at(-1)!, page);
    }
    return recovered;
  }

  private begin(): void {
    this.going ??= this.tell().finally(() => (this.going = undefined));
  }

  private async tell(): Promise<void> {
    try {
      const recovered = await this.run();
      if (recovered > 0) this.logger.log(`${recovered} orders had no job and were enqueued`);
    } catch (error) {
      this.logger.warn(`Could not look for orders without a job, the next pass will: ${String(error)}`);
    }
  }
}
