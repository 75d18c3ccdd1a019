import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OrdersService } from '../../../../src/orders/orders.service.js';
import { OrderTasks } from '../../../../src/orders/orders.tasks.js';
import { jobStarted } from '../http/job-started.dto.js';
import { notFound } from '../http/problem.js';
import { ApiData, ApiProblems } from '../http/swagger.js';
import { OrderPlaced, OrderView, PlaceOrderDto } from './order.dto.js';

@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly tasks: OrderTasks,
  ) {}

  /** The row first, then the job, under an id made from the row: enqueueing it again is harmless. */
  @Post()
  @ApiData(201, OrderPlaced)
  @ApiProblems('VALIDATION_FAILED', 'PAYLOAD_TOO_LARGE', 'QUEUE_FULL', 'STORE_UNAVAILABLE')
  async place(@Body() { customerEmail, items }: PlaceOrderDto): Promise<OrderPlaced> {
    const { id } = await this.orders.place(customerEmail, items);
    const job = await this.tasks.process.enqueue({ orderId: id }, { jobId: `order:${id}` });
    return { orderId: id, ...jobStarted(job) };
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
