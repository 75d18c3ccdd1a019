import { bindTasks, Queue, TaskContext } from 'millrace';
import { ManualClock, memory } from 'millrace/testing';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../database/data-source.js';
import { migrate } from '../database/migrate.js';
import { Order } from './order.entity.js';
import { OrdersRecovery } from './orders-recovery.js';
import { OrdersService } from './orders.service.js';
import { orderJobId, OrderTasks } from './orders.tasks.js';

describe('OrdersRecovery', () => {
  let database: DataSource;
  beforeEach(async () => {
    database = await new DataSource(dataSourceOptions('sqlite::memory:')).initialize();
    await migrate(database);
  });
  afterEach(() => database.destroy());

  async function setup() {
    const store = memory({ clock: new ManualClock() });
    await store.open();
    const queue = new Queue({ store });
    const orders = new OrdersService(database.getRepository(Order));
    const tasks = bindTasks(OrderTasks, queue);
    const place = () => orders.place('ada@example.com', [{ sku: 'TEA-01', quantity: 1 }]);
    const recovery = new OrdersRecovery(orders, tasks);
    const recover = () => recovery.recover(undefined, TaskContext.fake());
    return { queue, orders, tasks, place, recover };
  }

  it('enqueues the orders whose enqueue failed, and only those', async () => {
    const { queue, orders, tasks, place, recover } = await setup();
    const [lost, known, processed] = [await place(), await place(), await place()];
    await tasks.process.enqueue({ orderId: known.id }, { jobId: orderJobId(known.id) });
    await orders.markProcessed(processed.id);

    expect(await recover()).toEqual({ recovered: 1 });

    expect((await queue.job(orderJobId(lost.id)))?.view.payload).toEqual({ orderId: lost.id });
    expect(await queue.job(orderJobId(processed.id))).toBeUndefined();
    expect(await recover()).toEqual({ recovered: 0 });
  });

  it('goes through more orders than fit a page', async () => {
    const { queue, place, recover } = await setup();
    for (let i = 0; i < 450; i++) await place();

    expect(await recover()).toEqual({ recovered: 450 });
    expect(await queue.counts()).toMatchObject([{ counts: { ready: 450 } }]);
  });

  it('leaves what does not fit to the next pass', async () => {
    const { queue, place, recover } = await setup();
    await queue.configure('orders', { maxReady: 1 });
    const [first] = [await place(), await place()];
    await queue.enqueue('orders.process', { orderId: first.id }, { queue: 'orders', jobId: orderJobId(first.id) });

    expect(await recover()).toEqual({ recovered: 0 });

    await queue.configure('orders', { maxReady: null });
    expect(await recover()).toEqual({ recovered: 1 });
  });
});
