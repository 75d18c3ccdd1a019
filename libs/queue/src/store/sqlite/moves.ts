import { limits } from '../../job/limits.js';
import { isFinal, jobStates, type WhyScheduled } from '../../job/state.js';
import type { AttemptRecord } from '../store.js';
import { release } from './keys.js';
import type { Lane } from './lane.js';
import { admit, firstParked, forgetLimit, hasLimit, limitOf, park, type Standing, standing, unpark } from './limit.js';
import { isLinked, unlink } from './links.js';
import { type Job, suspects, trails, type UsualJob } from './row.js';
import { tally, type Transaction } from './transaction.js';

/**
 * The moves between states. A move takes the job out of its old place, puts it into the new one and keeps the counts;
 * the verbs decide which move to make, and no other code changes `state`.
 */

export type Final = 'completed' | 'failed' | 'cancelled';

/** Ready, among the suspects or in the band of its priority. The tail means a new turn, so an old due time goes. */
export function makeReady(tx: Transaction, lane: Lane, job: Job, where: 'front' | 'tail'): 'ready' {
  if (where === 'tail') job.dueAt = undefined;
  return join(tx, lane, job, where);
}

/** The due time has come. It stays readable: how late a job starts is counted from it. */
export function promote(tx: Transaction, lane: Lane, job: Job): void {
  join(tx, lane, job, 'tail');
}

/** Scheduled for `dueAt`, or ready when that has passed. */
export function makeDue(tx: Transaction, lane: Lane, job: Job, dueAt: number | undefined, why: WhyScheduled) {
  if (dueAt === undefined || dueAt <= tx.now) return makeReady(tx, lane, job, 'tail');
  const stood = standing(job);
  leave(lane, job);
  job.dueAt = dueAt;
  job.why = why;
  hintSoon(tx, lane, dueAt);
  enter(tx, lane, job, 'scheduled');
  if (stood) moveUp(tx, lane, job, stood);
  return 'scheduled';
}

/** An idle worker that knows of nothing sooner would sleep over it. */
export function hintSoon(tx: Transaction, lane: Lane, dueAt: number): void {
  if (dueAt - tx.now <= limits.soon) tx.hintLane('ready', lane);
}

/** A final state, kept for `keep` milliseconds. With 0 nothing is left. */
export function finish<F extends Final>(
  tx: Transaction,
  lane: Lane,
  job: Job,
  state: F,
  ending: { reason?: string; result?: string; keep?: number } = {},
): F {
  lane.totals[state]++;
  if (isLinked(job)) unlink(tx, job, state === 'completed' ? 'completed' : 'ended');
  if (ending.keep === 0) {
    vanish(tx, lane, job);
    return state;
  }
  const stood = standing(job);
  leave(lane, job);
  job.reason = ending.reason;
  job.result = ending.result;
  job.finishedAt = tx.now;
  job.forgetAt = tx.now + (ending.keep ?? (state === 'failed' ? limits.keepFailed : limits.keepFinished));
  enter(tx, lane, job, state);
  if (stood) moveUp(tx, lane, job, stood);
  return state;
}

/** The same for a held job that has neither keys nor anything in other tables, and completed. */
export function complete(
  tx: Transaction,
  lane: Lane,
  job: UsualJob,
  result: string | undefined,
  keep: number = limits.keepFinished,
): 'completed' {
  lane.totals.completed++;
  lane.counts.active--;
  if (keep === 0) {
    tx.vanish(job.n);
  } else {
    lane.counts.completed++;
    tx.db.run('job.complete', job.attempts + 1, tx.now, tx.now + keep, result, job.n);
  }
  tx.hintJob(job.id);
  return 'completed';
}

/** The record vanishes, and the keys that point to it. */
export function forget(tx: Transaction, lane: Lane, job: Job): void {
  if (job.state !== 'completed' && job.state !== 'cancelled') lane.totals.removed++;
  if (isLinked(job) && !isFinal(job.state)) unlink(tx, job, 'ended');
  vanish(tx, lane, job);
}

/** Writes down how the attempt in hand ended. Call it before the job leaves `active`. */
export function recordAttempt(
  tx: Transaction,
  job: Job,
  outcome: AttemptRecord['outcome'],
  more: Pick<AttemptRecord, 'error' | 'heartbeatAt'> = {},
): void {
  const entry: AttemptRecord = {
    attempt: job.attempts + 1,
    worker: job.worker!,
    startedAt: job.startedAt!,
    finishedAt: tx.now,
    outcome,
    ...more,
  };
  tx.db.run('job.attempted', job.n, JSON.stringify(entry));
  tx.db.run('job.trim_attempts', job.n, limits.history);
  job.trail |= trails.left;
}

/** Two lost workers of three: the next crash would be the last, so it runs alone. */
function isSuspect(job: Job): boolean {
  return job.crashes > 0 && job.crashes >= job.crashLimit - 1;
}

/** Where a ready job stands in line. */
export function takePlace(lane: Lane, job: Job, where: 'front' | 'tail'): void {
  job.place = isSuspect(job) ? suspects : job.priority;
  job.pos = where === 'front' ? lane.head-- : lane.tail++;
}

function join(tx: Transaction, lane: Lane, job: Job, where: 'front' | 'tail'): 'ready' {
  const admitted = !hasLimit(job) || standing(job) === 'admitted' || admitOrPark(tx, lane, job);
  leave(lane, job);
  if (admitted) {
    takePlace(lane, job, where);
    tx.hintLane('ready', lane);
  }
  return enter(tx, lane, job, 'ready');
}

/** Whether a job with a limit that becomes ready may join a list; else it is parked. */
function admitOrPark(tx: Transaction, lane: Lane, job: Job): boolean {
  const { key, max, admitted } = limitOf(tx, job);
  if (admitted < max) admit(tx, lane, key, admitted + 1);
  else park(tx, lane, job, key);
  return admitted < max;
}

/** A job with a limit is neither ready nor active any more: parked ones of its key are admitted as far as there is room. */
function moveUp(tx: Transaction, lane: Lane, job: Job, stood: Standing): void {
  if (stood === 'parked') unpark(tx, lane, job);
  const before = limitOf(tx, job);
  let admitted = stood === 'admitted' ? before.admitted - 1 : before.admitted;
  for (;;) {
    const next = firstParked(tx, lane, before.key);
    if (!next || admitted >= next.max) break;
    admitted++;
    letIn(tx, lane, next.job);
  }
  if (admitted !== before.admitted) admit(tx, lane, before.key, admitted);
}

/** To the tail, as if it were promoted. */
function letIn(tx: Transaction, lane: Lane, job: Job): void {
  unpark(tx, lane, job);
  takePlace(lane, job, 'tail');
  tally(lane, job, 'ready', 1);
  tx.db.run('limit.let_in', job.place, job.pos, job.n);
  tx.hintLane('ready', lane);
  tx.hintJob(job.id);
}

function leave(lane: Lane, job: Job): void {
  tally(lane, job, job.state, -1);
  job.place = job.pos = job.why = undefined;
  job.worker = job.fence = job.mark = undefined;
  if (isFinal(job.state)) job.finishedAt = job.forgetAt = job.result = undefined;
}

function enter<S extends Job['state']>(tx: Transaction, lane: Lane, job: Job, state: S): S {
  job.state = state;
  tally(lane, job, state, 1);
  put(tx, job);
  tx.hintJob(job.id);
  return state;
}

function put(tx: Transaction, job: Job): void {
  if (job.state === 'completed') {
    tx.db.run('job.complete', job.attempts, job.finishedAt, job.forgetAt, job.result, job.n);
    return;
  }
  tx.db.run(
    'job.put',
    jobStates.indexOf(job.state),
    job.place,
    job.pos,
    job.attempts,
    job.crashes,
    job.releases,
    job.worker,
    job.fence,
    job.mark,
    job.dueAt,
    job.startedAt,
    job.why,
    job.reason,
    job.error,
    job.trail,
    job.finishedAt,
    job.forgetAt,
    job.result,
    job.n,
  );
}

function vanish(tx: Transaction, lane: Lane, job: Job): void {
  const stood = standing(job);
  tally(lane, job, job.state, -1);
  tx.vanish(job.n);
  if ((job.trail & trails.left) !== 0)
    for (const trail of ['attempts', 'log', 'steps']) tx.db.run(`job.forget_${trail}`, job.n);
  release(tx, lane, job);
  if (stood) moveUp(tx, lane, job, stood);
  if (hasLimit(job)) forgetLimit(tx, job);
  tx.hintJob(job.id);
  job.gone = true;
  job.worker = undefined;
}
