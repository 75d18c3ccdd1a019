import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { Queue } from './client/queue.js';
import { StoreUnavailable } from './job/errors.js';
import { OnJob } from './task/on-job.decorator.js';
import { defineTasks } from './task/define-tasks.js';
import { task } from './task/task.js';
import { getQueueToken, InjectQueue, InjectTasks, QUEUE_STORE } from './nest/tokens.js';
import type { QueueModuleOptions, QueueOptionsFactory } from './nest/queue-options.js';
import { QueueHealth } from './health/queue-health.js';
import { QueueModule } from './queue.module.js';
import { memory } from './store/memory/index.js';
import { ManualClock } from './time/manual-clock.js';
import type { Store } from './store/store.js';

class Mail {
  @IsString() to!: string;
}

class MailTasks extends defineTasks('mail', {
  send: task({ payload: Mail, queue: 'mail' }),
}) {}

@Injectable()
class Sender {
  constructor(
    readonly mail: MailTasks,
    readonly queue: Queue,
  ) {}
}

/** A store that tells what was called. */
function watched(store: Store = memory()) {
  const calls: string[] = [];
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { store: proxy, calls };
}

const boot = async (...imports: NonNullable<Parameters<typeof Module>[0]['imports']>) => {
  const module = await Test.createTestingModule({ imports, providers: [] }).compile();
  return module.init();
};

describe('forRoot', () => {
  it('EN11: opens the store at boot, hands out one client, closes it last, and never waits for work', async () => {
    const { store, calls } = watched();
    const app = await boot(QueueModule.forRoot({ store }), QueueModule.forFeature([MailTasks]));
    await app.get(MailTasks, { strict: false }).send.enqueue({ to: 'ada' });

    expect(calls[0]).toBe('open');
    expect(calls).not.toContain('close');
    await app.close();

    expect(calls.at(-1)).toBe('close');
    for (const verb of ['exchange', 'register', 'listen', 'reap']) expect(calls).not.toContain(verb);
  });

  it('EN11: leaves a store alone that its owner closes', async () => {
    const { store, calls } = watched();
    const app = await boot(QueueModule.forRoot({ store, connect: { close: false } }));

    await app.close();

    expect(calls).not.toContain('close');
  });

  it('lets everybody go who waits for a job, so that nothing outlives the application', async () => {
    const app = await boot(QueueModule.forRoot({ store: memory() }));
    const job = await app.get(Queue).enqueue('a.task');
    const result = job.result({ timeout: '1h' });
    const views = job.follow();
    await views.next();
    const next = views.next();
    const refused = expect(result).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

    await app.close();

    await refused;
    expect(await next).toMatchObject({ done: true });
  });

  it('closes a shared store with the last application that uses it', async () => {
    const { store, calls } = watched();
    const [api, worker] = [await boot(QueueModule.forRoot({ store })), await boot(QueueModule.forRoot({ store }))];

    await api.close();
    expect(calls).not.toContain('close');
    await worker.close();

    expect(calls).toContain('close');
  });

  it('takes a promise of a store', async () => {
    const app = await boot(QueueModule.forRoot({ store: Promise.resolve(memory()) }));

    expect(await app.get(QueueHealth).isHealthy()).toEqual({ queue: { status: 'up', store: 'memory' } });
    await app.close();
  });

  it.each([
    [{ stor: memory() }, "Unknown option 'stor'. Did you mean 'store'?"],
    [{ store: memory(), connect: { retries: 3 } }, "Unknown option 'connect.retries'. Did you mean 'connect.retry'?"],
    [{ store: memory(), defaults: { atempts: 3 } }, "Unknown option 'defaults.atempts'."],
    [{ store: memory(), overrides: { 'mail.*': { timeout: '5 minutes' } } }, 'is not a duration'],
    [{ store: memory(), codec: { encode: String } }, 'codec: has no decode()'],
    [{ store: { url: 'redis://x' } }, 'store: has no open()'],
    [{ store: memory(), namespace: 'a b' }, 'is no namespace'],
    [{ store: memory(), payloadLimit: 2 ** 21 }, 'payloadLimit: must be a whole number from 1 to 1048576'],
    [{ store: memory(), resultLimit: 0 }, 'resultLimit: must be a whole number from 1 to 1048576'],
  ])('refuses %j at boot', async (options, says) => {
    await expect(boot(QueueModule.forRoot(options as QueueModuleOptions))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(says.split('. Did')[0]!),
    });
  });

  it('names the store that does not answer within five seconds', async () => {
    const clock = new ManualClock();
    const store = Object.assign(memory(), {
      url: 'redis://db:6379',
      open: () => Promise.reject(new StoreUnavailable('redis://db:6379')),
    });

    const booting = boot(QueueModule.forRoot({ store, clock }));
    const refusal = expect(booting).rejects.toThrow('The store at redis://db:6379 does not answer');
    await clock.advance('5s');

    await refusal;
    expect(clock.waiting).toBe(0);
  });

  it('names the store that hangs', async () => {
    const clock = new ManualClock();
    const store = Object.assign(memory(), { open: () => new Promise<void>(() => undefined) });

    const refusal = expect(boot(QueueModule.forRoot({ store, clock }))).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    await clock.advance('5s');

    await refusal;
  });

  it('keeps trying when asked to', async () => {
    const clock = new ManualClock();
    let down = true;
    const real = memory();
    const store = Object.assign(memory(), {
      open: () => (down ? Promise.reject(new StoreUnavailable('redis://db:6379')) : real.open()),
    });

    const booting = boot(QueueModule.forRoot({ store, clock, connect: { retry: true } }));
    await clock.advance('1m');
    down = false;
    await clock.advance('1s');

    await (await booting).close();
  });
});

describe('forRootAsync', () => {
  @Injectable()
  class Config implements QueueOptionsFactory {
    store = memory();
    createQueueOptions() {
      return { store: this.store };
    }
  }

  @Module({ providers: [Config], exports: [Config] })
  class ConfigModule {}

  it('takes a factory with what it injects', async () => {
    const app = await boot(
      QueueModule.forRootAsync({
        imports: [ConfigModule],
        inject: [Config],
        useFactory: ({ store }: Config) => ({ store }),
      }),
    );

    expect(app.get(QUEUE_STORE, { strict: false })).toBe(app.get(Config, { strict: false }).store);
    await app.close();
  });

  it('takes a class, or an existing provider', async () => {
    const made = await boot(QueueModule.forRootAsync({ useClass: Config }));
    const existing = await boot(QueueModule.forRootAsync({ imports: [ConfigModule], useExisting: Config }));

    expect(existing.get(QUEUE_STORE, { strict: false })).toBe(existing.get(Config, { strict: false }).store);
    await made.close();
    await existing.close();
  });

  it('refuses options that are none', async () => {
    const useFactory = () => undefined as unknown as QueueModuleOptions;

    await expect(boot(QueueModule.forRootAsync({ useFactory }))).rejects.toThrow('must be an object');
  });

  it('lets a test replace the store without touching it', async () => {
    const store = memory();
    const real = Object.assign(memory(), { open: () => Promise.reject(new StoreUnavailable('redis://db:6379')) });
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRootAsync({ useFactory: () => ({ store: real }) })],
    })
      .overrideProvider(QUEUE_STORE)
      .useValue(store)
      .compile();

    await app.get(Queue).enqueue('mail.send', {});

    expect(await store.counts()).toMatchObject([{ queue: 'default', counts: { ready: 1 } }]);
    await app.close();
  });
});

describe('forFeature', () => {
  it('gives the same clients to several modules', async () => {
    @Module({ imports: [QueueModule.forFeature([MailTasks])], providers: [Sender], exports: [Sender] })
    class One {}
    @Module({ imports: [QueueModule.forFeature([MailTasks])], providers: [Sender] })
    class Two {}
    const app = await boot(QueueModule.forRoot({ store: memory() }), One, Two);
    const sender = app.select(One).get(Sender);

    const job = await sender.mail.send.enqueue({ to: 'ada' });

    expect((await sender.queue.job(job.id))?.task).toBe('mail.send');
    expect(app.select(Two).get(Sender).mail).toBeInstanceOf(MailTasks);
    await app.close();
  });

  it('checks jobs enqueued by name, as it knows their contract', async () => {
    const app = await boot(QueueModule.forRoot({ store: memory() }), QueueModule.forFeature([MailTasks]));

    await expect(app.get(Queue).enqueue('mail.send', { to: 7 })).rejects.toMatchObject({ code: 'PAYLOAD_INVALID' });
    await app.close();
  });

  it('refuses a class that is no contract', () => {
    expect(() => QueueModule.forFeature([Sender as never])).toThrow('Sender is not made by defineTasks()');
  });
});

describe('named instances', () => {
  it('stand beside the unnamed one', async () => {
    @Injectable()
    class Both {
      constructor(
        readonly main: Queue,
        @InjectQueue('billing') readonly billing: Queue,
        @InjectTasks(MailTasks, 'billing') readonly mail: MailTasks,
        @Inject(getQueueToken('billing')) readonly same: Queue,
      ) {}
    }
    @Module({ imports: [QueueModule.forFeature([MailTasks], 'billing')], providers: [Both] })
    class Feature {}
    const [main, billing] = [memory(), memory()];
    const app = await boot(
      QueueModule.forRoot({ store: main }),
      QueueModule.forRoot({ name: 'billing', store: billing }),
      Feature,
    );
    const both = app.get(Both, { strict: false });

    await both.mail.send.enqueue({ to: 'ada' });

    expect(both.billing).toBe(both.same);
    expect(await both.main.counts()).toEqual([]);
    expect(await both.billing.counts()).toMatchObject([{ queue: 'mail' }]);
    await app.close();
  });
});

describe('@OnJob', () => {
  it('hears what happens in this process, with injection, and breaks nothing', async () => {
    const heard: string[] = [];
    @Injectable()
    class Audit {
      constructor(private readonly queue: Queue) {}
      @OnJob('enqueued', MailTasks.send)
      mailed(fact: { id: string }) {
        heard.push(`${fact.id} by ${this.queue.constructor.name}`);
        throw new Error('listener');
      }
    }
    const app = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ store: memory() }), QueueModule.forFeature([MailTasks])],
      providers: [Audit],
    }).compile();
    app.useLogger(false);
    await app.init();

    await app.get(Queue).enqueue('other.task');
    const job = await app.get(Queue).enqueue(MailTasks.send, { to: 'ada' });

    expect(heard).toEqual([`${job.id} by Queue`]);
    await app.close();
  });
});
