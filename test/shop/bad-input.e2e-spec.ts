import libsql from 'libsql';
import type { Issue } from 'millrace';
import { type Json, Shop } from '../support/shop.js';

const recipient = 'ada@example.com';
const item = { sku: 'TEA-01', quantity: 1 };
const order = { customerEmail: recipient, items: [item] };

const refused: [path: string, body: object, field: string][] = [
  ['/orders', {}, 'customerEmail'],
  ['/orders', { ...order, customerEmail: 'ada' }, 'customerEmail'],
  ['/orders', { ...order, items: [] }, 'items'],
  ['/orders', { ...order, items: 'tea' }, 'items'],
  ['/orders', { ...order, items: [item, { ...item, quantity: 0 }] }, 'items.1.quantity'],
  ['/orders', { ...order, items: [{ ...item, quantity: '2' }] }, 'items.0.quantity'],
  ['/orders', { ...order, items: [{ ...item, price: 1 }] }, 'items.0.price'],
  ['/orders', { ...order, items: [null] }, 'items.0'],
  ['/orders', { ...order, discount: 10 }, 'discount'],
  ['/notifications', { message: 'no one' }, 'recipient'],
  ['/notifications', { recipient, message: '' }, 'message'],
  ['/notifications', { recipient, delay: '5 minutes' }, 'delay'],
  ['/notifications', { recipient, delay: '60w' }, 'delay'],
  ['/notifications', { recipient, runAt: '2027-01-31T09:00:00' }, 'runAt'],
  ['/notifications', { recipient, runAt: 'soon' }, 'runAt'],
  ['/notifications', { recipient, runAt: '2027-02-30T00:00:00Z' }, 'runAt'],
  ['/notifications', { recipient, delay: '1m', runAt: '2027-01-31T09:00:00Z' }, 'runAt'],
  ['/notifications/quick', { email: 5 }, 'email'],
  ['/reports', { rows: [] }, 'title'],
  ['/reports', { title: 'x', rows: {} }, 'rows'],
  ['/reports', { title: 'x', rows: [{ deep: { er: 1 } }] }, 'rows'],
  ['/reports', { title: 'x', rows: [], format: 'docx' }, 'format'],
  ['/users', { email: 'eve@example.com' }, 'name'],
  ['/users', { email: 'eve@example.com', name: 'Eve\0' }, 'name'],
  ['/users', { email: 'eve@example.com', name: 'Eve\r\nBcc: all@example.com' }, 'name'],
];

describe('bad input', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open({}, { worker: false });
  });

  /** Whatever was refused left neither a job nor a row. */
  afterAll(async () => {
    const { data } = await shop.get('/jobs');
    expect(data.jobs).toEqual([]);
    const database = new libsql(`${shop.folder}/shop.db`);
    for (const table of ['orders', 'reports', 'users']) {
      expect(database.prepare(`SELECT * FROM ${table}`).all()).toEqual([]);
    }
    database.close();
    await shop.close();
  });

  it.each(refused)('refuses %s %j and names the field: %s', async (path, body, field) => {
    const { status, error } = await shop.post(path, body);

    expect([status, error.code]).toEqual([400, 'VALIDATION_FAILED']);
    expect((error.detail.issues as Issue[]).map((issue) => issue.path)).toContain(field);
  });

  it.each(['{"customerEmail":', '[]', '"text"', 'null'])('refuses the malformed body %s', async (body) => {
    expect(await shop.call('POST', '/orders', body)).toMatchObject({
      status: 400,
      error: { code: 'VALIDATION_FAILED', message: expect.any(String), detail: expect.anything() },
    });
  });

  it('refuses a body that is nested without end', async () => {
    const answer = await shop.call('POST', '/orders', `{"items":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);

    expect(answer).toMatchObject({ status: 400, error: { code: 'VALIDATION_FAILED' } });
  });

  it('M1: refuses a body above 256 KiB', async () => {
    const answer = await shop.post('/reports', { title: 'x', rows: [['y'.repeat(257 * 1024)]] });

    expect(answer).toMatchObject({ status: 413, error: { code: 'PAYLOAD_TOO_LARGE' } });
  });

  it.each(['/jobs?state=sleeping', '/jobs?limit=0', '/jobs?colour=red', '/jobs?cursor=nonsense'])(
    'refuses the query %s',
    async (path) => expect(await shop.get(path)).toMatchObject({ status: 400, error: { code: 'VALIDATION_FAILED' } }),
  );

  it('answers 404 in the same envelope for a path that does not exist', async () => {
    expect(await shop.get('/nowhere')).toMatchObject({
      status: 404,
      error: { code: 'RESOURCE_NOT_FOUND', detail: {} },
    });
  });

  it('sends security headers and does not say what it is made with', async () => {
    const { headers } = await shop.get('/livez');

    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.has('x-powered-by')).toBe(false);
  });
});

describe('the documentation', () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await Shop.open({ API_PREFIX: '/api/v1' }, { worker: false });
  });
  afterAll(async () => void (await shop.close()));

  it('is at /docs, with the schemas of successes and failures', async () => {
    const page = await fetch(`${shop.url}/docs`);
    const document: Json = await (await fetch(`${shop.url}/docs-json`)).json();

    expect(page.status).toBe(200);
    const { post } = document.paths['/api/v1/orders'];
    const schemaOf = (status: number): Json => post.responses[status].content['application/json'].schema.properties;
    expect(schemaOf(201)).toEqual({ data: { $ref: '#/components/schemas/OrderPlaced' } });
    expect(schemaOf(400)).toEqual({ error: { $ref: '#/components/schemas/ErrorBody' } });
    expect(document.components.schemas.PlaceOrderDto.required).toEqual(['customerEmail', 'items']);
  });

  it('precedes every path with the prefix it was given', async () => {
    expect(new URL(shop.url).pathname).toBe('/api/v1');
    expect(await shop.get('/livez')).toMatchObject({ status: 200, data: { status: 'up' } });
    expect((await fetch(new URL('/orders/1', shop.url))).status).toBe(404);
  });
});
