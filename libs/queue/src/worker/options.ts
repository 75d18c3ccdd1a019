import type { TaskRoutes } from '../client/routes.js';
import type { Bytes } from '../job/bytes.js';
import type { Codec } from '../job/envelope.js';
import type { Events } from '../events/events.js';
import type { Store } from '../store/store.js';
import type { TaskContext } from '../task/context.js';
import type { TaskDefinition, TaskOptions, ThreadOptions } from '../task/definition.js';
import type { Clock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';

/** A task and the code that runs it. Nest's side makes these (guards, pipes and so on inside `run`); tests make plain ones. */
export interface Handler {
  readonly task: TaskDefinition;
  run(payload: unknown, context: TaskContext): unknown;
}

/**
 * Places: a number, or a least and a most. Between those they double while jobs wait and the event loop lags less than
 * 50 ms, and shrink to what was needed after 30 s in which none waited.
 */
export type Concurrency = number | { min: number; max: number };

/**
 * Places for a queue: a number, or options. With a `weight`, a whole number from 1 to 100, it has none of its own but
 * shares the `concurrency` of the worker with the other queues that have one: alone it may take all of those places, and
 * while several have work each gets as many as it weighs.
 */
export type QueueConcurrency =
  number | { concurrency?: Concurrency; weight?: never } | { weight: number; concurrency?: never };

/** Threads of a worker. What a task says of its own `thread` wins. */
export interface WorkerThreads extends Pick<ThreadOptions, 'memory' | 'recycle'> {
  /** Threads that may exist at a time. They begin when needed, and end after 30 s without a job. Default: one per CPU. */
  max?: number;
}

/** What a worker needs; every room below it is handed in. Durations are milliseconds once resolved. */
export interface WorkerOptions {
  store: Store;
  handlers: readonly Handler[];
  clock?: Clock;
  events?: Events;
  codec?: Codec;
  logger?: WorkerLogger;
  /** Shown with the worker. Default the host's name. */
  name?: string;
  /** Which queues, with how many places each, or with which share. Default: every queue the handlers name. */
  queues?: Record<string, QueueConcurrency>;
  /** Queues not to serve. */
  except?: readonly string[];
  /** Places per queue unless the queue says otherwise, and of all queues with a weight together, from 1 to 10 000. Default 10. */
  concurrency?: Concurrency;
  /**
   * Jobs that may be claimed before there is a place for them. Default `'auto'`: as many as the places finish in about
   * 5 ms, 64 at most, so only when jobs are short; those that have not begun after 50 ms are given back. 0 is none.
   */
  prefetch?: number | 'auto';
  /** How long a silent worker keeps its jobs. Default `'15s'`; it beats every third of it. */
  lease?: Duration;
  /**
   * How long the lease is kept while code blocks the event loop: a thread beats meanwhile, over a connection of its own.
   * Beyond it others run the jobs. Default `'1m'`; 0 starts no thread, and the lease ends by itself.
   */
  maxBlock?: Duration;
  shutdown?: {
    /** How long running jobs may go on once asked to stop. Default `'30s'`. */
    grace?: Duration;
  };
  /** Longest wait between two looks at the store. Default `'1s'`. */
  idle?: Duration;
  /** End by itself: `'ready'` when nothing is ready or active, `'all'` also waits for scheduled and blocked jobs. */
  burst?: 'ready' | 'all';
  /** End after this many jobs. */
  maxJobs?: number;
  /**
   * End as at a SIGTERM, so that whoever started the process starts it anew, after so many jobs or once the process
   * takes more memory (its resident set, looked at every five seconds). Default: never.
   */
  recycle?: { jobs?: number; memory?: Bytes };
  /** Where tasks with `thread` run. */
  threads?: WorkerThreads;
  /** Bytes of memory the process takes. Default: its resident set. */
  resident?: () => number;
  /** How long a job whose task nobody here knows may be handed back before it fails. Default `'24h'`. */
  unknownTaskAfter?: Duration;
  /** Task options that win over the contract's, by name or prefix (`'reports.*'`). */
  overrides?: Record<string, TaskOptions>;
  /** The queue of tasks whose contract and overrides name none, as the producers have it. */
  routes?: TaskRoutes;
  /** Task options that hold where nobody else says anything. */
  defaults?: TaskOptions;
  /** Bytes an encoded result may take. Default 256 KiB. */
  resultLimit?: number;
  /** Show the payload of every attempt in its log line: 1 KiB of it, without the fields its task redacts. Default false. */
  logPayloads?: boolean;
  /** One set, or several, called in this order. */
  hooks?: WorkerHooks | readonly WorkerHooks[];
}

export interface WorkerLogger {
  debug(message: string): void;
  log(message: string): void;
  warn(message: string): void;
  error(message: string, stack?: string): void;
}

/** Called around the life of a worker and of a job. A throw in `onWorkerStart` stops the boot; elsewhere it is logged. */
export interface WorkerHooks {
  /** Before the first claim. */
  onWorkerStart?(): unknown;
  /** After the last job, in reverse order of start; also after half a start. */
  onWorkerStop?(): unknown;
  /** Before the handler. */
  onJobStart?(context: TaskContext): unknown;
  /** After the handler, before settling. */
  onJobEnd?(context: TaskContext, ending: { result: unknown } | { error: unknown }): unknown;
}
