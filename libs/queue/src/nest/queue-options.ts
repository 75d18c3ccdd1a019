import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';
import type { EnqueueHook } from '../client/options.js';
import type { TaskRoutes } from '../client/routes.js';
import type { Codec } from '../job/envelope.js';
import type { Store } from '../store/store.js';
import type { TaskOptions } from '../task/definition.js';
import type { Clock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import type { ConnectOptions } from './connection.js';

/** What an application says of its queues. Checked at boot; an unknown option is refused with a suggestion. */
export interface QueueModuleOptions {
  /**
   * Where jobs live: `redis({ url })`, `sqlite({ path })`, `memory()`, or `fromUrl(text)`. Default: `QUEUE_URL` of the
   * environment; without it SQLite in `.millrace/queue.db`, except in production, where the boot is refused.
   */
  store?: Store | Promise<Store>;
  /** Separates applications on one Redis. For stores made by `fromUrl` or by default; `redis({ namespace })` says it itself. */
  namespace?: string;
  /** Task options that hold where nobody else says anything. */
  defaults?: TaskOptions;
  /** Task options that win over the contract's, by name or prefix: `{ 'reports.*': { queue: 'slow' } }`. */
  overrides?: Record<string, TaskOptions>;
  /**
   * The queue of tasks whose contract and overrides name none, by exact name, glob or function:
   * `{ 'reports.*': 'low', 'orders.process': 'orders' }`. Producers and workers need the same.
   */
  routes?: TaskRoutes;
  /** Compresses or encrypts payloads and results. */
  codec?: Codec;
  /** Default: the machine's own time. */
  clock?: Clock;
  /** Called with every job before it is stored; may add headers and tags. */
  onEnqueue?: EnqueueHook;
  /** How long an enqueue waits for a store that is away. Default `'5s'`. */
  enqueueTimeout?: Duration;
  /** Bytes an encoded payload may take. Default 256 KiB, at most 1 MiB; beyond it `PayloadTooLarge`. */
  payloadLimit?: number;
  /** Bytes an encoded result may take. Default 256 KiB, at most 1 MiB; beyond it the job fails with `ResultInvalid`. */
  resultLimit?: number;
  connect?: ConnectOptions;
  /** What runs after the responses of this process: said with the unnamed instance. */
  background?: {
    /** How long shutdown waits for functions left for after the response. Default `'10s'`. */
    grace?: Duration;
    /** Functions of this process that may wait or run after responses; beyond it `BackgroundFull`. Default 1 000. */
    max?: number;
  };
}

/** Makes the options; for `useClass` and `useExisting`. */
export interface QueueOptionsFactory {
  createQueueOptions(): QueueModuleOptions | Promise<QueueModuleOptions>;
}

/** Which instance, and who sees it. */
export interface InstanceOptions {
  /** Several instances in one application are told apart by name. */
  name?: string;
  /** Whether every module sees it. Default true. */
  isGlobal?: boolean;
}

export interface QueueModuleAsyncOptions extends InstanceOptions, Pick<ModuleMetadata, 'imports'> {
  inject?: FactoryProvider['inject'];
  useFactory?: (...args: never[]) => QueueModuleOptions | Promise<QueueModuleOptions>;
  useClass?: Type<QueueOptionsFactory>;
  useExisting?: Type<QueueOptionsFactory>;
}
