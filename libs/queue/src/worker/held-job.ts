import type { ClaimedJob, Lane } from '../store/store.js';
import type { Attempt } from './attempt.js';

/** A job this worker may settle, from the claim until the store has confirmed its ending. */
export interface HeldJob {
  readonly job: ClaimedJob;
  readonly lane: Lane;
  /** Worker id that holds it. */
  readonly worker: string;
  /** Epoch milliseconds on the store's clock. */
  readonly startedAt: number;
  /** Monotonic milliseconds. */
  readonly since: number;
  /** Absent when it cannot be run here: its task is unknown, or its body unreadable. */
  attempt?: Attempt;
}
