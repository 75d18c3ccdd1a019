import type { QueueRecord, Violation } from '../store.js';

/** I12: whatever came in has ended, was removed, or is still here. Told from counters alone. */
export function checkLedger({ queue, counts, totals }: QueueRecord): Violation[] {
  const here = counts.scheduled + counts.blocked + counts.ready + counts.active + counts.failed;
  const came = totals.enqueued + totals.revived;
  const went = totals.completed + totals.cancelled + totals.removed;
  if (came === went + here) return [];
  return [{ invariant: 'I12', says: `${queue}: ${came} came in, ${went} went, ${here} are here`, jobs: [] }];
}
