import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { QueueModule } from '../queue.module.js';
import { Cron, Every } from '../schedule/decorators.js';
import { Schedules } from '../schedule/schedules.js';
import { at, every } from '../schedule/trigger/index.js';
import type { TaskContext } from '../task/context.js';
import { defineTasks } from '../task/define-tasks.js';
import { Task } from '../task/task.decorator.js';
import { task } from '../task/task.js';
import { WorkerModule } from '../worker.module.js';
import { memory, QueueTester, testingQueue } from './index.js';

const hour = 3_600_000;
const day = 24 * hour;

class ReportTasks extends defineTasks('reports', {
  purge: task({ queue: 'low' }),
  mail: task({ queue: 'mail' }),
}) {}

@Injectable()
class Handlers {
  readonly purged: (number | undefined)[] = [];
  ticks = 0;
  mailed = 0;

  constructor(private readonly schedules: Schedules) {}

  @Task(ReportTasks.purge)
  @Cron('0 3 * * *')
  async purge(_: void, ctx: TaskContext) {
    this.purged.push(ctx.scheduledFor);
  }

  @Every('6h')
  async tick() {
    this.ticks++;
    if (this.ticks === 1) await this.schedules.put('now', { task: ReportTasks.mail, trigger: at(0) });
  }

  @Task(ReportTasks.mail)
  async mail() {
    this.mailed++;
  }
}

const few = () => QueueTester.module({ providers: [Handlers], tasks: [ReportTasks] });

describe('turning the clock', () => {
  it('fires what is declared where no worker runs, each slot at its time', async () => {
    const q = await few();
    const midnight = q.clock.now();

    await q.clock.advance('2d');
    const { failed } = await q.drain();

    expect(failed).toBe(0);
    expect(q.get(Handlers).purged).toEqual([midnight + 3 * hour, midnight + day + 3 * hour]);
    expect(await q.schedules.get('reports.purge')).toMatchObject({ counts: { enqueued: 2, skipped: 0, missed: 0 } });
    expect(q.get(Handlers).ticks).toBe(8);
    await q.close();
  });

  it('fires what is put at run time', async () => {
    const q = await few();
    await q.schedules.put('often', { task: ReportTasks.mail, trigger: every('1m') });

    await q.clock.advance('10m');

    expect(await q.drain()).toEqual({ completed: 10, failed: 0 });
    expect((await q.schedules.history('often'))?.map(({ outcome }) => outcome)).toEqual(Array(10).fill('enqueued'));
    await q.close();
  });

  it('costs what is due: a year without slots passes at once', async () => {
    const q = await QueueTester.module({ tasks: [ReportTasks] });
    await q.schedules.put('late', { task: ReportTasks.mail, trigger: every('366d') });
    await q.clock.advance(0);
    let looks = 0;
    const { store } = q.schedules.book;
    const look = store.schedules.bind(store);
    store.schedules = (query) => (looks++, look(query));

    await q.clock.advance('365d');

    expect(looks).toBe(0);
    await q.clock.advance('1d');
    expect(looks).toBeGreaterThan(0);
    await q.close();
  });

  it('is the same in a whole application without a worker, and in one with a worker', async () => {
    for (const imports of [[], [WorkerModule.forRoot({ signals: false })]]) {
      @Module({
        imports: [QueueModule.forRoot({ store: memory() }), QueueModule.forFeature([ReportTasks]), ...imports],
        providers: [Handlers],
      })
      class AppModule {}
      const app = await testingQueue()
        .override(Test.createTestingModule({ imports: [AppModule] }))
        .compile();
      app.useLogger(false);
      const q = QueueTester.of(await app.init());

      await q.schedules.put('often', { task: ReportTasks.mail, trigger: every('1m') });
      await q.clock.advance('5m');

      expect(await q.drain()).toMatchObject({ failed: 0 });
      expect(q.get(Handlers).mailed).toBe(5);
      expect(await q.schedules.get('reports.purge')).toMatchObject({ declared: true });
      await q.close();
      expect(q.clock.waiting).toBe(0);
    }
  });
});

describe('drain', () => {
  it('fires a slot that is due now, and what handlers put meanwhile', async () => {
    const q = await few();
    await q.schedules.put('once', { task: 'Handlers.tick', trigger: at(q.clock.now()) });

    expect(await q.drain()).toEqual({ completed: 2, failed: 0 });
    expect(q.get(Handlers)).toMatchObject({ ticks: 1, mailed: 1 });
    await q.close();
  });

  it('runs the extra jobs of a boot', async () => {
    @Injectable()
    class Eager {
      runs = 0;
      @Every('1d', { onBoot: true })
      async run() {
        this.runs++;
      }
    }
    const q = await QueueTester.module({ providers: [Eager] });

    await q.drain();

    expect(q.get(Eager).runs).toBe(1);
    await q.close();
  });
});

describe('QueueTester', () => {
  it('says what is wrong with a declared schedule', async () => {
    @Injectable()
    class Never {
      @Cron('0 0 31 4 *')
      async run() {}
    }

    await expect(QueueTester.module({ providers: [Never] })).rejects.toThrow('would never fire');
  });

  it('leaves nothing waiting behind', async () => {
    const q = await few();

    await q.close();

    expect(q.clock.waiting).toBe(0);
  });
});
