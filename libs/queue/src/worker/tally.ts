import type { JobState } from '../job/state.js';
import type { AttemptOutcome } from './outcome.js';

/** What one worker has done so far. Only endings that the store confirmed count. */
export class Tally {
  claimed = 0;
  completed = 0;
  failed = 0;
  released = 0;
  /** Attempts that ended, whatever became of their job; what was given back does not count. */
  ended = 0;
  /** Effects carried to other lanes. */
  relayed = 0;

  /** Changes with everything that may lead to another job. */
  get stir(): number {
    return this.claimed + this.relayed;
  }

  settled(outcome: AttemptOutcome, state: JobState | 'stale'): void {
    if (outcome.kind === 'released') {
      this.released++;
      this.claimed--;
      return;
    }
    this.ended++;
    if (state === 'failed') this.failed++;
    else if (outcome.kind === 'completed' && state !== 'stale') this.completed++;
  }
}
