import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { And, LessThan, MoreThan, MoreThanOrEqual, type Repository } from 'typeorm';
import { Order, type OrderItem } from './order.entity.js';

@Injectable()
export class OrdersService {
  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  async place(customerEmail: string, items: OrderItem[]): Promise<Order> {
    const order = this.orders.create({
      id: randomUUID(),
      customerEmail,
      items,
      status: 'placed',
      createdAt: new Date().toISOString(),
      processedAt: null,
    });
    await this.orders.insert(order);
    return order;
  }

  async find(id: string): Promise<Order | null> {
    return isUUID(id) ? this.orders.findOneBy({ id }) : null;
  }

  /** Ids of orders that nobody has processed yet, a page at a time, in their order from `after` on. */
  async unprocessed(after: string, limit: number): Promise<string[]> {
    const where = { status: 'placed' as const, id: MoreThan(after) };
    const found = await this.orders.find({ select: { id: true }, where, order: { id: 'ASC' }, take: limit });
    return found.map(({ id }) => id);
  }

  /** Orders by what was done to them from `from` on, and before `to`. */
  async count(what: 'createdAt' | 'processedAt', from: string, to: string): Promise<number> {
    return this.orders.countBy({ [what]: And(MoreThanOrEqual(from), LessThan(to)) });
  }

  /** Safe to repeat: only a placed order changes, so `processedAt` stays that of the first time. */
  async markProcessed(id: string): Promise<void> {
    await this.orders.update({ id, status: 'placed' }, { status: 'processed', processedAt: new Date().toISOString() });
  }
}
