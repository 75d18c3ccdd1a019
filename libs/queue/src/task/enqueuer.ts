import type { JobState, Priority } from '../job/state.js';
import type { JobView } from '../job/view.js';
import type { Duration } from '../time/duration.js';
import type { CallRetryOptions, TimeoutOptions, UniqueOptions } from './definition.js';
import type { TaskRef } from './task-ref.js';

/** What one call may say; the rest comes from the task. Precedence: call, `forRoot({ overrides })`, task, module defaults. */
export interface EnqueueOptions<P = never> {
  /** Waits this long, at most a year. Zero or less is now. Not together with `runAt`. */
  delay?: Duration;
  /** Waits until then: a Date, epoch milliseconds, or ISO text with an offset. The past is now. */
  runAt?: Date | number | string;
  /**
   * Jobs that must complete first: handles or ids, of any queue, at most 1 000. Until then the job is `blocked`. When one
   * of them fails, is cancelled or is gone, this one is cancelled, reason `dependency`.
   */
  after?: readonly (string | { readonly id: string })[];
  /** Not started by then, the job is cancelled, reason `expired`. A duration counts from the call. Default: never. */
  expires?: Duration | Date;
  /** Default `'normal'`. */
  priority?: Priority;
  /** Your own name for the job, at most 256 characters. While a record of that name exists, enqueueing answers it. */
  jobId?: string;
  /** Another key, another end of its window, or another answer to a duplicate. */
  unique?: UniqueOptions<P>;
  /** The job's group, at most 256 bytes: instead of what the task's `group` gives, and also where it has none. */
  group?: string;
  /** The job's order key, at most 256 bytes: instead of what the task's `order` gives, and also where it has none. */
  order?: string;
  /** Instead of the task's queue. */
  queue?: string;
  /** What is given here wins over the task, field by field. */
  retry?: CallRetryOptions;
  timeout?: Duration | TimeoutOptions;
  /** How long a completed record stays: `0` leaves none, `'forever'` drops the age limit. Default `'1h'`. */
  keepResult?: Duration | 'forever';
  /** Words to find the job by, added to those of the task. At most 32. */
  tags?: readonly string[];
  /**
   * Texts that travel with the job through its retries. Those whose names begin with `trace`, `tenant`, `x-tenant` or
   * `baggage` also go to the jobs its handler enqueues. Together at most 8 192 characters.
   */
  headers?: Readonly<Record<string, string>>;
}

/** One of many: a payload with its own options. */
export type EnqueueItem<I = unknown, P = never> = EnqueueOptions<P> &
  (undefined extends I ? { payload?: I } : { payload: I });

export interface ResultOptions {
  /** Default `'30s'`. Then `ResultTimeout`; the job goes on. */
  timeout?: Duration;
  /** Stops waiting; the job goes on. */
  signal?: AbortSignal;
  /** Waiting inside a handler may wait for ever, as a worker may wait for itself. `true` says you know. */
  insideTask?: boolean;
}

/** What `run` takes: options of the job, and of the wait. `jobTimeout` is the job's own. */
export type RunOptions<P = never> = Omit<EnqueueOptions<P>, 'timeout'> &
  ResultOptions & {
    /** The `timeout` of the job, as `timeout` is how long to wait. */ jobTimeout?: Duration | TimeoutOptions;
  };

/** Whether a change was made, and the state it met or made; `undefined` when there is no such job. */
export interface ControlResult {
  applied: boolean;
  state: JobState | undefined;
  /** With `cancel`: the job runs and its worker was told. */
  signalled?: boolean;
}

/** A job that was enqueued, or found to exist. Holds nothing open. */
export interface JobHandle<R = unknown> {
  readonly id: string;
  /** `false` when the id or unique key was taken: the handle is the existing job's. */
  readonly created: boolean;
  /** Right after the call that answered this handle. */
  readonly state: JobState;
  /**
   * Waits until the job is settled. Throws `JobFailed`, `JobCancelled`, `JobExpired`, `ResultTimeout` or `JobNotFound`;
   * inside a handler it throws unless `insideTask` is given.
   */
  result(options?: ResultOptions): Promise<R>;
  /**
   * The job as it is now, and again whenever it has changed, until it is settled or gone: `for await (const view of
   * job.follow()) …`. Woken by hints, looks once a second at least, waits for a store that is away. Leave with `break`,
   * or with the iterator's `return()`.
   */
  follow(): AsyncIterableIterator<JobView<R>>;
  /** Never waits. A waiting job is cancelled at once; a running one is signalled, or with `force` loses its hold now. */
  cancel(options?: { reason?: string; force?: boolean }): Promise<ControlResult>;
  /** A failed or cancelled job becomes ready, attempts from 0, same id. */
  retry(): Promise<ControlResult>;
  /** Forgets a job that is not active. */
  remove(): Promise<ControlResult>;
  /** Every job that its handler enqueued, by queue and state. */
  children(): Promise<JobView[]>;
  /** Looks again. `undefined` when there is no such job any more. */
  refresh(): Promise<JobView<R> | undefined>;
}

/** Payload and options, where a task without payload needs neither. */
export type EnqueueArgs<I, O> = undefined extends I ? [payload?: I, options?: O] : [payload: I, options?: O];

/** What a bound client does, as the client room implements it. */
export interface TaskEnqueuer {
  enqueue<P, R, I>(
    task: TaskRef<P, R, I>,
    ...args: EnqueueArgs<NoInfer<I>, EnqueueOptions<NoInfer<P>>>
  ): Promise<JobHandle<R>>;
  enqueueMany<P, R, I>(
    task: TaskRef<P, R, I>,
    items: readonly EnqueueItem<NoInfer<I>, NoInfer<P>>[],
  ): Promise<JobHandle<R>[]>;
  run<P, R, I>(task: TaskRef<P, R, I>, ...args: EnqueueArgs<NoInfer<I>, RunOptions<NoInfer<P>>>): Promise<R>;
}

/** A task bound to a queue client: `orders.process.enqueue(dto)`. */
export interface TaskClient<P = unknown, R = unknown, I = P> {
  readonly ref: TaskRef<P, R, I>;
  /** Checks the payload, then stores the job. Answers the existing job when its id or unique key is taken. */
  enqueue(...args: EnqueueArgs<I, EnqueueOptions<P>>): Promise<JobHandle<R>>;
  /** One round trip per queue, an answer per item in order. An invalid item refuses the call before anything is stored. */
  enqueueMany(items: readonly EnqueueItem<I, P>[]): Promise<JobHandle<R>[]>;
  /** Enqueues and waits for the result. */
  run(...args: EnqueueArgs<I, RunOptions<P>>): Promise<R>;
}
