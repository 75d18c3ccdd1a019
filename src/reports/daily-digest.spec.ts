import { bindTasks, Queue, QueueModule, Schedules, TaskContext, WorkerModule } from 'millrace';
import { ManualClock, memory } from 'millrace/testing';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from '../database/data-source.js';
import { migrate } from '../database/migrate.js';
import { NotificationTasks } from '../notifications/notifications.tasks.js';
import { Order } from '../orders/order.entity.js';
import { OrdersService } from '../orders/orders.service.js';
import { DailyDigest } from './daily-digest.js';
import { Report } from './report.entity.js';
import { ReportsService } from './reports.service.js';
import { ReportTasks } from './reports.tasks.js';

const morning = Date.parse('2026-11-21T06:00:00Z');
const day = 86_400_000;

describe('DailyDigest', () => {
  let database: DataSource;
  beforeEach(async () => {
    database = await new DataSource(dataSourceOptions('sqlite::memory:')).initialize();
    await migrate(database);
  });
  afterEach(() => database.destroy());

  const ago = (ms: number) => new Date(morning - ms).toISOString();

  async function setup(SHOP_OWNER_EMAIL?: string) {
    const clock = new ManualClock(morning - 60_000);
    const store = memory({ clock });
    await store.open();
    const queue = new Queue({ store, clock });
    const orders = new OrdersService(database.getRepository(Order));
    const reports = new ReportsService(database.getRepository(Report));
    const tasks = bindTasks(NotificationTasks, queue);
    const settings = Object.assign(new Settings(), { SHOP_OWNER_EMAIL });
    const handlers = new DailyDigest(orders, reports, tasks, settings);
    const mails = async () => (await queue.list({ task: 'notifications.email' })).jobs;
    return { clock, store, orders, reports, handlers, mails };
  }

  it('SA11: mails what was done in the day up to its slot', async () => {
    const { orders, reports, handlers, mails } = await setup('owner@example.com');
    const place = async (placed: number, processed?: number) => {
      const { id } = await orders.place('ada@example.com', []);
      await database.getRepository(Order).update(id, {
        createdAt: ago(placed),
        processedAt: processed === undefined ? null : ago(processed),
      });
    };
    for (const placed of [day + 1, day, 1, 0]) await place(placed);
    await place(2 * day, day);
    const { id } = await reports.request('Sales', []);
    await database.getRepository(Report).update(id, { createdAt: ago(5) });

    const late = TaskContext.fake({ scheduledFor: morning });
    expect(await handlers.digest(undefined, late)).toEqual({ sentTo: 'owner@example.com' });

    const [mail] = await mails();
    expect(mail!.payload).toEqual({
      to: 'owner@example.com',
      subject: 'The shop on 2026-11-21',
      body: [
        'In the 24 hours up to 2026-11-21 06:00 UTC:',
        '',
        '  orders placed: 2',
        '  orders processed: 1',
        '  reports made: 1',
      ].join('\n'),
    });
  });

  it('mails once, however often the job is run', async () => {
    const { handlers, mails } = await setup('owner@example.com');

    for (let i = 0; i < 2; i++) await handlers.digest(undefined, TaskContext.fake({ scheduledFor: morning }));

    expect(await mails()).toHaveLength(1);
  });

  it('says so and does nothing when nobody wants it', async () => {
    const { handlers, mails } = await setup();
    const said: string[] = [];
    const logger = { debug() {}, log: (line: string) => void said.push(line), warn() {}, error() {} };

    expect(await handlers.digest(undefined, TaskContext.fake({ logger }))).toEqual({ sentTo: null });

    expect(said).toEqual([expect.stringContaining('SHOP_OWNER_EMAIL is not set')]);
    expect(await mails()).toEqual([]);
  });

  it('SA11: runs at 06:00, one at a time, and not when five minutes have passed', async () => {
    const { clock, store, handlers } = await setup();
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ store, clock }), WorkerModule.forRoot({ queues: {} })],
      providers: [{ provide: DailyDigest, useValue: handlers }],
    }).compile();
    app.useLogger(false);
    await app.init();
    await clock.advance('1m');

    const { jobs } = await app.get(Queue).list({ task: 'reports.digest' });
    expect(jobs).toMatchObject([{ expires: morning + 5 * 60_000, state: 'ready' }]);
    expect(ReportTasks.digest.definition.options.maxActive).toBe(1);
    expect(await app.get(Schedules).get('reports.digest')).toMatchObject({ next: morning + day, grace: 5 * 60_000 });
    await app.close();
  });
});
