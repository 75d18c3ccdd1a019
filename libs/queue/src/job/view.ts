import type { StoredError } from './errors.js';
import type { JobState, Priority } from './state.js';

/** One attempt that ended, or the one that runs. Instants are epoch milliseconds. */
export interface AttemptView {
  /** From 1. */
  attempt: number;
  worker: string | null;
  startedAt: number | null;
  finishedAt: number | null;
  /** `active` while it runs. */
  outcome: 'active' | 'completed' | 'retry' | 'snoozed' | 'failed' | 'cancelled' | 'lost';
  error: StoredError | null;
  /** Of a lost one: when its worker was last heard of, if that is known. */
  heartbeatAt?: number;
}

/** All that is known of a job. Every field is present, `null` when not known. Instants are epoch milliseconds. */
export interface JobView<R = unknown> {
  readonly id: string;
  /** The caller's own. */
  readonly jobId: string | null;
  readonly task: string;
  readonly queue: string;
  readonly state: JobState;
  /**
   * Why a job is scheduled (`delay`, `retry`, `snooze`), is ready and yet not handed out (`limit`: its task is paused, or has
   * as many as may run or begin; `group`: so it is with its group, or it is not its turn; `order`: another of its order key
   * is before it), or ended (`request`, `expired`, `exhausted` …).
   */
  readonly reason: string | null;
  /** `undefined` when the stored bytes cannot be decoded. */
  readonly payload: unknown;
  readonly priority: Priority;
  readonly progress: { percent: number; detail?: unknown } | null;
  readonly result: R | null;
  readonly error: StoredError | null;
  /** Ended attempts, newest last, and the active one. At most the newest 20. */
  readonly attempts: readonly AttemptView[];
  /** Attempts charged so far. */
  readonly attempted: number;
  readonly crashes: number;
  readonly releases: number;
  readonly enqueuedAt: number;
  /** When a scheduled job is due. */
  readonly runAt: number | null;
  readonly expires: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly worker: string | null;
  /** It runs, and was asked to stop. */
  readonly cancelling: boolean;
  /** While `blocked`: ids of the jobs that must still complete. */
  readonly waitsFor: readonly string[];
  readonly parentId: string | null;
  readonly rootId: string | null;
  readonly tags: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly log: readonly string[];
}
