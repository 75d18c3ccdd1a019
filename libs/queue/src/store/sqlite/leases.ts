import type { Lane } from './lane.js';
import type { Transaction } from './transaction.js';

/**
 * The right of workers to what they hold in one shard, and when the shard last heard of anybody.
 *
 * After an outage every worker looks dead, though it was the store that was away. So when nobody has beaten for half a
 * lease, or the clock went back, nothing is reaped until workers had a full lease to report back.
 */

/** Somebody spoke with this shard. Comes first in `exchange`, `register` and `reap`. */
export function beat(tx: Transaction, lane: Lane): void {
  const { now } = tx;
  const before = lane.beatAt;
  lane.beatAt = now;
  if (before === undefined) return;
  const longest = (tx.db.row('leases.longest', lane.n)?.[0] as number | null | undefined) ?? 0;
  const wentBack = now < before - 1000;
  if (longest === 0) lane.graceUntil = undefined;
  else if (wentBack || now - before > longest / 2) lane.graceUntil = now + longest;
  if (wentBack) tx.db.run('leases.extend', now + longest, lane.n);
}

/** Begins or renews. */
export function renew(tx: Transaction, lane: Lane, worker: string, length: number): void {
  tx.db.run('leases.renew', lane.n, worker, tx.now + length, length);
}

/** Whether `worker` may still exchange: registered here, and not being reaped. It may be late. */
export function hasLease(tx: Transaction, lane: Lane, worker: string): boolean {
  return tx.db.row('leases.running', lane.n, worker) !== undefined;
}

/** Workers whose lease ran out, first those that a page left half reaped. */
export function ended(tx: Transaction, lane: Lane): { worker: string; heartbeatAt?: number }[] {
  return tx.db
    .rows('leases.ended', lane.n, tx.now)
    .map(([worker, at]) => ({ worker: worker as string, heartbeatAt: (at as number | null) ?? undefined }));
}

/** A page was too short for all that `worker` holds: it may not come back in between. */
export function markLost(tx: Transaction, lane: Lane, worker: string): void {
  tx.db.run('leases.lose', lane.n, worker);
}

export function end(tx: Transaction, lane: Lane, worker: string): void {
  tx.db.run('leases.end', lane.n, worker);
}
