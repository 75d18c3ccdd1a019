import type { ClaimedJob, Lane } from '../store/store.js';
import type { Attempt } from './attempt.js';

/** A job this worker may settle, from the claim until the store has confirmed its ending. */
export interface HeldJob {
  readonly job: ClaimedJob;
  readonly lane: Lane;
  /** Worker id that holds it. */
  readonly worker: string;
  /** When it was claimed, then when it began, if that was later. Epoch milliseconds on the store's clock. */
  startedAt: number;
  /** The same, monotonic milliseconds. */
  since: number;
  /** Absent when it cannot be run here: its task is unknown, or its body unreadable. */
  attempt?: Attempt;
}
