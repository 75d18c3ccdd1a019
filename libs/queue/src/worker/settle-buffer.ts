import { limits } from '../job/limits.js';
import type { Settlement } from '../store/store.js';
import type { HeldJob } from './held-job.js';
import type { AttemptOutcome } from './outcome.js';

/** An ending on its way to the store. */
export interface Ended {
  held: HeldJob;
  outcome: AttemptOutcome;
  settlement: Settlement;
  /** It was sent before and the answer never came: 'stale' then means that it was applied. */
  resent: boolean;
}

/**
 * Endings that wait for the next exchange. Bounded without further ado: while the store is away nothing is claimed, so
 * it never holds more than the worker has places.
 */
export class SettleBuffer {
  private waiting: Ended[] = [];

  get size(): number {
    return this.waiting.length;
  }

  push(ended: Ended): void {
    this.waiting.push(ended);
  }

  /** The oldest, as many as one call may carry. */
  take(): Ended[] {
    const count = this.fitting();
    if (count < this.waiting.length) return this.waiting.splice(0, count);
    const all = this.waiting;
    this.waiting = [];
    return all;
  }

  /** Nobody knows whether these were applied: they go again, first. */
  putBack(sent: Ended[]): void {
    for (const ended of sent) ended.resent = true;
    this.waiting = sent.concat(this.waiting);
  }

  clear(): Ended[] {
    const all = this.waiting;
    this.waiting = [];
    return all;
  }

  private fitting(): number {
    let bytes = 0;
    let count = 0;
    for (const { settlement } of this.waiting) {
      bytes += sizeOf(settlement);
      if (count > 0 && (bytes > limits.batchBytes || count === limits.batch)) break;
      count++;
    }
    return count;
  }
}

function sizeOf(settlement: Settlement): number {
  let size = settlement.id.length;
  if (settlement.outcome === 'completed') size += settlement.result?.length ?? 0;
  else if ('error' in settlement) size += settlement.error?.length ?? 0;
  for (const job of settlement.then ?? []) size += job.body.length;
  return size;
}
