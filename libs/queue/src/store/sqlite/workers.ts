import { limits } from '../../job/limits.js';
import type { Hold, Lane as Address, ReapAnswer, ReapRequest, WorkerRecord } from '../store.js';
import type { Lane } from './lane.js';
import { beat, end, ended, markLost, renew } from './leases.js';
import { finish, makeReady, recordAttempt } from './moves.js';
import { type Job, jobOf } from './row.js';
import { cancelIfMarked, release } from './settle.js';
import type { Transaction } from './transaction.js';

/** An incarnation begins. */
export function register(tx: Transaction, worker: WorkerRecord): void {
  tx.db.run('workers.put', worker.id, JSON.stringify(worker));
  for (const address of worker.lanes) {
    const lane = tx.lane(address);
    beat(tx, lane);
    renew(tx, lane, worker.id, worker.lease);
  }
}

/** An incarnation ends: what it holds goes back uncharged, so that the earliest claim comes first again. */
export function retire(tx: Transaction, worker: string): void {
  for (const row of tx.db.rows('workers.lanes', worker, worker)) {
    const lane = tx.lane({ queue: row[0] as string, shard: row[1] as number });
    for (const job of heldBy(tx, lane, worker)) release(tx, lane, job);
  }
  tx.db.run('leases.end_all', worker);
  tx.db.run('workers.delete', worker);
}

/** Releases what `worker` holds here without knowing it, because the answer that handed it over was lost. */
export function reconcile(tx: Transaction, worker: string, address: Address, held: Hold[]): string[] {
  const lane = tx.peek(address);
  if (!lane) return [];
  const known = new Map(held.map(({ id, fence }) => [id, fence]));
  const unknown = heldBy(tx, lane, worker).filter((job) => known.get(job.id) !== job.fence);
  for (const job of unknown) release(tx, lane, job);
  return unknown.map((job) => job.id);
}

/** Gives back the jobs of workers whose lease ran out, up to a page. */
export function reap(tx: Transaction, { lane: address, page = limits.page }: ReapRequest): ReapAnswer {
  const answer: ReapAnswer = { released: [], failed: [], cancelled: [], lost: [], more: false };
  const lane = tx.peek(address);
  if (!lane) return answer;
  beat(tx, lane);
  if (lane.graceUntil !== undefined && tx.now < lane.graceUntil) return { ...answer, graceUntil: lane.graceUntil };

  let left = page;
  for (const { worker, heartbeatAt } of ended(tx, lane)) {
    const held = heldBy(tx, lane, worker, left + 1);
    for (const job of held.slice(0, left)) giveBack(tx, lane, job, heartbeatAt, answer);
    if (held.length > left) {
      markLost(tx, lane, worker);
      return { ...answer, more: true };
    }
    left -= held.length;
    end(tx, lane, worker);
    answer.lost.push(worker);
    tx.db.run('workers.delete_unleased', worker);
  }
  return answer;
}

/** One crash more; at its limit the job fails, for it may be what kills its workers. */
function giveBack(tx: Transaction, lane: Lane, job: Job, heartbeatAt: number | undefined, answer: ReapAnswer): void {
  recordAttempt(tx, job, 'lost', { heartbeatAt });
  job.crashes++;
  if (job.crashes >= job.crashLimit) {
    finish(tx, lane, job, 'failed', { reason: 'worker-lost' });
    answer.failed.push({ id: job.id, task: tx.db.row('job.task', job.n)![0] as string });
  } else if (cancelIfMarked(tx, lane, job)) {
    answer.cancelled.push(job.id);
  } else {
    makeReady(tx, lane, job, 'front');
    answer.released.push(job.id);
  }
}

/** What `worker` holds, latest claim first: giving these to the front one by one restores their order. */
function heldBy(tx: Transaction, lane: Lane, worker: string, most = -1): Job[] {
  return tx.db.rows('workers.held', worker, lane.n, most).map(jobOf);
}

/** Those whose lease runs, by id. */
export function workers(tx: Transaction): (WorkerRecord & { leaseUntil: number; held: number })[] {
  return tx.db.rows('workers.running', tx.now).map(([record, leaseUntil, held]) => ({
    ...(JSON.parse(record as string) as WorkerRecord),
    leaseUntil: leaseUntil as number,
    held: held as number,
  }));
}
