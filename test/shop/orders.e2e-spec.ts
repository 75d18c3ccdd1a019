import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { postgresAvailable, startPostgres } from '../support/postgres.js';
import { Shop } from '../support/shop.js';

/** What the shop stands on: how to start it, and the variables that lead there. */
const grounds = {
  SQLite: async () => ({ env: {}, stop: async () => {} }),
  ...(redisAvailable() && {
    Redis: async () => {
      const redis = await startRedis();
      return { env: { QUEUE_URL: redis.url }, stop: () => redis.stop() };
    },
  }),
  ...(postgresAvailable() && {
    'SQLite and Postgres': async () => {
      const postgres = await startPostgres();
      return { env: { DATABASE_URL: postgres.url }, stop: () => postgres.stop() };
    },
  }),
};

describe.each(Object.entries(grounds))('orders on %s', (_, start) => {
  let ground: Awaited<ReturnType<typeof start>>;
  let shop: Shop;

  beforeAll(async () => {
    ground = await start();
    shop = await Shop.open(ground.env);
  });

  afterAll(async () => {
    expect(await shop.close()).toEqual([0, 0]);
    await ground.stop();
  });

  it('SA3: takes an order, processes it in the worker and mails the receipt', async () => {
    const items = [{ sku: 'TEA-01', quantity: 2 }];
    const placed = await shop.post('/orders', { customerEmail: 'ada@example.com', items });

    expect(placed).toMatchObject({ status: 201, data: { orderId: expect.any(String), jobId: expect.any(String) } });
    expect(placed.data.state).toBe('ready');
    const { orderId, jobId } = placed.data;
    expect(await shop.jobIn(jobId, 'completed')).toMatchObject({ result: { orderId, status: 'processed' } });
    expect(await shop.get(`/orders/${orderId}`)).toMatchObject({
      status: 200,
      data: { orderId, customerEmail: 'ada@example.com', items, status: 'processed', processedAt: expect.any(String) },
    });
    const receipt = await shop.mail.mailTo('ada@example.com', orderId);
    expect(receipt.text).toContain('2 × TEA-01');
  });

  it('SA3: sends one receipt for an order whose job is run twice', async () => {
    const items = [{ sku: 'CUP-07', quantity: 1 }];
    const { data } = await shop.post('/orders', { customerEmail: 'grace@example.com', items });
    await shop.jobIn(data.jobId, 'completed');
    await shop.mail.mailTo('grace@example.com');

    const receipt = await shop.jobIn(`receipt:${data.orderId}`, 'completed');

    expect(receipt).toMatchObject({ task: 'notifications.email', result: { status: 'sent', to: 'grace@example.com' } });
    expect(shop.mail.mailsTo('grace@example.com')).toHaveLength(1);
  });

  it('answers 404 for an order nobody placed', async () => {
    expect(await shop.get('/orders/nobody')).toMatchObject({
      status: 404,
      error: { code: 'RESOURCE_NOT_FOUND', detail: { orderId: 'nobody' } },
    });
  });
});
