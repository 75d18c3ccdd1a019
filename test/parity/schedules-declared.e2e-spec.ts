import { Injectable, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  At,
  CalendarEvery,
  Cron,
  cron,
  Every,
  every,
  QueueModule,
  Schedules,
  Task,
  TaskContext,
  WorkerModule,
} from 'millrace';
import { ManualClock, memory } from 'millrace/testing';
import { afterwards, closeAll, mill, type Parts, refusal } from './mill.js';
import { iso, ticking, Ticks, times } from './ticking.js';

const start = '2027-01-01T00:00:00Z';

afterEach(closeAll);

/** A provider whose one method, `tick`, is decorated like this. */
function declaring(...decorators: readonly MethodDecorator[]) {
  const ran: string[] = [];
  @Injectable()
  class Reports {
    tick(_: unknown, { job, scheduledFor }: TaskContext) {
      ran.push(`${job.scheduleId} ${iso(scheduledFor!)}`);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Reports.prototype, 'tick')!;
  for (const decorate of decorators) decorate(Reports.prototype, 'tick', descriptor);
  return { Reports, ran };
}

/** An application whose code declares what the decorators say. */
async function declared(decorators: readonly MethodDecorator[], parts: Parts = {}) {
  const { Reports, ran } = declaring(...decorators);
  const m = await mill({ clock: new ManualClock(start), providers: decorators.length ? [Reports] : [], ...parts });
  return Object.assign(m, { ran });
}

describe('declared and dynamic schedules', () => {
  it('SC1: each of the four decorators fires its method, with @Task or without', async () => {
    const ran: string[] = [];
    const note = (method: string, { job, scheduledFor }: TaskContext) =>
      void ran.push(`${method} ${job.task} ${job.scheduleId} ${iso(scheduledFor!)}`);
    @Injectable()
    class Shop {
      @Task(Ticks.tick)
      @Cron('20 * * * *')
      cron(_: void, ctx: TaskContext) {
        note('cron', ctx);
      }
      @Every('25m')
      every(_: unknown, ctx: TaskContext) {
        note('every', ctx);
      }
      @CalendarEvery({ days: 1, at: '00:15' }, { id: 'daily' })
      @Task()
      calendar(_: unknown, ctx: TaskContext) {
        note('calendar', ctx);
      }
      @At('2027-01-01T00:45:00Z')
      at(_: unknown, ctx: TaskContext) {
        note('at', ctx);
      }
    }
    const m = await mill({ clock: new ManualClock(start), providers: [Shop] });
    const { schedules } = await m.schedules.list();
    expect(schedules.map(({ id, task, declared }) => [id, task, declared])).toEqual([
      ['Shop.at', 'Shop.at', true],
      ['Shop.every', 'Shop.every', true],
      ['daily', 'Shop.calendar', true],
      ['work.tick', 'work.tick', true],
    ]);
    await m.turn('55m');

    expect(ran).toEqual([
      'calendar Shop.calendar daily 2027-01-01T00:15:00Z',
      'cron work.tick work.tick 2027-01-01T00:20:00Z',
      'every Shop.every Shop.every 2027-01-01T00:25:00Z',
      'at Shop.at Shop.at 2027-01-01T00:45:00Z',
      'every Shop.every Shop.every 2027-01-01T00:50:00Z',
    ]);
  });

  it('SC1: dynamic ones are put at any time: by a producer before any worker, before the start, while it runs, by a job', async () => {
    const clock = new ManualClock(start);
    const trigger = cron('* * * * *');
    const producer = await mill({ clock, worker: false });
    await producer.schedules.put('producer', { task: Ticks.tick, trigger });
    @Injectable()
    class Starter implements OnModuleInit {
      constructor(private readonly schedules: Schedules) {}
      async onModuleInit() {
        await this.schedules.put('starting', { task: Ticks.tick, trigger });
      }
    }
    const m = await ticking({
      clock,
      store: producer.store,
      providers: [Starter],
      run: ({ job }) => job.scheduleId === 'running' && m.schedules.put('job', { task: Ticks.tick, trigger }),
    });
    await m.turn('30s');
    await m.schedules.put('running', { task: Ticks.tick, trigger });
    await m.turn('2m');

    const slotsOf = (id: string) => m.ran.filter(({ schedule }) => schedule === id).map(({ slot }) => slot);
    const minutes = times('2027-01-01T00:00Z', '2027-01-01T00:01Z', '2027-01-01T00:02Z');
    expect(slotsOf('producer')).toEqual(minutes);
    expect(slotsOf('starting')).toEqual(minutes);
    expect(slotsOf('running')).toEqual(minutes.slice(1));
    expect(slotsOf('job')).toEqual(minutes.slice(1));
  });

  it('SC2: nothing is started by hand: the worker that is there fires; an API process only stores', async () => {
    const clock = new ManualClock(start);
    const api = await mill({ clock, worker: false });
    await api.schedules.put('tick', { task: Ticks.tick, trigger: cron('* * * * *'), misfire: 'all' });
    await api.turn('150s');
    expect(await api.schedules.get('tick')).toMatchObject({ last: null, next: Date.parse(start), job: null });
    expect((await api.queue.list({})).jobs).toEqual([]);

    const worker = await ticking({ clock, store: api.store });
    await worker.turn('0s');
    expect(worker.ran.map(({ slot }) => slot)).toEqual(
      times('2027-01-01T00:00Z', '2027-01-01T00:01Z', '2027-01-01T00:02Z'),
    );
  });

  it('SC2: `schedules: false` opts out: it runs what others fire, and neither fires nor declares', async () => {
    const clock = new ManualClock(start);
    const out = await ticking({ clock, worker: { schedules: false }, providers: [declaring(Every('1m')).Reports] });
    await out.schedules.put('tick', { task: Ticks.tick, trigger: cron('* * * * *'), misfire: 'all' });
    await out.turn('90s');
    expect(out.ran).toEqual([]);
    expect((await out.schedules.list()).schedules.map(({ id }) => id)).toEqual(['tick']);

    const pure = await mill({ clock, store: out.store, worker: { queues: {} } });
    await pure.turn('60s');
    expect(out.ran.map(({ slot }) => slot)).toEqual(
      times('2027-01-01T00:00Z', '2027-01-01T00:01Z', '2027-01-01T00:02Z'),
    );
  });

  it('SC2: `queues: {}` makes a pure scheduler: it has no handlers, fires, and runs nothing', async () => {
    const ran: string[] = [];
    const pure = await mill({ clock: new ManualClock(start), worker: { queues: {} } });
    await pure.schedules.put('tick', { task: Ticks.tick, trigger: cron('* * * * *') });
    await pure.turn('61s');
    const { jobs } = await pure.queue.list({ queue: 'work' });
    expect(jobs.map(({ state, attempted }) => [state, attempted])).toEqual([
      ['ready', 0],
      ['ready', 0],
    ]);
    await pure.close();

    // The same with the handlers in its module graph.
    const withCode = await mill({
      clock: pure.clock,
      store: pure.store,
      handlers: [[Ticks.tick, () => void ran.push('here')]],
      worker: { queues: {} },
    });
    await withCode.turn('60s');
    expect(ran).toEqual([]);
    expect((await withCode.queue.list({ queue: 'work', state: 'ready' })).jobs).toHaveLength(3);
  });

  it('SC15: onBoot makes one extra job when a worker boots, at most one per schedule in 60 s over all processes, and moves no slot', async () => {
    const clock = new ManualClock(start);
    const store = memory({ clock });
    const ran: string[] = [];
    @Injectable()
    class Caches {
      @Cron('0 3 * * *', { onBoot: true })
      fill(_: unknown, { job }: TaskContext) {
        ran.push(`${job.scheduleId} ${iso(clock.now())}`);
      }
      @Cron('0 3 * * *', { onBoot: true })
      warm(_: unknown, { job }: TaskContext) {
        ran.push(`${job.scheduleId} ${iso(clock.now())}`);
      }
      @Cron('0 3 * * *')
      never(_: unknown, { job }: TaskContext) {
        ran.push(`${job.scheduleId} ${iso(clock.now())}`);
      }
    }
    const boot = () => mill({ clock, store, providers: [Caches] });
    const [one] = await Promise.all([boot(), boot(), boot()]);
    await one.turn('1s');
    const first = ['Caches.fill 2027-01-01T00:00:00Z', 'Caches.warm 2027-01-01T00:00:00Z'];
    expect(ran.sort()).toEqual(first);

    await one.close();
    await one.turn('58s');
    await (await boot()).turn('500ms');
    expect(ran).toEqual(first);

    await one.turn('500ms');
    const later = await boot();
    await later.turn('1s');
    expect(ran.slice(2).sort()).toEqual(['Caches.fill 2027-01-01T00:01:00Z', 'Caches.warm 2027-01-01T00:01:00Z']);
    expect(await later.schedules.get('Caches.fill')).toMatchObject({
      next: Date.parse('2027-01-01T03:00Z'),
      last: null,
    });
  });

  it('SC17: at boot what changed in code is updated, and history, counts and pause survive', async () => {
    const before = await declared([Every('10m', { id: 'report' }), Every('10m', { id: 'asleep' })]);
    await before.schedules.pause('asleep');
    await before.turn('25m');
    await before.close();
    expect(before.ran).toEqual(['report 2027-01-01T00:10:00Z', 'report 2027-01-01T00:20:00Z']);

    const { clock, store } = before;
    const after = await declared(
      [Every('20m', { id: 'report', overlap: 'skip' }), Every('20m', { id: 'asleep', overlap: 'skip' })],
      { clock, store },
    );
    expect(await after.schedules.get('report')).toMatchObject({
      words: 'every 20 minutes',
      overlap: 'skip',
      next: Date.parse('2027-01-01T00:45Z'),
      last: Date.parse('2027-01-01T00:20Z'),
      counts: { enqueued: 2 },
    });
    expect(await after.schedules.history('report')).toMatchObject([
      { slot: Date.parse('2027-01-01T00:10Z'), outcome: 'enqueued' },
      { slot: Date.parse('2027-01-01T00:20Z'), outcome: 'enqueued' },
    ]);
    expect(await after.schedules.get('asleep')).toMatchObject({
      words: 'every 20 minutes',
      overlap: 'skip',
      paused: true,
      next: null,
    });
    await after.turn('40m');
    expect(after.ran).toEqual(['report 2027-01-01T00:45:00Z', 'report 2027-01-01T01:05:00Z']);
  });

  it('SC17: what is gone from code is removed, and what was put at run time is left alone', async () => {
    const before = await declared([Every('10m', { id: 'kept' }), Every('10m', { id: 'gone' })]);
    await before.schedules.put('dynamic', { task: Ticks.tick, trigger: every('10m') });
    await before.schedules.put('asleep', { task: Ticks.tick, trigger: every('10m'), paused: true });
    const dynamic = await before.schedules.get('dynamic');
    await before.turn('5m');
    await before.close();

    const { clock, store } = before;
    const after = await declared([Every('10m', { id: 'kept' }), Every('10m', { id: 'new' })], { clock, store });
    const { schedules } = await after.schedules.list();
    expect(schedules.map(({ id, declared, paused }) => [id, declared, paused])).toEqual([
      ['asleep', false, true],
      ['dynamic', false, false],
      ['kept', true, false],
      ['new', true, false],
    ]);
    expect(await after.schedules.get('dynamic')).toEqual(dynamic);
    await after.turn('7m');
    expect(after.ran).toEqual(['kept 2027-01-01T00:10:00Z']);
    expect(await after.schedules.get('dynamic')).toMatchObject({ last: Date.parse('2027-01-01T00:10Z') });
    await after.close();

    // The last declaration goes as well.
    const last = await declared([], { clock, store, handlers: [[Ticks.tick, () => undefined]] });
    expect((await last.schedules.list()).schedules.map(({ id }) => id)).toEqual(['asleep', 'dynamic']);
  });

  it('SC17: what is declared and has ended stays ended, over rounds and boots, until code says something else', async () => {
    const ending = (count: number) => [
      At('2027-01-01T00:05:00Z', { id: 'date' }),
      Every('10m', { id: 'counted', count }),
      Every('10m', { id: 'until', until: '2027-01-01T00:10:00Z' }),
    ];
    const before = await declared(ending(1));
    await before.turn('25m');
    const ran = ['date 2027-01-01T00:05:00Z', 'counted 2027-01-01T00:10:00Z', 'until 2027-01-01T00:10:00Z'];
    expect(before.ran.sort()).toEqual(ran.sort());
    await before.close();

    const { clock, store } = before;
    const again = await declared(ending(1), { clock, store });
    await again.turn('25m');
    expect(again.ran).toEqual([]);
    await again.close();

    const more = await declared(ending(2), { clock, store });
    await more.turn('21m');
    expect(more.ran).toEqual(['counted 2027-01-01T01:00:00Z', 'counted 2027-01-01T01:10:00Z']);
  });

  it('SC17: one id both ways is an error, whichever comes second, and so are two declarations of one id', async () => {
    const m = await declared([Every('10m', { id: 'report' })]);
    const put = await refusal(() => m.schedules.put('report', { task: Ticks.tick, trigger: every('1m') }));
    expect(put).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'id' });
    expect(put.message).toContain('declared in code');
    expect(await m.schedules.get('report')).toMatchObject({ declared: true, words: 'every 10 minutes' });

    const { clock, store } = await mill({ worker: false });
    const api = await mill({ clock, store, worker: false });
    await api.schedules.put('report', { task: Ticks.tick, trigger: every('1m') });
    const boot = await refusal(() => declared([Every('10m', { id: 'report' })], { clock, store }));
    expect(boot).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(boot.message).toMatch(/The schedule 'report' of Reports\.tick: it was put at run time as well/);
    expect(await api.schedules.get('report')).toMatchObject({ declared: false, words: 'every minute' });

    const twice = await refusal(() => declared([Every('10m', { id: 'same' }), Every('20m', { id: 'same' })]));
    expect(twice).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(twice.message).toContain("'same'");
  });

  it('SC17: two applications on one store, with root modules or owners of their own, leave each other alone', async () => {
    const clock = new ManualClock(start);
    const store = memory({ clock });
    const boot = async (root: Type) => {
      const app = await NestFactory.createApplicationContext(root, { logger: false });
      afterwards(() => app.close());
      return app;
    };
    const queue = () => QueueModule.forRoot({ store, clock });
    const worker = (owner?: string) =>
      WorkerModule.forRoot({ signals: false, health: false, schedules: owner === undefined ? true : { owner } });
    const shop = declaring(Every('10m', { id: 'shop' }));
    const billing = declaring(Every('10m', { id: 'billing' }));
    @Module({ imports: [queue(), worker()], providers: [shop.Reports] })
    class ShopModule {}
    @Module({ imports: [queue(), worker()], providers: [billing.Reports] })
    class BillingModule {}
    const ids = async () => (await store.schedules({})).schedules.map(({ id }) => id);
    for (const root of [ShopModule, BillingModule, ShopModule]) await (await boot(root)).close();
    expect(await ids()).toEqual(['billing', 'shop']);

    const empty = (owner: string) => {
      @Module({ imports: [queue(), worker(owner)], providers: [declaring(Every('10m', { id: owner })).Reports] })
      class AppModule {}
      return AppModule;
    };
    for (const owner of ['one', 'two', 'one']) await (await boot(empty(owner))).close();
    expect(await ids()).toEqual(['billing', 'one', 'shop', 'two']);

    // A root module that declares nothing any more takes its own away, and nobody else's.
    @Module({ imports: [queue(), WorkerModule.forRoot({ signals: false, health: false, queues: {} })] })
    class Emptied {}
    Object.defineProperty(Emptied, 'name', { value: 'ShopModule' });
    await (await boot(Emptied)).close();
    expect(await ids()).toEqual(['billing', 'one', 'two']);
  });
});
