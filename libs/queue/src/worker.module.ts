import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import {
  DiscoveryModule,
  DiscoveryService,
  ExternalContextCreator,
  HttpAdapterHost,
  ModulesContainer,
} from '@nestjs/core';
import { Connection } from './nest/connection.js';
import { asyncOptions } from './nest/async-options.js';
import { checkWorkerOptions } from './nest/check-worker-options.js';
import { leaveFirst } from './nest/leave-first.js';
import {
  getClockToken,
  getConnectionToken,
  getEventsToken,
  getOptionsToken,
  getSchedulesToken,
} from './nest/tokens.js';
import { WorkerHost } from './nest/worker-host.js';
import type { WorkerModuleAsyncOptions, WorkerModuleOptions } from './nest/worker-options.js';
import { workerOverrides } from './nest/worker-overrides.js';
import type { QueueModuleOptions } from './nest/queue-options.js';
import type { Events } from './events/events.js';
import type { Schedules } from './schedule/schedules.js';
import type { Clock } from './time/clock.js';

const optionsToken = 'millrace:worker-options';

/**
 * The working side: runs every method with `@Task()` that a provider of this application has. Needs `QueueModule`.
 * Starts after all other modules and drains before any of them closes.
 */
@Module({})
export class WorkerModule {
  constructor(modules: ModulesContainer) {
    leaveFirst(modules, WorkerModule);
  }

  /** The options are checked, and handlers searched, at boot. */
  static forRoot(options: WorkerModuleOptions = {}): DynamicModule {
    return worker(options.instance, [{ provide: optionsToken, useFactory: () => checkWorkerOptions(options) }]);
  }

  static forRootAsync(options: WorkerModuleAsyncOptions): DynamicModule {
    const providers = asyncOptions(optionsToken, options, 'createWorkerOptions', checkWorkerOptions);
    const module = worker(options.instance, providers);
    return { ...module, imports: [...module.imports!, ...(options.imports ?? [])] };
  }
}

function worker(instance: string | undefined, options: Provider[]): DynamicModule {
  const host: Provider = {
    provide: WorkerHost,
    inject: [
      optionsToken,
      getOptionsToken(instance),
      getConnectionToken(instance),
      getClockToken(instance),
      getEventsToken(instance),
      getSchedulesToken(instance),
      DiscoveryService,
      ModulesContainer,
      ExternalContextCreator,
      HttpAdapterHost,
    ],
    useFactory: (
      options: WorkerModuleOptions,
      queue: QueueModuleOptions,
      connection: Connection,
      clock: Clock,
      events: Events,
      schedules: Schedules,
      discovery: DiscoveryService,
      modules: ModulesContainer,
      contexts: ExternalContextCreator,
      http: HttpAdapterHost,
    ) => {
      const said = checkWorkerOptions({ ...options, ...workerOverrides.getStore() });
      return new WorkerHost({
        options: said,
        instance,
        queue,
        connection,
        clock,
        events,
        schedules,
        discovery,
        modules,
        contexts,
        http,
      });
    },
  };
  return { module: WorkerModule, imports: [DiscoveryModule], providers: [...options, host], exports: [WorkerHost] };
}
