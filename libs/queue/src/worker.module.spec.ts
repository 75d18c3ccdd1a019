import { jest } from '@jest/globals';
import {
  BadRequestException,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  type OnModuleDestroy,
  type PipeTransform,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { APP_GUARD, REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsInt, IsString } from 'class-validator';
import { map } from 'rxjs';
import { Queue } from './client/queue.js';
import { workerOverrides } from './nest/worker-overrides.js';
import { WorkerHost } from './nest/worker-host.js';
import type { WorkerModuleOptions } from './nest/worker-options.js';
import { QueueModule } from './queue.module.js';
import { memory } from './store/memory/index.js';
import { TaskContext } from './task/context.js';
import { defineTasks } from './task/define-tasks.js';
import { OnJob } from './task/on-job.decorator.js';
import { Snooze } from './task/signals.js';
import { Task } from './task/task.decorator.js';
import { returns, task } from './task/task.js';
import { WorkerModule } from './worker.module.js';

class Order {
  @IsString() id!: string;
  @IsInt() quantity!: number;
}

class OrderTasks extends defineTasks('orders', {
  process: task({ payload: Order, returns: returns<string>(), queue: 'orders', retry: { attempts: 1 } }),
  sweep: task({ queue: 'low', aliases: ['orders.tidy'] }),
}) {}

type Metadata = NonNullable<Parameters<typeof Module>[0]>;
const apps: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

/** An application with a worker, on a store of its own. */
async function setup(parts: Metadata & { worker?: WorkerModuleOptions }) {
  const { worker, imports = [], ...rest } = parts;
  const store = memory();
  const app = await Test.createTestingModule({
    ...rest,
    imports: [
      QueueModule.forRoot({ store }),
      QueueModule.forFeature([OrderTasks]),
      WorkerModule.forRoot({ signals: false, ...worker }),
      ...imports,
    ],
  }).compile();
  app.useLogger(false);
  await app.init();
  apps.push(app);
  const queue = app.get(Queue);
  return { app, store, queue, host: app.get(WorkerHost), tasks: app.get(OrderTasks, { strict: false }) };
}

const order = { id: 'o1', quantity: 2 };

describe('handlers', () => {
  it('DT1: a decorated method of a provider gets payload and context, and answers its caller', async () => {
    @Injectable()
    class Handlers {
      @Task(OrderTasks.process)
      async process(given: Order, ctx: TaskContext) {
        return `${given instanceof Order} ${given.id} ${ctx.attempt} ${TaskContext.current() === ctx}`;
      }
    }
    const { app, tasks } = await setup({ providers: [Handlers] });

    expect(await tasks.process.run(order)).toBe('true o1 1 true');
    expect(await app.get(Handlers).process(Object.assign(new Order(), order), { attempt: 7 } as never)).toContain(
      ' 7 ',
    );
  });

  it('DT3: are named by their contract, by class and method without one, and by aliases', async () => {
    @Injectable()
    class Reindexer {
      @Task(OrderTasks.sweep)
      async sweep() {
        return 'swept';
      }
      @Task()
      async reindex(given: Order) {
        return given instanceof Order;
      }
    }
    const { queue } = await setup({ providers: [Reindexer], worker: { queues: { low: 1, default: 1 } } });

    expect(await queue.run('Reindexer.reindex', order)).toBe(true);
    expect(await queue.run('orders.tidy', undefined, { queue: 'low' })).toBe('swept');
  });

  it('are found on wrapped instances and factory-made ones', async () => {
    class Handlers {
      @Task(OrderTasks.sweep)
      async sweep() {
        return 'from a factory';
      }
    }
    const wrapped = () => new Proxy(new Handlers(), {});
    const { queue } = await setup({
      providers: [
        { provide: 'HANDLERS', useFactory: wrapped },
        { provide: 'ALIAS', useExisting: 'HANDLERS' },
      ],
    });

    expect(await queue.run(OrderTasks.sweep)).toBe('from a factory');
  });

  it('DT8: share singletons, and get request-scoped providers of their own job, disposed of after it', async () => {
    const disposed: string[] = [];
    let made = 0;
    @Injectable()
    class Shared {}
    @Injectable({ scope: Scope.REQUEST })
    class Session implements OnModuleDestroy {
      readonly number = ++made;
      constructor(@Inject(REQUEST) readonly request: TaskContext) {}
      onModuleDestroy() {
        disposed.push(this.request.job.id);
      }
    }
    const shared = new Set<Shared>();
    @Injectable()
    class Handlers {
      constructor(
        private readonly session: Session,
        one: Shared,
      ) {
        shared.add(one);
      }
      @Task(OrderTasks.sweep)
      async sweep(_: void, ctx: TaskContext) {
        return { own: this.session.request === ctx, number: this.session.number };
      }
    }
    const { queue } = await setup({ providers: [Shared, Session, Handlers] });

    const jobs = [await queue.enqueue(OrderTasks.sweep), await queue.enqueue(OrderTasks.sweep)];
    const results = [await jobs[0]!.result(), await jobs[1]!.result()];

    expect(results).toEqual([
      { own: true, number: 1 },
      { own: true, number: 2 },
    ]);
    expect(disposed).toEqual(jobs.map((job) => job.id));
    expect(shared.size).toBe(1);
  });
});

describe('enhancers', () => {
  const trail: string[] = [];
  beforeEach(() => void (trail.length = 0));

  @Injectable()
  class Guard implements CanActivate {
    canActivate(context: ExecutionContext) {
      trail.push(`guard ${context.getType<string>()} ${context.getHandler().name} ${context.getArgs().length}`);
      return context.getArgByIndex<Order>(0).quantity < 10;
    }
  }
  @Injectable()
  class Interceptor implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler<string>) {
      trail.push('interceptor');
      return next.handle().pipe(map((answer) => `<${answer}>`));
    }
  }
  @Injectable()
  class Pipe implements PipeTransform {
    transform(value: Order, { type, metatype }: { type: string; metatype?: unknown }) {
      trail.push(`pipe ${type} ${(metatype as { name?: string })?.name}`);
      if (type !== 'body') return value;
      if (value.id === 'bad') throw new BadRequestException(['id is bad']);
      return { ...value, id: value.id.toUpperCase() };
    }
  }
  class CardDeclined extends Error {}
  @Catch(CardDeclined)
  class Filter implements ExceptionFilter {
    catch(error: CardDeclined) {
      return error.message === 'silent' ? undefined : `filtered ${error.message}`;
    }
  }

  @Injectable()
  @UseGuards(Guard)
  class Handlers {
    @Task(OrderTasks.process)
    @UseInterceptors(Interceptor)
    @UsePipes(Pipe)
    @UseFilters(Filter)
    async process(given: Order, ctx: TaskContext) {
      trail.push(`handler ${ctx.attempt}`);
      if (given.id === 'DECLINED') throw new CardDeclined('card');
      if (given.id === 'SILENT') throw new CardDeclined('silent');
      if (given.id === 'SNOOZE') throw new Snooze('1h');
      if (given.id === 'REFUSED') throw new ForbiddenException('by the handler itself');
      return given.id;
    }
  }

  it('DT10: guards, interceptors, pipes and filters work on a handler', async () => {
    const { tasks } = await setup({ providers: [Handlers, Guard] });

    expect(await tasks.process.run(order)).toBe('<O1>');

    expect(trail).toEqual([
      'guard task process 2',
      'interceptor',
      'pipe body Order',
      expect.stringContaining('pipe custom'),
      'handler 1',
    ]);
  });

  it('a guard that refuses fails the job for good', async () => {
    const { queue, tasks } = await setup({ providers: [Handlers] });

    const job = await tasks.process.enqueue({ id: 'o1', quantity: 10 }, { retry: { attempts: 5 } });

    await expect(job.result()).rejects.toMatchObject({ code: 'JOB_FAILED', reason: 'forbidden' });
    expect(await queue.job(job.id)).toMatchObject({ state: 'failed', attempted: 1 });
    expect(trail).not.toContain('handler 1');
  });

  it('a pipe that refuses fails the job for good, with the issues', async () => {
    const { tasks } = await setup({ providers: [Handlers] });

    const job = await tasks.process.enqueue({ id: 'bad', quantity: 1 }, { retry: { attempts: 5 } });

    await expect(job.result()).rejects.toMatchObject({
      reason: 'invalid-payload',
      error: { message: expect.stringContaining('id is bad') },
    });
  });

  it('the same error thrown by the handler itself is an ordinary one', async () => {
    const { tasks } = await setup({ providers: [Handlers] });

    const job = await tasks.process.enqueue({ id: 'refused', quantity: 1 });

    await expect(job.result()).rejects.toMatchObject({ reason: 'exhausted' });
  });

  it('what a filter answers is the result; what it leaves unanswered stays an error', async () => {
    const { tasks } = await setup({ providers: [Handlers] });

    expect(await tasks.process.run({ id: 'declined', quantity: 1 })).toBe('filtered card');
    await expect(tasks.process.run({ id: 'silent', quantity: 1 })).rejects.toMatchObject({ code: 'JOB_FAILED' });
  });

  it('signals such as Snooze pass filters by', async () => {
    const { app, queue, tasks, host } = await setup({ providers: [Handlers] });

    const job = await tasks.process.enqueue({ id: 'snooze', quantity: 1 });
    await host.worker.idle();

    expect(await queue.job(job.id)).toMatchObject({ state: 'scheduled', reason: 'snooze', attempted: 0 });
    expect(app).toBeDefined();
  });

  it('request-scoped enhancers are made for the job', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class OwnGuard implements CanActivate {
      constructor(@Inject(REQUEST) private readonly request: TaskContext) {}
      canActivate() {
        trail.push(`own ${this.request.job.task}`);
        return true;
      }
    }
    @Injectable()
    class Guarded {
      @Task(OrderTasks.process)
      @UseGuards(OwnGuard)
      async process(given: Order) {
        return given.id;
      }
    }
    const { tasks } = await setup({ providers: [Guarded] });

    expect(await tasks.process.run(order)).toBe('o1');
    expect(trail).toEqual(['own orders.process']);
  });

  it.each([
    [false, 'done'],
    [true, 'JOB_FAILED'],
  ])('global ones, made for requests, run only when asked for (%s)', async (globalEnhancers, answer) => {
    @Injectable()
    class Closed implements CanActivate {
      canActivate = () => false;
    }
    @Injectable()
    class Plain {
      @Task(OrderTasks.process)
      async process() {
        return 'done';
      }
    }
    const { tasks } = await setup({
      providers: [Plain, { provide: APP_GUARD, useClass: Closed }],
      worker: { globalEnhancers },
    });

    const said = await tasks.process.run(order).catch((error: { code: string }) => error.code);

    expect(said).toBe(answer);
  });
});

describe('boot', () => {
  @Injectable()
  class Handlers {
    @Task(OrderTasks.process)
    async process() {
      return 'ok';
    }
    @Task(OrderTasks.sweep)
    async sweep() {}
  }
  @Injectable()
  class Doubles {
    @Task(OrderTasks.process)
    async again() {
      return 'ok';
    }
  }

  it('DT2: searches every provider of the module graph, and prints each task with its queue', async () => {
    @Module({ providers: [Handlers] })
    class Far {}
    @Module({ imports: [Far] })
    class Near {}
    const lines: string[] = [];
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ store: memory() }), WorkerModule.forRoot({ signals: false }), Near],
    }).compile();
    app.useLogger({ log: (line: string) => lines.push(line), warn: () => {}, error: () => {} });
    await app.init();
    apps.push(app);

    expect(lines).toEqual(
      expect.arrayContaining([
        'orders.process on queue orders: Handlers.process',
        'orders.sweep on queue low: Handlers.sweep',
      ]),
    );
  });

  it('DT2: stops at two handlers for one name', async () => {
    await expect(setup({ providers: [Handlers, Doubles] })).rejects.toThrow(
      "Two handlers run 'orders.process': Handlers.process and Doubles.again",
    );
  });

  it('DT2: stops at one class provided by two modules', async () => {
    @Module({ providers: [Handlers] })
    class Other {}

    await expect(setup({ providers: [Handlers], imports: [Other] })).rejects.toThrow('provided by two modules');
  });

  it('DT2: stops at a worker with nothing to run', async () => {
    await expect(setup({})).rejects.toThrow('nothing to run');
  });

  it('stops at @Task() in a controller', async () => {
    @Controller()
    class Mixed {
      @Task(OrderTasks.sweep)
      async sweep() {}
    }

    await expect(setup({ providers: [Doubles], controllers: [Mixed] })).rejects.toThrow(
      '@Task() in Mixed is never called',
    );
  });

  it('stops at a guard on the property of a thread task, where nobody asks it', async () => {
    // Its type refuses a property, too.
    const guarded = UseGuards({ canActivate: () => false }) as unknown as PropertyDecorator;
    @Injectable()
    class Threaded {
      @Task(OrderTasks.sweep, { thread: new URL('file:///sweep.js') })
      @guarded
      sweep!: never;
    }

    await expect(setup({ providers: [Threaded] })).rejects.toThrow(
      'Guards, pipes and so on do nothing on the property Threaded.sweep: put them on its class.',
    );
  });

  it.each([
    [{ queue: { orders: 1 } }, "Unknown option 'queue'. Did you mean 'queues'?"],
    [
      { queues: { orders: { concurency: 1 } } },
      "Unknown option 'queues.orders.concurency'. Did you mean 'queues.orders.concurrency'?",
    ],
    [{ concurrency: 0 }, 'concurrency: must be a whole number'],
    [{ concurrency: { min: 3, max: 2 } }, 'concurrency.min: must be a whole number from 1 to 2, not 3'],
    [{ queues: { low: { concurrency: { max: 2 } } } }, 'queues.low.concurrency.min: must be a whole number'],
    [{ concurrency: { min: 1, most: 2 } }, "Unknown option 'concurrency.most'"],
    [{ recycle: { job: 1 } }, "Unknown option 'recycle.job'. Did you mean 'recycle.jobs'?"],
    [{ recycle: { jobs: 0.5 } }, 'recycle.jobs: must be a whole number'],
    [{ maxBlock: 'long' as never }, "maxBlock: 'long' is not a duration"],
    [{ threads: { maks: 1 } }, "Unknown option 'threads.maks'. Did you mean 'threads.max'?"],
    [{ threads: { max: 0 } }, 'threads.max: must be a whole number'],
    [{ threads: { memory: '1MB' } }, 'threads.memory: must be at least 16MB'],
    [
      { recycle: { memory: '512M' } },
      "recycle.memory: '512M' is no amount of memory: write '512MB', '1.5GB', or bytes",
    ],
    [{ lease: '10 seconds' }, 'is not a duration'],
    [{ burst: 'some' }, 'burst'],
    [{ health: { port: -1 } }, 'health.port'],
    [{ tasks: { only: ['orders.proces'] } }, "Did you mean 'orders.process'?"],
  ])('WK1: refuses %j', async (worker, says) => {
    await expect(setup({ providers: [Handlers], worker: worker as WorkerModuleOptions })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(says.split('. Did')[0]!),
    });
  });

  it('WK2: serves every queue its handlers name, or those it is told', async () => {
    const all = await setup({ providers: [Handlers] });
    const some = await setup({ providers: [Handlers], worker: { queues: { low: 2 } } });
    const rest = await setup({ providers: [Handlers], worker: { except: ['low'] } });

    expect(await queuesOf(all.queue)).toEqual(['low', 'orders']);
    expect(await queuesOf(some.queue)).toEqual(['low']);
    expect(await queuesOf(rest.queue)).toEqual(['orders']);
  });

  it('DT2: runs a narrowed choice of its handlers', async () => {
    const { queue } = await setup({ providers: [Handlers, Doubles], worker: { tasks: { only: ['orders.s*'] } } });

    expect(await queuesOf(queue)).toEqual(['low']);
  });

  it('lets the command line win over the module', async () => {
    const { queue } = await workerOverrides.run({ queues: { orders: 1 } }, () =>
      setup({ providers: [Handlers], worker: { queues: { low: 2 } } }),
    );

    expect(await queuesOf(queue)).toEqual(['orders']);
  });

  const queuesOf = async (queue: Queue) => (await queue.workers()).flatMap((worker) => worker.queues).sort();
});

describe('hooks', () => {
  const trail: string[] = [];
  beforeEach(() => void (trail.length = 0));

  @Injectable()
  class Handlers {
    @Task(OrderTasks.sweep)
    async sweep() {
      trail.push('handler');
    }
  }
  @Injectable()
  class Hooks {
    onWorkerStart = () => void trail.push('start');
    onWorkerStop() {
      trail.push('stop');
    }
    onJobStart(context: TaskContext) {
      trail.push(`job start ${context.job.task}`);
    }
    onJobEnd() {
      trail.push('job end');
      throw new Error('a hook');
    }
    @OnJob('completed', OrderTasks.sweep)
    completed() {
      trail.push('listener');
    }
  }
  @Injectable()
  class Prototyped extends Hooks {}

  it('WK5, WK6: are called around the worker and each job, in order, and break nothing', async () => {
    const { app, queue, host } = await setup({
      providers: [Handlers, Prototyped],
      worker: {
        hooks: { onWorkerStart: () => void trail.push('own start'), onWorkerStop: () => void trail.push('own stop') },
      },
    });

    await queue.run(OrderTasks.sweep);
    await host.worker.idle();
    await app.close();

    expect(trail).toEqual([
      'own start',
      'start',
      'job start orders.sweep',
      'handler',
      'job end',
      'listener',
      'stop',
      'own stop',
    ]);
  });

  it('leaves no store and no port open when it fails', async () => {
    const store = memory();
    const close = jest.spyOn(store, 'close');
    let port = 0;
    @Injectable()
    class Handlers {
      constructor(private readonly host: WorkerHost) {}
      @Task() run() {}
      onWorkerStart() {
        port = this.host.port!;
        throw new Error('no database');
      }
    }
    const module = await Test.createTestingModule({
      imports: [
        QueueModule.forRoot({ store }),
        WorkerModule.forRoot({ signals: false, health: { port: 0, host: '127.0.0.1' } }),
      ],
      providers: [Handlers],
    }).compile();
    module.useLogger(false);

    await expect(module.init()).rejects.toThrow('no database');

    expect(close).toHaveBeenCalledTimes(1);
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow('fetch failed');
  });

  it('WK5: a throw in onWorkerStart stops the boot', async () => {
    @Injectable()
    class Broken {
      onWorkerStart() {
        throw new Error('no printer');
      }
    }

    await expect(setup({ providers: [Handlers, Broken] })).rejects.toThrow('no printer');
  });
});

describe('shutdown', () => {
  it('WK8: drains before anything a job may need is closed', async () => {
    const trail: string[] = [];
    let begun!: () => void;
    let finish!: () => void;
    const running = new Promise<void>((resolve) => (begun = resolve));
    const gate = new Promise<void>((resolve) => (finish = resolve));
    @Injectable()
    class Database implements OnModuleDestroy {
      onModuleDestroy() {
        trail.push('database closed');
      }
    }
    @Injectable()
    class Handlers {
      @Task(OrderTasks.sweep)
      async sweep() {
        begun();
        await gate;
        trail.push('job ended');
      }
    }
    const { app, store, queue } = await setup({ providers: [Database, Handlers] });
    const job = await queue.enqueue(OrderTasks.sweep);
    await running;

    const closing = app.close();
    finish();
    await closing;

    expect(trail).toEqual(['job ended', 'database closed']);
    expect((await store.find([{ id: job.id }]))[0]).toMatchObject({ state: 'completed' });
  });
});

describe('burst', () => {
  it('WK4: ends the application once its queues are drained', async () => {
    const trail: string[] = [];
    let closed!: () => void;
    const end = new Promise<void>((resolve) => (closed = resolve));
    @Injectable()
    class Handlers implements OnModuleDestroy {
      @Task(OrderTasks.sweep)
      async sweep() {
        trail.push('job');
      }
      onModuleDestroy() {
        trail.push('closed');
        closed();
      }
    }
    const store = memory();
    await new Queue({ store }).enqueue(OrderTasks.sweep);
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ store }), WorkerModule.forRoot({ burst: 'ready', signals: false })],
      providers: [Handlers],
    }).compile();
    app.useLogger(false);

    await app.init();
    await end;

    expect(trail).toEqual(['job', 'closed']);
  });
});

describe('health', () => {
  @Injectable()
  class Handlers {
    @Task(OrderTasks.sweep)
    async sweep() {}
  }

  it('WK7: answers live and ready on its port, and not ready once it leaves', async () => {
    const { host, store } = await setup({
      providers: [Handlers],
      worker: { health: { port: 0, host: '127.0.0.1' } },
    });
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${host.port}/${path}`);
      return { status: response.status, body: (await response.json()) as { status: string; message?: string } };
    };

    expect(await get('livez')).toMatchObject({ status: 200, body: { status: 'up' } });
    expect(await get('readyz')).toMatchObject({ status: 200, body: { status: 'up' } });

    const time = store.time.bind(store);
    store.time = () => Promise.reject(new Error('gone'));
    expect(await get('readyz')).toMatchObject({ status: 503, body: { status: 'down', message: 'gone' } });
    store.time = time;

    await host.onModuleDestroy();
    expect(await get('readyz')).toMatchObject({ status: 503 });
    expect(await get('livez')).toMatchObject({ status: 200 });
  });
});
