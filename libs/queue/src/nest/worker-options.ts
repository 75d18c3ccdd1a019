import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';
import type { WorkerOptions } from '../worker/options.js';

type OfTheWorker = Pick<
  WorkerOptions,
  | 'name'
  | 'queues'
  | 'except'
  | 'concurrency'
  | 'prefetch'
  | 'lease'
  | 'maxBlock'
  | 'shutdown'
  | 'idle'
  | 'burst'
  | 'maxJobs'
  | 'recycle'
  | 'threads'
  | 'unknownTaskAfter'
  | 'logPayloads'
  | 'hooks'
>;

/** What an application says of its worker. Checked at boot; an unknown option is refused with a suggestion. */
export interface WorkerModuleOptions extends OfTheWorker {
  /** Serves `/livez` and `/readyz` there. Default false: nothing listens. Port 0 takes a free one. */
  health?: { port: number; host?: string } | false;
  /**
   * Leaves on SIGTERM and SIGINT: no new claim, running jobs get the grace, then exit 0. A second signal, or SIGQUIT,
   * skips the grace; a third exits at once. An error that nobody caught also makes it leave, with exit code 1. Default
   * true; false leaves signals and such errors to the host.
   */
  signals?: boolean;
  /** Narrows which handlers this worker runs, by task name or prefix (`'reports.*'`). */
  tasks?: { only?: readonly string[]; except?: readonly string[] };
  /** Whether global guards, pipes and interceptors, made for requests, run on tasks too. Default false. */
  globalEnhancers?: boolean;
  /**
   * Whether this worker fires schedules and keeps those declared in its code in step. Every worker may, there is no leader;
   * with `queues: {}` it does nothing else. Default true, and false with `burst`. `owner` tells the declarations of
   * applications apart that share a namespace. Default: the name of the root module.
   */
  schedules?: boolean | { owner?: string };
  /** The named `QueueModule` to work for. Default: the unnamed one. */
  instance?: string;
}

/** Makes the options; for `useClass` and `useExisting`. */
export interface WorkerOptionsFactory {
  createWorkerOptions(): WorkerModuleOptions | Promise<WorkerModuleOptions>;
}

export interface WorkerModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** The named `QueueModule` to work for; stands here, as it decides what is injected. */
  instance?: string;
  inject?: FactoryProvider['inject'];
  useFactory?: (...args: never[]) => WorkerModuleOptions | Promise<WorkerModuleOptions>;
  useClass?: Type<WorkerOptionsFactory>;
  useExisting?: Type<WorkerOptionsFactory>;
}
