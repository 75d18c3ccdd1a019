import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type OrderStatus = 'placed' | 'processed';

export interface OrderItem {
  sku: string;
  quantity: number;
}

@Entity('orders')
export class Order {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  customerEmail!: string;

  @Column('simple-json')
  items!: OrderItem[];

  @Column('text')
  status!: OrderStatus;

  /** ISO 8601 in UTC, as all instants here. */
  @Index('orders_by_creation')
  @Column('text')
  createdAt!: string;

  @Index('orders_by_processing')
  @Column('text', { nullable: true })
  processedAt!: string | null;
}
