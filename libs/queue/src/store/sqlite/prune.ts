import { limits } from '../../job/limits.js';
import { jobStates } from '../../job/state.js';
import type { PruneRequest } from '../store.js';
import type { Lane } from './lane.js';
import { type Final, forget } from './moves.js';
import { jobOf } from './row.js';
import type { Transaction } from './transaction.js';

const finals: Final[] = ['completed', 'cancelled', 'failed'];
const day = 24 * 3600 * 1000;

/** Every collection has a bound in age and count: first goes what is past its time, then what is beyond the count. */
export function prune(tx: Transaction, request: PruneRequest): number {
  const lane = tx.peek(request.lane);
  if (!lane) return 0;
  const { page = limits.page, keepCount = limits.keepCount } = request;
  let left = page;
  for (const state of finals) left -= forgetFirst(tx, lane, state, left, tx.now);
  for (const state of finals) {
    left -= forgetFirst(tx, lane, state, Math.min(left, lane.counts[state] - keepCount), Infinity);
  }
  tx.db.run('keys.prune', lane.n, tx.now, limits.page);
  tx.db.run('history.prune', lane.n, tx.now - day);
  return page - left;
}

/** At most `most` of those whose time ends by `until`, earliest first. */
function forgetFirst(tx: Transaction, lane: Lane, state: Final, most: number, until: number): number {
  if (most <= 0) return 0;
  const rows = tx.db.rows('prune.look', lane.n, jobStates.indexOf(state), until, most);
  for (const row of rows) forget(tx, lane, jobOf(row));
  tx.sweep();
  return rows.length;
}
