import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModulesContainer } from '@nestjs/core';
import { BackgroundModule } from './background/background.module.js';
import { BackgroundRunner } from './background/runner.js';
import { Queue } from './client/queue.js';
import { chosenStore } from './default-store.js';
import { Events } from './events/events.js';
import { QueueHealth } from './health/queue-health.js';
import { asyncOptions } from './nest/async-options.js';
import { checkQueueOptions } from './nest/check-queue-options.js';
import { Connection } from './nest/connection.js';
import { Explorer } from './nest/explorer.js';
import { Leftovers } from './nest/host.js';
import { Listeners } from './nest/listeners.js';
import type { InstanceOptions, QueueModuleAsyncOptions, QueueModuleOptions } from './nest/queue-options.js';
import {
  getClockToken,
  getConnectionToken,
  getEventsToken,
  getOptionsToken,
  getQueueToken,
  getSchedulesToken,
  getStoreToken,
  getTasksToken,
} from './nest/tokens.js';
import { Schedules } from './schedule/schedules.js';
import type { Store } from './store/store.js';
import { bindTasks, type TaskGroupClass, taskGroupOf } from './task/define-tasks.js';
import { type Clock, systemClock } from './time/clock.js';
import { milliseconds } from './time/duration.js';

/**
 * The client side: enqueue, look, wait, cancel. Knows every room and wires them; none of them knows Nest's container.
 *
 *     options ─▶ store ─▶ connection (open) ─▶ Queue ─▶ task clients, Schedules
 *         └────▶ clock ─▶ events ────────────────┘
 *
 * Each box is a provider under its own token (`nest/tokens.ts`), so a test replaces one of them and leaves the rest.
 * Opens no blocking connection and starts no loop: that is `WorkerModule`.
 */
@Module({})
export class QueueModule {
  /** The options are checked at boot, when the store is opened as well. */
  static forRoot(options: QueueModuleOptions & InstanceOptions = {}): DynamicModule {
    const { name, isGlobal, ...rest } = options;
    const token = getOptionsToken(name);
    return instance({ name, isGlobal }, [{ provide: token, useFactory: () => checkQueueOptions(rest) }]);
  }

  static forRootAsync(options: QueueModuleAsyncOptions): DynamicModule {
    const { name, isGlobal, imports = [] } = options;
    const providers = asyncOptions(getOptionsToken(name), options, 'createQueueOptions', checkQueueOptions);
    const module = instance({ name, isGlobal }, providers);
    return { ...module, imports: [...module.imports!, ...imports] };
  }

  /** Task clients for injection by their class: `constructor(private readonly orders: OrderTasks)`. */
  static forFeature(groups: readonly TaskGroupClass[], name?: string): DynamicModule {
    const providers = groups.map((group): Provider => {
      const { refs } = taskGroupOf(group);
      const useFactory = (queue: Queue) => {
        queue.declare(...refs);
        return bindTasks(group, queue);
      };
      return { provide: getTasksToken(group, name), inject: [getQueueToken(name)], useFactory };
    });
    return { module: QueueModule, providers, exports: providers };
  }
}

function instance({ name, isGlobal = true }: InstanceOptions, options: Provider[]): DynamicModule {
  const shared = [...instanceProviders(name), ...(name ? [] : unnamedProviders)];
  return {
    module: QueueModule,
    global: isGlobal,
    imports: [DiscoveryModule, BackgroundModule],
    providers: [...options, ...shared],
    exports: [getOptionsToken(name), ...shared, BackgroundModule],
  };
}

/** What every instance has. */
function instanceProviders(name: string | undefined): Provider[] {
  const tokens = { options: getOptionsToken(name), clock: getClockToken(name), events: getEventsToken(name) };
  const connection = getConnectionToken(name);
  return [
    {
      provide: tokens.clock,
      inject: [tokens.options],
      useFactory: (options: QueueModuleOptions) => options.clock ?? systemClock,
    },
    { provide: tokens.events, inject: [tokens.clock], useFactory: (clock: Clock) => new Events(clock) },
    { provide: getStoreToken(name), inject: [tokens.options], useFactory: (o: QueueModuleOptions) => chosenStore(o) },
    {
      provide: connection,
      inject: [getStoreToken(name), tokens.options, tokens.clock],
      useFactory: (store: Store, options: QueueModuleOptions, clock: Clock) =>
        new Connection(store, options.connect, clock).open(),
    },
    {
      provide: getQueueToken(name),
      inject: [connection, tokens.options, tokens.clock, tokens.events],
      useFactory: (connection: Connection, o: QueueModuleOptions, clock: Clock, events: Events) => {
        const { codec, defaults, overrides, routes, enqueueTimeout, payloadLimit, onEnqueue } = o;
        const options = { codec, defaults, overrides, routes, enqueueTimeout, payloadLimit, onEnqueue };
        const queue = new Queue({ store: connection.store, clock, events, ...options });
        connection.beforeClose(() => queue.close());
        return queue;
      },
    },
    {
      provide: getSchedulesToken(name),
      inject: [getQueueToken(name), connection, tokens.options, tokens.clock, tokens.events],
      useFactory: (queue: Queue, { store }: Connection, { codec }: QueueModuleOptions, clock: Clock, events: Events) =>
        new Schedules({ store, queue, clock, events, codec }),
    },
    {
      provide: `${String(tokens.events)}:listeners`,
      inject: [DiscoveryService, ModulesContainer, tokens.events],
      useFactory: (discovery: DiscoveryService, modules: ModulesContainer, events: Events) =>
        new Listeners(new Explorer(discovery), events, new Leftovers(modules)),
    },
  ];
}

/** What the process has once, with its unnamed instance. */
const unnamedProviders: Provider[] = [
  {
    provide: 'millrace:background',
    inject: [getOptionsToken(), BackgroundRunner],
    useFactory: ({ background }: QueueModuleOptions, runner: BackgroundRunner) => {
      if (background?.grace !== undefined) runner.grace = milliseconds(background.grace);
      if (background?.max !== undefined) runner.max = background.max;
      return runner;
    },
  },
  {
    provide: QueueHealth,
    inject: [getConnectionToken()],
    useFactory: ({ store }: Connection) => new QueueHealth(store),
  },
];
