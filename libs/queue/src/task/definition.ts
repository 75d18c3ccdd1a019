import type { Bytes } from '../job/bytes.js';
import type { Priority } from '../job/state.js';
import type { Backoff } from '../time/backoff.js';
import type { Duration } from '../time/duration.js';
import type { RateLimit } from '../time/rate.js';

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
  /**
   * What becomes of a second job while the key is taken. `'return'` (default): nothing, the existing job is answered.
   * `'replace'`: payload, tags, expiry and time of the existing job become those of this one, while it has not begun.
   * `'extend'`: a scheduled job waits as long again, from now. `'follow'`: the existing job takes this payload while it has
   * not begun; behind one that runs this job waits, and further ones go into it, so exactly one follows. `'error'`:
   * `DuplicateJob`.
   */
  onDuplicate?: 'return' | 'replace' | 'extend' | 'follow' | 'error';
  /** With `replace` and `extend`: the job waits at most so long after it was first enqueued, however often it is put off. */
  maxWait?: Duration;
  /**
   * With `replace` and `follow`: makes one payload of that of the existing job and this one. What it answers is checked
   * like any payload. One that throws refuses its own enqueue with `OptionFailed`, and changes nothing. It may be called
   * several times, as others may change the job at the same time: after 20 times `MergeConflict`.
   */
  merge?: (queued: P, incoming: P) => P | Promise<P>;
}

/** What the jobs of one key share among each other: a tenant, a customer, a mailbox. */
export interface GroupOptions<P> {
  /** At most 256 bytes; `undefined` is no group. */
  key: (payload: P) => string | undefined;
  /** Jobs of one group that are active at a time, per queue, over all workers. Default: without bound. */
  maxActive?: number;
  /** Attempts of one group that may begin, per queue, over all workers. Default: without bound. */
  rate?: RateLimit;
  /** Jobs of the group that stand in line at once, so its share beside other groups: 1, the default, to 100. */
  weight?: number | ((payload: P, key: string) => number);
  /** `'task'` (default): its groups are its own. `'queue'`: shared with all tasks of the queue that say so, for equal keys. */
  scope?: 'task' | 'queue';
}

/** Jobs of one key run one after the other, in the order they became ready. */
export interface OrderOptions<P> {
  /** At most 256 bytes; `undefined` is no order. */
  key: (payload: P) => string | undefined;
  /** What a job that failed does to those behind it. `'continue'` (default): nothing. `'hold'`: they wait until it is retried and ends otherwise, or is removed. */
  onFailed?: 'continue' | 'hold';
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
  /**
   * Attempts of the task that may begin, per queue, over all workers: `'10/m'`, or with `{ limit: '10/m', burst: 5 }` five
   * at once after a rest. Jobs over it stay ready, take nobody's place and spend no attempt. Default: without bound.
   */
  rate?: RateLimit;
  /** Takes turns among tenants: a job stands in line only in its group's turn. By key, or with limits for each group. */
  group?: ((payload: P) => string | undefined) | GroupOptions<P>;
  /** Strictly one after the other per key, whatever the priority, through retries and snoozes. */
  order?: ((payload: P) => string | undefined) | OrderOptions<P>;
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
