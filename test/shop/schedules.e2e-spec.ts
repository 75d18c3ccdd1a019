import { readdirSync } from 'node:fs';
import { Events, fromUrl, type Issue, Queue, Schedules, systemClock } from 'millrace';
import { DataSource } from 'typeorm';
import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { Settings } from '../../src/config/settings.js';
import { dataSourceOptions } from '../../src/database/data-source.js';
import { Report } from '../../src/reports/report.entity.js';
import { eventually } from '../support/eventually.js';
import { postgresAvailable, startPostgres } from '../support/postgres.js';
import { type Json, Shop } from '../support/shop.js';

const recipient = 'ada@example.com';
const mail = { task: 'notifications.notify', payload: { recipient, message: 'Good morning' } };
const daily = { ...mail, trigger: { cron: '0 9 * * *' } };
const long = 'x'.repeat(10_000);

/** The slots in the history of a schedule, epoch milliseconds. */
function slotsOf({ history }: { history: { slot: string }[] }): number[] {
  return history.map(({ slot }) => Date.parse(slot));
}

/** A shop for a group of tests. */
function open(...given: Parameters<typeof Shop.open>): () => Shop {
  let shop: Shop;
  beforeAll(async () => {
    shop = await Shop.open(...given);
  });
  afterAll(async () => void (await shop.close()));
  return () => shop;
}

describe('putting schedules', () => {
  const shop = open({}, { worker: false });

  it('SA15: answers 201 with the id, made from the task, and the next slot', async () => {
    const { status, data } = await shop().post('/schedules', { ...daily, timeZone: 'Asia/Tokyo' });

    expect([status, data]).toEqual([201, { scheduleId: 'user:notifications.notify', next: expect.any(String) }]);
    expect(data.next).toMatch(/^\d{4}-\d\d-\d\dT00:00:00\.000Z$/); // nine in the morning there
  });

  it('SA15: puts a given id behind user:, once', async () => {
    for (const [id, scheduleId] of [
      ['mornings', 'user:mornings'],
      ['user:evenings', 'user:evenings'],
    ]) {
      expect(await shop().post('/schedules', { ...daily, id })).toMatchObject({ status: 201, data: { scheduleId } });
    }
  });

  it.each<[string, object, string]>([
    [
      'a cron pattern',
      { cron: '0 9 * * MON-FRI', timeZone: 'Europe/Paris' },
      'at 09:00, Monday to Friday, Europe/Paris',
    ],
    ['cron fields', { cron: { hour: 9, minute: 30 } }, 'at 09:30, every day, UTC'],
    ['an interval', { every: '15m' }, 'every 15 minutes'],
    ['a date', { at: '2099-03-01T09:00:00.000Z' }, 'once, at 2099-03-01 09:00 UTC'],
    [
      'a calendar',
      { calendar: { months: 1, at: '09:00' }, timeZone: 'Asia/Tokyo' },
      'every month at 09:00, Asia/Tokyo',
    ],
    ['several', { anyOf: [{ every: '1h' }, { cron: '@daily' }] }, '(every hour) or (at 00:00, every day, UTC)'],
  ])('SA15: takes %s, and shows it as it was written and in words', async (_, trigger, words) => {
    const { data } = await shop().post('/schedules?replace=true', { ...mail, id: 'any', trigger });

    expect((await shop().get('/schedules/user:any')).data).toMatchObject({ trigger, words, next: data.next });
  });

  it('SA15: answers 409 when there is one of the id, unless it is to be replaced', async () => {
    await shop().post('/schedules', { ...daily, id: 'twice' });
    const changed = {
      ...daily,
      id: 'twice',
      payload: { recipient: 'grace@example.com' },
      trigger: { cron: '30 9 * * *' },
    };

    expect(await shop().post('/schedules', changed)).toMatchObject({
      status: 409,
      error: { code: 'SCHEDULE_EXISTS', detail: { scheduleId: 'user:twice' } },
    });
    expect(await shop().post('/schedules?replace=false', changed)).toMatchObject({ status: 409 });
    expect(await shop().post('/schedules?replace=true', changed)).toMatchObject({ status: 201 });
    expect((await shop().get('/schedules/user:twice')).data).toMatchObject({
      payload: { recipient: 'grace@example.com', message: 'Hello' },
      trigger: { cron: '30 9 * * *' },
    });
  });

  it('SA15: takes policies, and shows them', async () => {
    const policies = { misfire: 'all', catchUp: 3, overlap: 'skip', jitter: '30s', grace: '5m', count: 10 };
    await shop().post('/schedules', { ...daily, ...policies, id: 'policies' });

    expect((await shop().get('/schedules/user:policies')).data).toMatchObject({
      ...{ misfire: 'all', overlap: 'skip', jitter: 30_000, grace: 300_000, count: 10 },
      ...{ paused: false, declared: false, counts: { enqueued: 0, skipped: 0, missed: 0 }, history: [] },
    });
  });

  it.each(['notifications.email', 'accounts.webhook', 'orders.process', 'reports.render', 'reports.cleanUp'])(
    'SA15: answers 403 for %s, which users may not schedule, and says what they may',
    async (task) => {
      const { status, error } = await shop().post('/schedules', { ...daily, task });

      expect([status, error.code]).toEqual([403, 'FORBIDDEN']);
      expect(error.detail).toEqual({ task, allowed: ['notifications.notify', 'accounts.remind'] });
    },
  );

  it.each(['notifications.notfy', 'constructor', '__proto__'])(
    'SA15: answers 422 for the unknown task %s',
    async (task) =>
      expect(await shop().post('/schedules', { ...daily, task })).toMatchObject({
        status: 422,
        error: { code: 'UNKNOWN_TASK', detail: { task } },
      }),
  );

  it('is documented with what it takes and answers', async () => {
    const document: Json = await (await fetch(`${shop().url}/docs-json`)).json();
    const { post } = document.paths['/schedules'];

    expect(Object.keys(post.responses).sort()).toEqual(['201', '400', '403', '409', '413', '422', '503']);
    expect(document.components.schemas.PutScheduleDto.required).toEqual(['task', 'trigger']);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/schedules/{scheduleId}', '/schedules/{scheduleId}/pause']),
    );
  });
});

/** What is wrong with a trigger, the library says; with the rest of the body, its DTO. */
const refused: [body: object, code: 'SCHEDULE_INVALID' | 'VALIDATION_FAILED', field: string][] = [
  ...(
    [
      [{ cron: '0 9 * *' }, 'trigger.cron'],
      [{ cron: '0 0 9 * * MON 2027 1' }, 'trigger.cron'],
      [{ cron: '' }, 'trigger.cron'],
      [{ cron: long }, 'trigger.cron'],
      [{ cron: 9 }, 'trigger.cron'],
      [{ cron: '61 9 * * *' }, 'trigger.minute'],
      [{ cron: '0 24 * * *' }, 'trigger.hour'],
      [{ cron: '*/0 * * * *' }, 'trigger.minute'],
      [{ cron: '0 9-8 * * *' }, 'trigger.hour'],
      [{ cron: '0 9 31 2 *' }, 'trigger'],
      [{ cron: '0 9 * * FUNDAY' }, 'trigger.weekday'],
      [{ cron: {} }, 'trigger.cron'],
      [{ cron: { hour: [] } }, 'trigger.hour'],
      [{ cron: { hours: 9 } }, 'trigger.cron'],
      [{ cron: '@daily', timeZone: 'Mars/Olympus' }, 'trigger.timeZone'],
      [{ cron: '@daily', timeZone: long }, 'trigger.timeZone'],
      [{ every: 0 }, 'trigger.every'],
      [{ every: '-5m' }, 'trigger.every'],
      [{ every: '500ms' }, 'trigger.every'],
      [{ every: '5 minutes' }, 'trigger.every'],
      [{ every: long }, 'trigger.every'],
      [{ every: '1h', from: '2099-01-02T00:00Z', until: '2099-01-01T00:00Z' }, 'trigger.until'],
      [{ every: '1h', until: '2020-01-01T00:00Z' }, 'trigger'],
      [{ at: '2099-02-30T00:00:00Z' }, 'trigger.at'],
      [{ at: '2099-03-01T00:00:00' }, 'trigger.at'],
      [{ at: 'tomorrow' }, 'trigger.at'],
      [{ calendar: {} }, 'trigger.calendar'],
      [{ calendar: { days: 0 } }, 'trigger.calendar'],
      [{ calendar: { days: 1, at: '25:00' } }, 'trigger.calendar.at'],
      [{ anyOf: [] }, 'trigger.anyOf'],
      [{ anyOf: [{ every: '1h' }, { every: '0s' }] }, 'trigger.anyOf.1.every'],
      [{ allOf: 'both' }, 'trigger.allOf'],
      [{ trigger: 'sunrise' }, 'trigger'],
      [{}, 'trigger'],
      [{ crom: '@daily' }, 'trigger.crom'],
      [{ cron: '@daily', every: '1d' }, 'trigger'],
    ] as [object, string][]
  ).map(([trigger, field]): [object, 'SCHEDULE_INVALID', string] => [{ ...mail, trigger }, 'SCHEDULE_INVALID', field]),
  [{ ...daily, timeZone: 'Mars/Olympus' }, 'SCHEDULE_INVALID', 'timeZone'],
  [{ ...mail, trigger: { every: '1h' }, timeZone: 'Europe/Paris' }, 'SCHEDULE_INVALID', 'timeZone'],
  [{ ...daily, catchUp: 3 }, 'SCHEDULE_INVALID', 'catchUp'],
  [{ ...daily, timeZone: long }, 'VALIDATION_FAILED', 'timeZone'],
  [{ ...daily, id: 'two words' }, 'VALIDATION_FAILED', 'id'],
  [{ ...daily, id: '' }, 'VALIDATION_FAILED', 'id'],
  [{ ...daily, id: null }, 'VALIDATION_FAILED', 'id'],
  [{ ...daily, id: long }, 'VALIDATION_FAILED', 'id'],
  [{ ...daily, task: undefined }, 'VALIDATION_FAILED', 'task'],
  [{ ...daily, task: long }, 'VALIDATION_FAILED', 'task'],
  [{ ...mail }, 'VALIDATION_FAILED', 'trigger'],
  [{ ...mail, trigger: null }, 'VALIDATION_FAILED', 'trigger'],
  [{ ...mail, trigger: '0 9 * * *' }, 'VALIDATION_FAILED', 'trigger'],
  [{ ...mail, trigger: [{ every: '1h' }] }, 'VALIDATION_FAILED', 'trigger'],
  [{ ...daily, payload: undefined }, 'VALIDATION_FAILED', 'payload'],
  [{ ...daily, payload: { recipient: 'ada' } }, 'VALIDATION_FAILED', 'payload.recipient'],
  [{ ...daily, payload: { recipient, colour: 'red' } }, 'VALIDATION_FAILED', 'payload.colour'],
  [{ ...daily, misfire: 'first' }, 'VALIDATION_FAILED', 'misfire'],
  [{ ...daily, overlap: true }, 'VALIDATION_FAILED', 'overlap'],
  [{ ...daily, jitter: 'some' }, 'VALIDATION_FAILED', 'jitter'],
  [{ ...daily, grace: '60w' }, 'VALIDATION_FAILED', 'grace'],
  [{ ...daily, count: 0 }, 'VALIDATION_FAILED', 'count'],
  [{ ...daily, count: 1.5 }, 'VALIDATION_FAILED', 'count'],
  [{ ...daily, queue: 'orders' }, 'VALIDATION_FAILED', 'queue'],
];

const hasty: [trigger: object][] = [
  [{ every: '59s' }],
  [{ cron: '*/30 * * * * *' }],
  [{ cron: '0,59 59,0 * * * *' }],
  [{ cron: '* * * 1 7 *' }],
  [{ anyOf: [{ cron: '0 * * * * *' }, { cron: '30 * * * * *' }] }],
  [{ anyOf: [{ cron: '@hourly' }, { every: '1s', from: '2099-01-01T00:00Z' }] }],
];

describe('bad schedules', () => {
  const shop = open({}, { worker: false });

  it.each(refused.map(([body, code, field]) => [JSON.stringify(body).slice(0, 150), code, field, body] as const))(
    'SA15: refuses %s with %s, naming %s',
    async (_, code, field, body) => {
      const { status, error } = await shop().post('/schedules', body);

      expect([status, error.code, (error.detail.issues as Issue[]).map(({ path }) => path)]).toEqual([
        400,
        code,
        [field],
      ]);
      expect(error.message.length).toBeLessThan(1000);
    },
  );

  it.each(hasty)('SA15: refuses %j, which is hastier than once a minute, and says what is allowed', async (trigger) => {
    const { status, error } = await shop().post('/schedules', { ...mail, trigger });

    expect([status, error.code]).toEqual([400, 'SCHEDULE_INVALID']);
    expect(error.detail.issues[0].path).toMatch(/^trigger/);
    expect(error.message).toContain('At least 1m must lie between two of them');
  });

  it.each(['replace=perhaps', 'replac=true'])('SA15: refuses the query %s', async (query) =>
    expect(await shop().post(`/schedules?${query}`, daily)).toMatchObject({
      status: 400,
      error: { code: 'VALIDATION_FAILED' },
    }),
  );

  it('SA15: refuses a trigger that is too large', async () => {
    const trigger = { trigger: 'x', data: 'y'.repeat(257 * 1024) };

    expect(await shop().post('/schedules', { ...mail, trigger })).toMatchObject({
      status: 413,
      error: { code: 'PAYLOAD_TOO_LARGE' },
    });
  });

  it('SA15: has stored nothing of what it refused', async () => {
    expect((await shop().get('/schedules')).data).toEqual({ schedules: [], cursor: null });
    const { data } = await shop().post('/schedules', daily);
    expect((await shop().get('/schedules')).data.schedules).toMatchObject([{ scheduleId: data.scheduleId }]);
  });
});

/** What the shop stands on: how to start it, and the variables that lead there. */
const grounds = {
  SQLite: async () => ({ env: {}, stop: async () => {} }),
  ...(redisAvailable() && {
    Redis: async () => {
      const redis = await startRedis({ appendonly: true });
      return { env: { QUEUE_URL: redis.url }, stop: () => redis.stop() };
    },
  }),
};

describe.each(Object.entries(grounds))('schedules of users on %s', (_, start) => {
  let ground: Awaited<ReturnType<typeof start>>;
  let shop: Shop;

  beforeAll(async () => {
    ground = await start();
    shop = await Shop.open({ ...ground.env, SCHEDULE_MIN_INTERVAL: '1s' });
  });

  afterAll(async () => {
    expect(await shop.close()).toEqual([0, 0]);
    await ground.stop();
  });

  const put = async (id: string, more: object = {}) => {
    const { data } = await shop.post('/schedules', { ...daily, id, ...more });
    return `/schedules/${data.scheduleId}`;
  };

  it('SA15: fires at every slot, with one job each', async () => {
    const path = await put('ticking', { payload: { recipient: 'tick@example.com' }, trigger: { every: '1s' } });
    const ticked = async (): Promise<Json> => {
      const { data } = await shop.get(path);
      return data.history.length >= 3 && data;
    };

    const { history, next, words } = await eventually(ticked, { what: 'three slots' });
    await shop.delete(path);

    const at = slotsOf({ history });
    expect(at).toEqual(at.map((_, i) => at[0]! + i * 1000));
    expect([words, Date.parse(next)]).toEqual(['every second', at.at(-1)! + 1000]);
    for (const { outcome, jobId, slot } of history) {
      expect(outcome).toBe('enqueued');
      await shop.jobIn(jobId, 'completed');
      expect((await shop.get(`/jobs/schedule:user:ticking@${slot}`)).data.jobId).toBe(jobId);
    }
    expect(shop.mail.mailsTo('tick@example.com').length).toBeGreaterThanOrEqual(history.length);
  });

  it('SA15: is gone after as many jobs as it was to have', async () => {
    const path = await put('thrice', {
      ...{ payload: { recipient: 'thrice@example.com' }, trigger: { every: '1s', first: 'now' }, count: 3 },
    });

    await eventually(async () => (await shop.get(path)).status === 404, { what: 'its end' });
    await eventually(() => shop.mail.mailsTo('thrice@example.com').length >= 3, { what: 'three mails' });
    expect(shop.mail.mailsTo('thrice@example.com')).toHaveLength(3);
  });

  it('SA16: removes a schedule, once', async () => {
    const path = await put('short-lived');

    expect(await shop.delete(path)).toMatchObject({
      status: 200,
      data: { scheduleId: 'user:short-lived', removed: true },
    });
    for (const gone of [await shop.delete(path), await shop.get(path)]) {
      expect(gone).toMatchObject({
        status: 404,
        error: { code: 'RESOURCE_NOT_FOUND', detail: { scheduleId: 'user:short-lived' } },
      });
    }
  });

  it('SA17: shows a schedule with its next five slots', async () => {
    const path = await put('shown', { trigger: { cron: '0 9 24 12 *' } });

    const { status, data } = await shop.get(path);

    expect(status).toBe(200);
    expect(data.slots).toHaveLength(5);
    expect(data.slots[0]).toBe(data.next);
    for (const slot of data.slots) expect(slot).toMatch(/^\d{4}-12-24T09:00:00\.000Z$/);
    expect(data).toMatchObject({ task: mail.task, payload: mail.payload, last: null, jobId: null, history: [] });
    expect(data.createdAt).toBe(new Date(data.createdAt).toISOString());
  });

  it('SA17: lists those of users and those of the shop, page by page', async () => {
    for (let i = 0; i < 5; i++) await put(`listed-${i}`);

    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { data } = await shop.get(`/schedules?limit=2${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      expect(data.schedules.length).toBeLessThanOrEqual(2);
      seen.push(...(data.schedules as { scheduleId: string }[]).map(({ scheduleId }) => scheduleId));
      cursor = data.cursor;
    }

    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(
      expect.arrayContaining(['reports.cleanUp', 'reports.digest', 'user:listed-0', 'user:listed-4']),
    );
  });

  it('SA17: pauses and resumes', async () => {
    const path = await put('paused');
    const { next } = (await shop.get(path)).data;

    expect(await shop.post(`${path}/pause`)).toMatchObject({ status: 200, data: { paused: true, next: null } });
    expect((await shop.get(path)).data).toMatchObject({ paused: true, slots: [] });
    expect(await shop.post(`${path}/resume`)).toMatchObject({ status: 200, data: { paused: false, next } });
  });

  it.each([
    ['skips what was missed in a pause', 'skipping', '', false],
    ['makes up for what was missed in a pause with from=last', 'catching-up', '?from=last', true],
  ])('SA17: %s', async (_, id, query, gapless) => {
    const path = await put(id, { payload: { recipient: `${id}@example.com` }, trigger: { every: '1s' } });
    const slots = async () => slotsOf((await shop.get(path)).data);
    const last = await eventually(async () => (await slots()).at(-1), { what: 'a slot' });
    await shop.post(`${path}/pause`);
    await eventually(() => Date.now() > last + 3500, { what: 'slots to pass' });
    const before = (await slots()).length;

    expect((await shop.post(`${path}/resume${query}`)).status).toBe(200);
    await eventually(async () => (await slots()).length > before, { what: 'further slots' });

    const found = await slots();
    expect(found.every((slot, i) => i === 0 || slot === found[i - 1]! + 1000)).toBe(gapless);
    await shop.delete(path);
  });

  it('SA17: starts a job now and moves no slot', async () => {
    const path = await put('by-hand', { payload: { recipient: 'now@example.com' } });
    const before = (await shop.get(path)).data;

    const { status, data } = await shop.post(`${path}/trigger`);

    expect([status, data.state]).toEqual([202, 'ready']);
    await shop.jobIn(data.jobId, 'completed');
    expect(shop.mail.mailsTo('now@example.com')).toHaveLength(1);
    expect((await shop.get(path)).data).toMatchObject({
      ...{ next: before.next, last: null, jobId: data.jobId },
      history: [{ outcome: 'enqueued', why: 'trigger', jobId: data.jobId }],
    });
  });

  it('SA17: refuses to resume from anywhere else', async () => {
    expect(await shop.post('/schedules/user:any/resume?from=first')).toMatchObject({
      status: 400,
      error: { code: 'VALIDATION_FAILED', detail: { issues: [{ path: 'from' }] } },
    });
  });

  it.each(['pause', 'resume', 'trigger'])('SA17: answers 404 to %s of a schedule nobody has put', async (verb) => {
    for (const scheduleId of ['nobody', 'user:nobody']) {
      expect(await shop.post(`/schedules/${scheduleId}/${verb}`)).toMatchObject({
        status: 404,
        error: { code: 'RESOURCE_NOT_FOUND', detail: { scheduleId } },
      });
    }
  });

  it.each([
    ['DELETE', ''],
    ['POST', '/pause'],
    ['POST', '/resume'],
    ['POST', '/trigger'],
  ])(
    'SA17: leaves what the shop has declared to the shop: %s /schedules/reports.cleanUp%s is 403',
    async (method, verb) => {
      const { data: before } = await shop.get('/schedules/reports.cleanUp');

      expect(await shop.call(method, `/schedules/reports.cleanUp${verb}`)).toMatchObject({
        status: 403,
        error: { code: 'FORBIDDEN', detail: { scheduleId: 'reports.cleanUp' } },
      });
      expect((await shop.get('/schedules/reports.cleanUp')).data).toEqual(before);
    },
  );
});

const databases = {
  ...grounds,
  ...(postgresAvailable() && {
    'SQLite and Postgres': async () => {
      const postgres = await startPostgres();
      return { env: { DATABASE_URL: postgres.url }, stop: () => postgres.stop() };
    },
  }),
};

describe.each(Object.entries(databases))('schedules of the shop on %s', (_, start) => {
  const owner = 'owner@example.com';
  let ground: Awaited<ReturnType<typeof start>>;
  let shop: Shop;

  beforeAll(async () => {
    ground = await start();
    shop = await Shop.open({ ...ground.env, SHOP_OWNER_EMAIL: owner });
  });

  afterAll(async () => {
    expect(await shop.close()).toEqual([0, 0]);
    await ground.stop();
  });

  /** Starts the job of a declared schedule, as an operator does: users may not. */
  async function run(id: string): Promise<Json> {
    const store = await fromUrl(shop.env.QUEUE_URL!, { namespace: new Settings().QUEUE_NAMESPACE });
    await store.open();
    const events = new Events(systemClock);
    const queue = new Queue({ store, events });
    const job = await new Schedules({ store, queue, events, clock: systemClock }).trigger(id);
    queue.close();
    await store.close();
    return shop.jobIn(job!.id, 'completed');
  }

  it('SA11: declares them, in words', async () => {
    const { schedules } = (await shop.get('/schedules')).data;

    const said = (schedules as { scheduleId: string; words: string }[]).map(({ scheduleId, words }) => [
      scheduleId,
      words,
    ]);
    expect(Object.fromEntries(said)).toEqual({
      'orders.recover': 'every minute',
      'reports.cleanUp': 'at 03:00, every day, UTC',
      'reports.digest': 'at 06:00, every day, UTC',
      'reports.sweep': 'every hour',
    });
    for (const schedule of schedules) expect(schedule).toMatchObject({ declared: true, paused: false });
    expect((await shop.get('/schedules/reports.cleanUp')).data.next).toMatch(/T03:00:00\.000Z$/);
    expect((await shop.get('/schedules/reports.digest')).data).toMatchObject({
      next: expect.stringMatching(/T06:00:00\.000Z$/),
      grace: 300_000,
    });
  });

  it('SA11: the clean-up deletes reports older than 30 days with their files, and says how many', async () => {
    const [old, young] = await Promise.all(
      ['Old', 'Young'].map(async (title) => {
        const { data } = await shop.post('/reports', { title, rows: [] });
        await shop.jobIn(data.jobId, 'completed');
        return data.reportId as string;
      }),
    );
    const database = await new DataSource(dataSourceOptions(shop.env.DATABASE_URL!)).initialize();
    const createdAt = new Date(Date.now() - 30 * 86_400_000 - 1).toISOString();
    await database.getRepository(Report).update(old!, { createdAt });
    await database.destroy();

    expect((await run('reports.cleanUp')).result).toEqual({ deleted: 1 });

    expect((await shop.get(`/reports/${old}/file`)).status).toBe(404);
    expect((await fetch(`${shop.url}/reports/${young}/file`)).status).toBe(200);
    expect(readdirSync(`${shop.folder}/reports`)).toEqual([`${young}.pdf`]);
    expect(shop.worker!.output).toContain('Deleted 1 reports');
  });

  it('SA11: the digest tells the owner what was done since the day before', async () => {
    const order = { customerEmail: recipient, items: [{ sku: 'TEA-01', quantity: 1 }] };
    const { data } = await shop.post('/orders', order);
    await shop.jobIn(data.jobId, 'completed');

    expect((await run('reports.digest')).result).toEqual({ sentTo: owner });

    const { text } = await shop.mail.mailTo(owner, 'The shop on');
    expect(text).toMatch(/orders placed: 1\s+orders processed: 1/);
  });
});
