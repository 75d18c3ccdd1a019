import { limits } from '../../job/limits.js';
import type { ExchangeAnswer, ExchangeRequest } from '../store.js';
import { carryWithin } from './after.js';
import { Claim } from './claim.js';
import type { Lane } from './lane.js';
import { beat, ended, hasLease, renew } from './leases.js';
import { promote } from './moves.js';
import { jobOf, suspects } from './row.js';
import { settle } from './settle.js';
import { configured, type Transaction } from './transaction.js';

/** Settle, renew, promote, claim, hand back: the whole conversation of a worker with one shard. */
export function exchange(tx: Transaction, request: ExchangeRequest): ExchangeAnswer {
  const { now } = tx;
  const lane = tx.peek(request.lane);
  if (lane) beat(tx, lane);
  if (!lane || !hasLease(tx, lane, request.worker)) {
    const { paused } = lane?.settings ?? configured(tx, request.lane.queue);
    return { gone: true, settled: [], jobs: [], cancels: [], more: false, paused, suspects: 0, overdue: false, now };
  }

  const { paused } = lane.settings;
  const settled = settle(tx, lane, request.worker, request.settle);
  carryWithin(tx, lane);
  renew(tx, lane, request.worker, request.lease);
  promoteDue(tx, lane);
  const jobs = new Claim(tx, lane, request.worker).run(paused ? 0 : request.want, request.alone ?? false);
  const cancels = tx.db.rows('exchange.cancels', request.worker, lane.n).map((row) => row[0] as string);

  return {
    settled,
    jobs,
    cancels,
    dueIn: dueIn(tx, lane),
    more: lane.waiting.slice(0, suspects).some((size) => size > 0),
    paused,
    suspects: lane.waiting[suspects]!,
    overdue: now >= (lane.graceUntil ?? 0) && ended(tx, lane).length > 0,
    now,
  };
}

/** What is due becomes ready, earliest first, a bounded number at a time. */
function promoteDue(tx: Transaction, lane: Lane): void {
  if (lane.counts.scheduled === 0) return;
  for (const row of tx.db.rows('exchange.due', lane.n, tx.now, limits.promote)) promote(tx, lane, jobOf(row));
}

function dueIn(tx: Transaction, lane: Lane): number | undefined {
  if (lane.counts.scheduled === 0) return undefined;
  const next = tx.db.row('exchange.next_due', lane.n)!;
  return Math.max(0, (next[0] as number) - tx.now);
}
