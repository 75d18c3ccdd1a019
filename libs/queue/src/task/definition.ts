import type { Bytes } from '../job/bytes.js';
import type { Priority } from '../job/state.js';
import type { Backoff } from '../time/backoff.js';
import type { Duration } from '../time/duration.js';

type ErrorClass = abstract new (...args: never[]) => unknown;

/** Which errors a policy speaks of: classes, or a predicate. */
export type ErrorFilter = readonly ErrorClass[] | ((error: unknown) => boolean);

export interface RetryOptions {
  /** Runs in total, the first included. Default 3, at most 1 000. Celery's `max_retries` plus one, ARQ's `max_tries`. */
  attempts?: number;
  /** Short for `backoff: fixed(delay)`. */
  delay?: Duration;
  /** Default `exponential('1s', { max: '10m', jitter: 'full' })`. A function gets the error and the number of the attempt that failed and answers the wait. */
  backoff?: Backoff | ((error: unknown, attempt: number) => Duration);
  /** Only these are retried. Default: every error but validation errors. */
  on?: ErrorFilter;
  /** These are not; wins over `on`. */
  never?: ErrorFilter;
  /** The last word: whether this error of attempt n is retried at all. */
  retryIf?: (error: unknown, attempt: number) => boolean;
}

/** Retry options that may be given with one call: plain data, as they travel with the job. */
export interface CallRetryOptions {
  attempts?: number;
  delay?: Duration;
  backoff?: Backoff;
  /** Number of the first attempt, which counts: with 3 of 3 there is no further one. Default 1. */
  startAt?: number;
}

export interface TimeoutOptions {
  /** When `ctx.signal` fires with reason `timeout`. */
  after: Duration;
  /** How long the handler may then take to stop. Default `'5s'`. */
  grace?: Duration;
}

export interface UniqueOptions<P> {
  /** What must be unique, from the payload. Without it the rule concerns the call's `jobId`. */
  key?: string | ((payload: P) => string);
  /** Default `'settled'`; for a `jobId`, `'kept'`. */
  until?: 'started' | 'settled' | 'kept' | Duration;
  /** Default `'return'`: answer the existing job. */
  onDuplicate?: 'return' | 'replace' | 'error';
}

/** How a task runs in worker threads. What is not said here, the `threads` of the worker say. */
export interface ThreadOptions {
  /** A file whose default export is a function `(payload, ctx) => result`, or what `threadTask()` answers. */
  module: URL;
  /**
   * JavaScript heap a thread may take, at least 16 MB; buffers lie outside of it. Beyond it the thread is ended, and the
   * attempt fails with `ThreadOutOfMemory`. Default: what V8 allows.
   */
  memory?: Bytes;
  /** Ends a thread after so many jobs; a fresh one follows. Default: never. */
  recycle?: { jobs: number };
  /** Threads that may run this task at a time, in one worker. Default: all that the worker has. */
  threads?: number;
}

/** What a task says of its jobs. Precedence: call, `forRoot({ overrides })`, task, module defaults. */
export interface TaskOptions<P = unknown> {
  /** Default `'default'`. */
  queue?: string;
  retry?: RetryOptions;
  /** Default 5 minutes, then 5 s for the handler to stop. */
  timeout?: Duration | TimeoutOptions;
  /** How long a completed record stays: `0` leaves none, `'forever'` drops the age limit. Default `'1h'`. */
  keepResult?: Duration | 'forever';
  /** Default `'normal'`. */
  priority?: Priority;
  /** A job not started by then is cancelled, reason `expired`. Default: never. */
  expires?: Duration;
  unique?: UniqueOptions<P>;
  /**
   * Jobs of the task that are active at a time, per queue, over all workers; the surplus stays ready, in order of priority and
   * arrival, and takes nobody's place. Default: without bound. APScheduler's `max_running_jobs`.
   */
  maxActive?: number;
  tags?: readonly string[] | ((payload: P) => readonly string[]);
  /** Payload fields hidden in logs and pages. */
  redact?: readonly string[];
  /** Errors that are part of the business: logged at info, without a stack. The job still fails. */
  expected?: readonly ErrorClass[];
  /** Default `'retry'`: a job survives two lost workers. `'fail'` is at most once. */
  onWorkerLost?: 'retry' | 'fail';
  /** A job written with the failure: `{ jobId, task, error, attempts }`. Its own failure starts no further one. */
  deadLetter?: { task: { readonly definition: TaskDefinition } | string };
  /** Old wire names whose queued jobs this task still runs. */
  aliases?: readonly string[];
  /** A module that runs the task in a worker thread, `new URL('./render.thread.js', import.meta.url)`, or more about it. */
  thread?: URL | ThreadOptions;
}

/** A checker of payloads and results. Throws `PayloadInvalid` or answers the shaped value. */
export interface Schema<T = unknown> {
  /** Issues, or the value as the task shall see it. */
  check(value: unknown): CheckAnswer<T> | Promise<CheckAnswer<T>>;
  /** The DTO class, when one describes the value: its instances have passed `check`, and count as plain data. */
  readonly type?: abstract new (...args: never[]) => T;
}

export type CheckAnswer<T> = { value: T } | { issues: { path: string; message: string }[] };

/** A task as the other rooms see it. */
export interface TaskDefinition<P = unknown, R = unknown> {
  /** `orders.process`: stable under rename and minification. */
  readonly name: string;
  readonly options: TaskOptions<P>;
  readonly payload?: Schema<P>;
  readonly returns?: Schema<R>;
}
