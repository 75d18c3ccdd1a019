import { fromUrl, Queue } from 'millrace';
import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { eventually } from '../support/eventually.js';
import { Program } from '../support/program.js';
import { Shop } from '../support/shop.js';

const order = { customerEmail: 'ada@example.com', items: [{ sku: 'TEA-01', quantity: 1 }] };

describe('bad days', () => {
  afterEach(() => Shop.closeAll());

  (redisAvailable() ? it : it.skip)(
    'answers 503 within its deadline while the store is away, and goes on by itself when it is back',
    async () => {
      const redis = await startRedis({ appendonly: true });
      const shop = await Shop.open({ QUEUE_URL: redis.url });
      expect((await shop.get('/readyz')).status).toBe(200);

      await redis.kill();
      const refused = await shop.post('/orders', order);
      const ready = await shop.get('/readyz');
      const alive = await shop.get('/livez');

      expect(refused).toMatchObject({ status: 503, error: { code: 'STORE_UNAVAILABLE' } });
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(ready).toMatchObject({
        status: 503,
        error: { code: 'STORE_UNAVAILABLE', detail: { queue: 'down', database: 'up' } },
      });
      expect(alive.status).toBe(200);

      await redis.restart();
      await eventually(async () => (await shop.get('/readyz')).status === 200);
      const placed = await shop.post('/orders', order);
      expect(placed.status).toBe(201);
      await shop.jobIn(placed.data.jobId, 'completed');
      await redis.stop();
    },
    60_000,
  );

  (redisAvailable() ? it : it.skip)(
    'keeps an order whose job could not be enqueued, and a worker makes up for it',
    async () => {
      const redis = await startRedis({ appendonly: true });
      const shop = await Shop.open({ QUEUE_URL: redis.url }, { worker: false });
      await redis.kill();
      const { error } = await shop.post('/orders', order);
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', detail: { orderId: expect.any(String) } });
      const { orderId } = error.detail;
      expect((await shop.get(`/orders/${orderId}`)).data).toMatchObject({ status: 'placed' });

      await redis.restart();
      await shop.startWorker();

      await eventually(async () => (await shop.get(`/orders/${orderId}`)).data?.status === 'processed');
      await shop.close();
      await redis.stop();
    },
    60_000,
  );

  it('answers 429, and when to try again, while a queue is full', async () => {
    const shop = await Shop.open({}, { worker: false });
    const store = await fromUrl(shop.env.QUEUE_URL!);
    await store.open();
    await new Queue({ store }).configure('orders', { maxReady: 1 });
    expect((await shop.post('/orders', order)).status).toBe(201);

    const refused = await shop.post('/orders', order);

    expect(refused).toMatchObject({ status: 429, error: { code: 'QUEUE_FULL' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await store.close();
  });

  it('does not start without its store, and says which one, without the password', async () => {
    const api = Program.start('dist/apps/api/src/main.js', {
      PORT: '0',
      DATABASE_URL: 'sqlite::memory:',
      QUEUE_URL: 'redis://shop:secret@127.0.0.1:1',
    });

    expect(await api.ended).toBe(1);
    expect(api.output).toContain('127.0.0.1:1');
    expect(api.output).not.toContain('secret');
  });

  it.each([
    ['api', { PORT: 'eighty' }, 'PORT must be a whole number'],
    ['worker', { DATABASE_URL: 'mysql://x' }, 'DATABASE_URL must look like'],
  ])('does not start with a wrong variable: %s %j', async (app, env, sentence) => {
    const program = Program.start(`dist/apps/${app}/src/main.js`, env);

    expect(await program.ended).toBe(1);
    expect(program.output).toContain(sentence);
    expect(program.output).not.toContain('    at ');
  });

  it('does not start on a port that is taken, and says so', async () => {
    const shop = await Shop.open({}, { worker: false });
    const second = Program.start('dist/apps/api/src/main.js', { ...shop.env, PORT: new URL(shop.url).port });

    expect(await second.ended).toBe(1);
    expect(second.output).toContain('is taken by another program');
  });
});
