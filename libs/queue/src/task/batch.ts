import type { Duration } from '../time/duration.js';
import type { TaskContext } from './context.js';
import type { TaskOptions } from './definition.js';
import type { PayloadOf, ResultOf } from './task-ref.js';

/** When a batch begins. */
export interface BatchOptions {
  /** Jobs of a batch at most, from 1 to 1 000. Each takes a place of its queue, so its concurrency bounds them too. */
  max: number;
  /** How long the first job waits for others, as part of its timeout. Default `'50ms'`; 0 is for none but those that are there. */
  wait?: Duration;
}

/** Options of `@TaskBatch()`: its own, and those of the task. */
export type TaskBatchOptions<P = unknown> = BatchOptions & Omit<TaskOptions<P>, 'thread'>;

/** One job of a batch. Who ends none by itself may write `BatchItem<Payload>`. */
export interface BatchItem<P = unknown, R = never> {
  /** As its schema and pipes have made it. */
  readonly payload: P;
  /** The context of its own attempt: signal, steps, progress and so on are those of this job alone. */
  readonly ctx: TaskContext;
  /** It has ended, by a word of yours or because its signal fired: nothing said of it counts any more. */
  readonly ended: boolean;
  /** Ends this item alone, now. The first ending counts. */
  readonly complete: (...result: undefined extends R ? [result?: R] : [result: R]) => void;
  /** Ends this item alone, now, as a throw ends a job: its retry policy decides; `new RetryLater('5s')` and the like work too. */
  readonly fail: (error: unknown) => void;
}

/** The item of a contract: `BatchItemOf<typeof OrderTasks.process>`. */
export type BatchItemOf<T> = BatchItem<PayloadOf<T>, ResultOf<T>>;

/** What concerns a batch as a whole. */
export interface BatchContext {
  /** Wire name. */
  readonly task: string;
  readonly queue: string;
  /** Id of the worker that runs it. */
  readonly worker: string;
  /** Fires at shutdown, and once every item left has been cancelled, timed out or lost: nobody wants the work any more. */
  readonly signal: AbortSignal;
}

/**
 * What a batch method answers: nothing, which completes every item that has not ended, or a result for each, in the
 * order of the items. An `Error`, or a promise that rejects, fails its item.
 */
export type BatchResults<R> = void | readonly (R | Error | PromiseLike<R | Error>)[];
