import type { Payload } from '../support/payload.js';
import { clockTime } from '../support/time.js';

/** The work of every handler: counts, and remembers how long after its time a job began. */
export class Tally {
  ran = 0;
  waits: number[] = [];

  /** The result of every job is its number. */
  take({ n, at }: Payload): number {
    if (at > 0) this.waits.push(clockTime() - at);
    this.ran++;
    return n;
  }
}
