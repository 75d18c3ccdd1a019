import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OrdersService } from '../../../../src/orders/orders.service.js';
import { orderJobId, OrderTasks } from '../../../../src/orders/orders.tasks.js';
import { jobStarted } from '../http/job-started.dto.js';
import { notFound, Problem } from '../http/problem.js';
import { ApiData, ApiProblems } from '../http/swagger.js';
import { toProblem } from '../http/to-problem.js';
import { OrderPlaced, OrderView, PlaceOrderDto } from './order.dto.js';

@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly tasks: OrderTasks,
  ) {}

  /**
   * The row first, then the job, under a name made from the row: enqueueing it again is harmless. When the job store is
   * away or full the order is kept all the same, and `OrdersRecovery` enqueues it later; the answer says so.
   */
  @Post()
  @ApiData(201, OrderPlaced)
  @ApiProblems('VALIDATION_FAILED', 'PAYLOAD_TOO_LARGE', 'QUEUE_FULL', 'STORE_UNAVAILABLE')
  async place(@Body() { customerEmail, items }: PlaceOrderDto): Promise<OrderPlaced> {
    const { id } = await this.orders.place(customerEmail, items);
    try {
      const job = await this.tasks.process.enqueue({ orderId: id }, { jobId: orderJobId(id) });
      return { orderId: id, ...jobStarted(job) };
    } catch (error) {
      const { code, retryAfter } = toProblem(error);
      if (code !== 'STORE_UNAVAILABLE' && code !== 'QUEUE_FULL') throw error;
      const message = 'No job can be enqueued now. The order is kept, and processed once that is possible';
      throw new Problem(code, message, { orderId: id }, retryAfter);
    }
  }

  @Get(':orderId')
  @ApiData(200, OrderView)
  @ApiProblems('RESOURCE_NOT_FOUND')
  async find(@Param('orderId') orderId: string): Promise<OrderView> {
    const order = await this.orders.find(orderId);
    if (!order) throw notFound('order', { orderId });
    const { customerEmail, items, status, createdAt, processedAt } = order;
    return { orderId, customerEmail, items, status, createdAt, processedAt };
  }
}
