import { limits } from '../../job/limits.js';
import type { ExchangeAnswer, ExchangeRequest } from '../store.js';
import { carryWithin } from './after.js';
import { Claim } from './claim.js';
import { nextWake, wakeGates } from './gates.js';
import type { Lane } from './lane.js';
import { beat, ended, hasLease, renew } from './leases.js';
import { promote } from './moves.js';
import { jobOf, suspects } from './row.js';
import { settle } from './settle.js';
import { nextToken, room } from './room.js';
import { configured, type Transaction } from './transaction.js';

/** Settle, renew, promote, open gates, claim, hand back: the whole conversation of a worker with one shard. */
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
  wakeGates(tx, lane);
  const jobs = new Claim(tx, lane, request.worker).run(paused ? 0 : request.want, request.alone ?? false);
  tx.sweep();
  const cancels = tx.db.rows('exchange.cancels', request.worker, lane.n).map((row) => row[0] as string);

  return {
    settled,
    jobs,
    cancels,
    dueIn: dueIn(tx, lane),
    more: anyInLine(lane) && room(tx, lane) > 0,
    paused,
    suspects: lane.waiting[suspects]!,
    overdue: now >= (lane.graceUntil ?? 0) && ended(tx, lane).length > 0,
    now,
  };
}

/** What is due becomes ready, earliest first, a bounded number at a time. */
function promoteDue(tx: Transaction, lane: Lane): void {
  if (lane.counts.scheduled === 0) return;
  tx.sweep();
  const jobs = tx.db.rows('exchange.due', lane.n, tx.now, limits.promote).map(jobOf);
  if (jobs.some(({ gating }) => gating)) tx.gates(lane).expect(jobs);
  for (const job of jobs) promote(tx, lane, job);
}

function anyInLine({ waiting }: Lane): boolean {
  return waiting.slice(0, suspects).some((size) => size > 0);
}

/** The next scheduled job, the next gate that opens by the clock, or what only the rate of the queue keeps in line. */
function dueIn(tx: Transaction, lane: Lane): number | undefined {
  const next = lane.counts.scheduled > 0 ? (tx.db.row('exchange.next_due', lane.n)![0] as number) : Infinity;
  const token = anyInLine(lane) ? nextToken(tx, lane) : undefined;
  const time = Math.min(next, nextWake(tx, lane) ?? Infinity, token ?? Infinity);
  return time === Infinity ? undefined : Math.max(0, time - tx.now);
}
