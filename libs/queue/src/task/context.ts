import { AsyncLocalStorage } from 'node:async_hooks';
import type { Priority } from '../job/state.js';
import type { Duration } from '../time/duration.js';
import { type FakeContext, fakeContext } from './fake-context.js';

/** Why `ctx.signal` fired: its `reason.why`. */
export type AbortWhy = 'cancel' | 'timeout' | 'shutdown' | 'lease-lost';

/** The `reason` of an aborted `ctx.signal`. */
export class Aborted extends Error {
  constructor(readonly why: AbortWhy) {
    super(`The attempt was asked to stop: ${why}`);
    this.name = 'Aborted';
  }
}

export interface TaskLogger {
  debug(message: string): void;
  log(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** The job as its handler sees it. Instants are epoch milliseconds. */
export interface JobInfo {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly priority: Priority;
  readonly enqueuedAt: number;
  readonly runAt?: number;
  readonly expires?: number;
  readonly parentId?: string;
  readonly rootId?: string;
  readonly workflowId?: string;
  /** Of the schedule that made the job. */
  readonly scheduleId?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
}

/** What a running attempt may know and do. The second argument of every handler; ambient through `TaskContext.current()`. */
export abstract class TaskContext {
  abstract readonly job: JobInfo;
  /** Number of this attempt, from 1. */
  abstract readonly attempt: number;
  abstract readonly isLastAttempt: boolean;
  /** Epoch milliseconds when `signal` fires with reason `timeout`. */
  abstract readonly deadline: number;
  /** Id of the worker that runs it. */
  abstract readonly worker: string;
  /** Fires on cancel, timeout, shutdown and a lost lease; `signal.reason` is an `Aborted` that tells which. */
  abstract readonly signal: AbortSignal;
  /** Grows with every attempt of the shard: hand it to systems that can refuse an older writer. */
  abstract readonly fence: number;
  /** The same in every attempt of the job. */
  abstract readonly idempotencyKey: string;
  /** The slot, for a scheduled job; otherwise when it was due. Epoch milliseconds. */
  abstract readonly scheduledFor: number | undefined;
  /** Writes to the Nest logger, and keeps the lines with the job. */
  abstract readonly logger: TaskLogger;
  /** What the last `checkpoint()` of any attempt kept. */
  abstract readonly lastCheckpoint: unknown;
  /** Visible at once to whoever looks at the job. `percent` is 0–100; `detail` is plain data. Rejects with `LeaseLost` when the hold was lost. */
  abstract progress(percent: number, detail?: unknown): Promise<void>;
  /** A line kept with the job. */
  abstract log(message: string): Promise<void>;
  /** Keeps plain data for the next attempt. */
  abstract checkpoint(data: unknown): Promise<void>;
  /** Runs `run` once over all attempts: its result is kept, and a later attempt gets it instead. Fenced. Names that begin with `~` are ours. */
  abstract step<T>(name: string, run: () => T | Promise<T>): Promise<T>;
  /** Ends the attempt: `scheduled` again after `delay`, no attempt spent. */
  abstract snooze(delay: Duration): never;
  /** When the handler returns the job completes and leaves no record. */
  abstract forget(): void;
  /** Moves the deadline: the full timeout starts again now. */
  abstract heartbeat(): void;

  /** The context of the attempt this code runs in, if any. */
  static current(): TaskContext | undefined {
    return ambient.getStore();
  }

  /** A context for calling a handler directly, as a test does: `handlers.process(order, TaskContext.fake({ attempt: 2 }))`. */
  static fake(overrides: FakeContext = {}): TaskContext {
    return fakeContext(overrides);
  }

  /** Runs `run` inside `context`. */
  static run<T>(context: TaskContext, run: () => T): T {
    return ambient.run(context, run);
  }
}

const ambient = new AsyncLocalStorage<TaskContext>();
