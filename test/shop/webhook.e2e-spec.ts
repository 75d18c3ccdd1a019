import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromUrl, Queue, type Store } from 'millrace';
import { Shop } from '../support/shop.js';

describe('webhooks', () => {
  let shop: Shop;
  let store: Store;
  let queue: Queue;
  const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
  const answers: number[] = [];
  const partner = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      heard.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 204).end();
    });
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => partner.listen(0, '127.0.0.1', resolve));
    shop = await Shop.open();
    store = await fromUrl(`sqlite:${shop.folder}/queue.db`);
    await store.open();
    queue = new Queue({ store });
  });
  afterAll(async () => {
    await store.close();
    await shop.close();
    partner.close();
  });

  /** A job of a task whose code this process does not have. */
  const tell = (userId: string) => {
    const url = `http://127.0.0.1:${(partner.address() as AddressInfo).port}/hook`;
    return queue.enqueue('accounts.webhook', { userId, url, event: 'user.created' }, { queue: 'notifications' });
  };
  const signUp = async (name: string) =>
    (await shop.post('/users', { email: `${name}@example.com`, name })).data as { userId: string };

  it('SA8: tells a partner of a user, again while it is busy, under one idempotency key', async () => {
    const { userId } = await signUp('hook');
    heard.length = 0;
    answers.push(503);
    const job = await tell(userId);

    expect(await job.result({ timeout: '15s' })).toEqual({ status: 204 });
    expect(heard.map(({ headers }) => headers['idempotency-key'])).toEqual([job.id, job.id]);
    expect(JSON.parse(heard[1]!.body)).toEqual({ event: 'user.created', userId, email: 'hook@example.com' });
  });

  it('SA8: asks no second time when it is refused', async () => {
    const { userId } = await signUp('refused');
    heard.length = 0;
    answers.push(410);
    const job = await tell(userId);

    await expect(job.result({ timeout: '15s' })).rejects.toMatchObject({ code: 'JOB_FAILED', reason: 'discarded' });
    expect(heard).toHaveLength(1);
  });
});
