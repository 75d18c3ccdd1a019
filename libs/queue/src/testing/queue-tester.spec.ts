import { BadRequestException, type CanActivate, Injectable, Module, UseGuards } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { StoreUnavailable } from '../job/errors.js';
import { QueueModule } from '../queue.module.js';
import type { TaskContext } from '../task/context.js';
import { defineTasks } from '../task/define-tasks.js';
import { RetryLater, Snooze } from '../task/signals.js';
import { Task } from '../task/task.decorator.js';
import { returns, task } from '../task/task.js';
import { WorkerModule } from '../worker.module.js';
import { memory, QueueTester, testingQueue } from './index.js';

class Order {
  @IsString() id!: string;
}

class OrderTasks extends defineTasks('orders', {
  process: task({ payload: Order, returns: returns<{ status: string }>(), queue: 'orders', retry: { attempts: 3 } }),
  mail: task({ queue: 'mail' }),
}) {}

class Closed implements CanActivate {
  canActivate = (context: { getArgByIndex<T>(i: number): T }) => context.getArgByIndex<Order>(0).id !== 'forbidden';
}

@Injectable()
class Handlers {
  mailed = 0;
  constructor(private readonly tasks: OrderTasks) {}

  @Task(OrderTasks.process)
  @UseGuards(Closed)
  async process(order: Order, ctx: TaskContext) {
    ctx.logger.log(`attempt ${ctx.attempt}`);
    await ctx.progress(50);
    if (order.id === 'later') throw new RetryLater('10s');
    if (order.id === 'snooze') throw new Snooze('1h');
    if (order.id === 'broken') throw new BadRequestException('broken');
    await this.tasks.mail.enqueue(undefined, { delay: order.id === 'slow' ? '1h' : 0 });
    return { status: `processed ${order.id}` };
  }

  @Task(OrderTasks.mail)
  async mail() {
    this.mailed++;
  }
}

@Module({
  imports: [
    QueueModule.forRootAsync({
      useFactory: () => ({
        store: Object.assign(memory(), { open: () => Promise.reject(new StoreUnavailable('redis://real')) }),
      }),
    }),
    QueueModule.forFeature([OrderTasks]),
  ],
  providers: [Handlers],
})
class AppModule {}

async function setup() {
  const builder = testingQueue().override(Test.createTestingModule({ imports: [AppModule] }));
  const app = await (await builder.compile()).init();
  app.useLogger(false);
  return QueueTester.of(app);
}

describe('perform', () => {
  it('takes a job the whole way and tells how it went', async () => {
    const q = await setup();

    const run = await q.perform(OrderTasks.process, { id: 'o1' }, { attempt: 2 });

    expect(run).toMatchObject({
      outcome: 'completed',
      result: { status: 'processed o1' },
      error: null,
      progress: { percent: 50 },
      logs: [expect.stringContaining('attempt 2')],
      enqueued: [{ task: 'orders.mail' }],
    });
    expect(await q.enqueued(OrderTasks.process)).toEqual([]);
    await q.close();
  });

  it.each([
    ['later', 1, 'retry'],
    ['later', 3, 'failed'],
    ['snooze', 1, 'snoozed'],
    ['forbidden', 1, 'failed'],
    ['broken', 1, 'failed'],
  ])('tells the outcome of an order that is %s in attempt %i: %s', async (id, attempt, outcome) => {
    const q = await setup();

    expect(await q.perform(OrderTasks.process, { id }, { attempt })).toMatchObject({ outcome });
    await q.close();
  });

  it('throws what the enqueue would throw', async () => {
    const q = await setup();

    await expect(q.perform(OrderTasks.process, { id: 7 as never })).rejects.toMatchObject({ code: 'PAYLOAD_INVALID' });
    await q.close();
  });
});

describe('drain', () => {
  it('runs what is ready and what follows, and leaves what is scheduled until the clock is turned', async () => {
    const q = await setup();
    await q.get(OrderTasks).process.enqueueMany([{ payload: { id: 'o1' } }, { payload: { id: 'slow' } }]);

    expect(await q.drain()).toEqual({ completed: 3, failed: 0 });
    expect(q.get(Handlers).mailed).toBe(1);
    await q.clock.advance('1h');
    expect(await q.drain()).toEqual({ completed: 1, failed: 0 });

    expect(q.get(Handlers).mailed).toBe(2);
    await q.close();
  });

  it('waits for the worker of an application that has one', async () => {
    @Module({ imports: [AppModule, WorkerModule.forRoot({ signals: false })] })
    class WorkingModule {}
    const builder = testingQueue().override(Test.createTestingModule({ imports: [WorkingModule] }));
    const app = await builder.compile();
    app.useLogger(false);
    const q = QueueTester.of(await app.init());
    await q.get(OrderTasks).process.enqueue({ id: 'o1' });

    expect(await q.drain()).toEqual({ completed: 2, failed: 0 });
    expect(q.clock.waiting).toBeGreaterThan(0);
    await q.close();
    expect(q.clock.waiting).toBe(0);
  });
});

describe('QueueTester', () => {
  it('boots a few providers with a queue of their own', async () => {
    const q = await QueueTester.module({ providers: [Handlers], tasks: [OrderTasks] });

    expect(await q.perform(OrderTasks.process, { id: 'o1' })).toMatchObject({ outcome: 'completed' });
    await q.close();
  });

  it('says how to get a clock it can turn', async () => {
    const app = await Test.createTestingModule({ imports: [QueueModule.forRoot({ store: memory() })] }).compile();

    expect(() => QueueTester.of(app)).toThrow('testingQueue().override(');
    await app.close();
  });
});
