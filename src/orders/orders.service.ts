import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import type { Repository } from 'typeorm';
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

  /** Safe to repeat: only a placed order changes, so `processedAt` stays that of the first time. */
  async markProcessed(id: string): Promise<void> {
    await this.orders.update({ id, status: 'placed' }, { status: 'processed', processedAt: new Date().toISOString() });
  }
}
