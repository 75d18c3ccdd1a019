import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineTasks, limits, type Store, task } from 'millrace';
import { redis } from 'millrace/redis';
import { sqlite } from 'millrace/sqlite';
import { memory } from 'millrace/testing';
import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { Shop } from '../support/shop.js';
import { afterwards, closeAll, mill, refusal } from './mill.js';

class Tasks extends defineTasks('work', { echo: task({ queue: 'work' }) }) {}

const stores: Record<string, () => Promise<Store> | Store> = {
  memory: () => memory(),
  SQLite: () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-hostile-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    return sqlite({ path: join(folder, 'queue.db') });
  },
  ...(redisAvailable() && {
    Redis: async () => {
      const server = await startRedis();
      afterwards(() => server.stop());
      return redis({ url: server.url, onWarning: () => {} });
    },
  }),
};

/** JSON as an attacker would send it. */
const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const taken = [
  '{"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":2,"then":3}',
  '{"text":"\\ud800 alone, \\udc00 too, \\u0000 and \\u2028 \\u2029 \\ufeff"}',
  '{"\\u0000":1,"\\ud800":2,"":3,"a.b":4,"$tags":[1],"value":5}',
  '[1e308,-1e308,5e-324,0.1,9007199254740993,12345678901234567890,-0,1e400,-1e400]',
  '{"s":"quotes \' \\" ` ; DROP TABLE jobs; -- {redis} * ? [a] \\r\\n$5\\r\\n"}',
  JSON.stringify({ long: '💥'.repeat(30_000) }),
  deep(60),
];
const refused = [
  '{"__proto__":{"polluted":1}}',
  '{"a":[{"b":{"__proto__":1}}]}',
  deep(65),
  deep(100_000),
  `{"a":${deep(100_000)}}`,
];
const names = [
  '__proto__',
  'constructor',
  'a:b',
  '{a}b',
  '=x',
  '*',
  'a\u0000b',
  'a\nb',
  'ü💥',
  "'; DROP TABLE jobs; --",
  'x'.repeat(256),
  ' ',
  '%',
  '_',
  '../..',
  '~',
  'work~0~',
];

afterEach(closeAll);

describe.each(Object.entries(stores))('hostile input on %s', (_, make) => {
  const before = Object.getOwnPropertyNames(Object.prototype);

  async function setup() {
    return mill({ handlers: [[Tasks.echo, (given: unknown) => given]], store: await make(), realTime: true });
  }

  it('M3: hostile JSON is plain data, of which the store changes no digit, or refused', async () => {
    const m = await setup();
    for (const text of refused) {
      expect(await refusal(() => m.queue.enqueue('work.echo', JSON.parse(text), { queue: 'work' }))).toMatchObject({
        code: 'PAYLOAD_INVALID',
      });
    }
    expect((await m.queue.list()).jobs).toEqual([]);
    for (const text of taken) {
      const payload: unknown = JSON.parse(text);
      const job = await m.queue.enqueue('work.echo', payload, { queue: 'work' });
      expect(await job.result()).toEqual(payload);
      expect((await m.look(job)).payload).toEqual(payload);
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(await m.store.fsck()).toEqual([]);
  });

  it('M1: a giant batch is carried in portions; a payload too large in it refuses the whole call', async () => {
    const m = await setup();
    await m.queue.pause('work');
    const large = { payload: 'x'.repeat(limits.payload - 100), queue: 'work' };
    const batch = Array.from({ length: 40 }, () => large);
    const tooLarge = { payload: 'x'.repeat(limits.payload), queue: 'work' };
    expect(await refusal(() => m.queue.enqueueMany('work.echo', [...batch, tooLarge]))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect((await m.queue.counts())[0]!.counts.ready).toBe(0);

    const jobs = await m.queue.enqueueMany('work.echo', batch);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(40);
    expect((await m.queue.counts())[0]!.counts.ready).toBe(40);
    expect((await m.look(jobs[39]!)).payload).toHaveLength(limits.payload - 100);
  });

  it('M6: no two hostile names share a key: not as jobId, not as unique key, not as tag', async () => {
    const m = await setup();
    await m.queue.pause('work');
    const jobs = new Map<string, string>();
    for (const name of names) {
      const named = await m.queue.enqueue('work.echo', name, { queue: 'work', jobId: name, tags: [name] });
      const keyed = await m.queue.enqueue('work.echo', name, { queue: 'work', unique: { key: name } });
      expect([named.created, keyed.created]).toEqual([true, true]);
      jobs.set(name, named.id);
    }
    for (const name of names) {
      expect(await m.queue.job(name)).toMatchObject({ id: jobs.get(name), jobId: name, tags: [name] });
      expect((await m.queue.list({ tags: [name] })).jobs.map(({ id }) => id)).toEqual([jobs.get(name)]);
      expect((await m.queue.enqueue('work.echo', 1, { queue: 'work', jobId: name })).created).toBe(false);
      expect((await m.queue.enqueue('work.echo', 1, { queue: 'work', unique: { key: name } })).created).toBe(false);
    }
    expect(await m.store.fsck()).toEqual([]);
    await m.queue.resume('work');
    await m.rest();
    expect((await m.queue.counts())[0]!.counts).toMatchObject({ completed: names.length * 2, failed: 0 });
  });

  it('M6: a text that is no well-formed Unicode names nothing, as some stores would take two of them for one', async () => {
    const m = await setup();
    const job = await m.queue.enqueue('work.echo', 1, { queue: 'work', delay: '1h' });
    for (const name of ['\ud800', 'a\udc00', 'x'.repeat(257), '']) {
      for (const wrong of [{ jobId: name }, { unique: { key: name } }, { tags: [name] }]) {
        expect(await refusal(() => m.queue.enqueue('work.echo', 1, wrong))).toMatchObject({ code: 'CONFIG_INVALID' });
      }
      expect(await m.queue.job(name)).toBeUndefined();
      expect((await m.queue.list({ tags: [name] })).jobs).toEqual([]);
      expect(await m.queue.cancel({ tags: [name] })).toBe(0);
      expect(await refusal(() => m.queue.cancel(job.id, { reason: name }))).toMatchObject({ code: 'CONFIG_INVALID' });
    }
  });

  it('M6: hostile names of queues and tasks are refused', async () => {
    const m = await setup();
    for (const name of [
      '',
      'a:b',
      'a{b}',
      'a b',
      'a\nb',
      'a\u0000',
      '../x',
      '\ud800',
      'x'.repeat(129),
      '-x',
      '=x',
      '*',
    ]) {
      for (const call of [
        () => m.queue.enqueue(name, {}),
        () => m.queue.enqueue('work.echo', {}, { queue: name }),
        () => m.queue.pause(name),
        () => m.queue.configure(name, { maxReady: 1 }),
      ]) {
        expect([name, (await refusal(call)).code]).toEqual([name, 'CONFIG_INVALID']);
      }
    }
    expect((await m.queue.counts()).map(({ queue }) => queue)).toEqual(['work']);
    for (const id of [
      '',
      '__proto__',
      'work~0~short',
      'work~zz~000000000000000000000000',
      'nobody~0~000000000000000000000000',
      'x'.repeat(10_000),
    ]) {
      expect(await m.queue.job(id)).toBeUndefined();
      expect(await m.queue.cancel(id)).toMatchObject({ applied: false });
    }
  });
});

describe('hostile input over HTTP', () => {
  let shop: Shop;
  beforeAll(async () => void (shop = await Shop.open({}, { worker: false })));
  afterAll(async () => void (await shop.close()));

  const bodies = [
    ...taken,
    ...refused.filter((text) => text.length < 250_000),
    'null',
    '0',
    '"',
    '\ud800',
    '{"a":1}'.repeat(2),
    '',
  ];

  it.each([
    '/orders',
    '/notifications',
    '/notifications/quick',
    '/reports',
    '/users',
    '/users/x/reminders',
    '/jobs/x/retry',
  ])('M3: POST %s answers a 4xx to any JSON it did not ask for, and lives on', async (path) => {
    for (const body of bodies) {
      const { status, error } = await shop.call('POST', path, body);
      expect([body.slice(0, 60), status >= 400 && status < 500, typeof error.code]).toEqual([
        body.slice(0, 60),
        true,
        'string',
      ]);
    }
    expect((await shop.get('/livez')).status).toBe(200);
  });

  it('M3: fields that are asked for take hostile texts as texts, or refuse them', async () => {
    for (const text of [
      '\u0000',
      '\ud800',
      '💥'.repeat(200),
      "'; DROP TABLE orders; --",
      '<script>alert(1)</script>',
      '\r\nBcc: all@example.com',
    ]) {
      const { status } = await shop.call(
        'POST',
        '/notifications',
        JSON.stringify({ recipient: 'ada@example.com', message: text, delay: '1h' }),
      );
      expect([202, 400]).toContain(status);
      const order = await shop.call(
        'POST',
        '/orders',
        JSON.stringify({ customerEmail: 'ada@example.com', items: [{ sku: text, quantity: 1 }] }),
      );
      expect([201, 400]).toContain(order.status);
      const user = await shop.call('POST', '/users', JSON.stringify({ email: 'ada@example.com', name: text }));
      expect([201, 400, 409]).toContain(user.status);
      const report = await shop.call('POST', '/reports', JSON.stringify({ title: text, rows: [[text]] }));
      expect([201, 400]).toContain(report.status);
    }
    for (const number of ['1e400', '-1', '1.5', '9007199254740993', '"1"', '1e9']) {
      const { status } = await shop.call(
        'POST',
        '/orders',
        `{"customerEmail":"ada@example.com","items":[{"sku":"a","quantity":${number}}]}`,
      );
      expect([number, status]).toEqual([number, 400]);
    }
  });

  it.each([
    '%00',
    '__proto__',
    '..%2f..',
    '%E0%A4%A',
    '%ED%A0%80',
    'x'.repeat(4000),
    'work~0~000000000000000000000000',
    "'%20OR%201=1",
    '%0d%0aX:1',
  ])('M6: GET /jobs/%s answers a 4xx', async (id) => {
    for (const path of [`/jobs/${id}`, `/jobs/${id}/events`, `/orders/${id}`, `/reports/${id}/file`]) {
      const { status, error } = await shop.get(path);
      expect([path.slice(0, 40), status >= 400 && status < 500, typeof error.code]).toEqual([
        path.slice(0, 40),
        true,
        'string',
      ]);
    }
    for (const query of [`state=${id}`, `cursor=${id}`]) {
      expect((await shop.get(`/jobs?${query}`)).status).toBe(400);
    }
    expect((await shop.get(`/jobs?queue=${id}`)).status).toBeLessThan(500);
  });
});
