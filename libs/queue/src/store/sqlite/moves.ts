import { limits } from '../../job/limits.js';
import { isFinal, jobStates, type JobState, type WhyScheduled } from '../../job/state.js';
import type { AttemptRecord } from '../store.js';
import { becomeReady, hintSoon, leaveGates } from './gates.js';
import { release } from './keys.js';
import type { Lane } from './lane.js';
import { isLinked, unlink } from './links.js';
import { type Job, trails, type UsualJob } from './row.js';
import { tally, type Transaction } from './transaction.js';

/**
 * The moves between states. A move takes the job out of its old place, puts it into the new one and keeps the counts;
 * the verbs decide which move to make, and no other code changes `state`.
 */

export type Final = 'completed' | 'failed' | 'cancelled';

/** Ready, among the suspects, in the band of its priority or parked. The tail means a new turn, so an old due time goes. */
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
  const before = job.state;
  leave(lane, job);
  job.dueAt = dueAt;
  job.why = why;
  hintSoon(tx, lane, dueAt);
  enter(tx, lane, job, 'scheduled');
  makeRoom(tx, lane, job, before);
  return 'scheduled';
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
  const before = job.state;
  leave(lane, job);
  job.reason = ending.reason;
  job.result = ending.result;
  job.finishedAt = tx.now;
  job.forgetAt = tx.now + (ending.keep ?? (state === 'failed' ? limits.keepFailed : limits.keepFinished));
  enter(tx, lane, job, state);
  makeRoom(tx, lane, job, before);
  return state;
}

/** The same for a held job that has neither keys nor, but for gates, anything in other tables, and completed. */
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
    if (job.gating) tx.gates(lane).moves.complete(job.n, keep, result);
    else tx.db.run('job.complete', job.attempts + 1, tx.now, tx.now + keep, result, job.n);
  }
  tx.hintJob(job.id);
  if (job.gating) leaveGates(tx, lane, job.gating, 0);
  hintRoom(tx, lane);
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

function join(tx: Transaction, lane: Lane, job: Job, where: 'front' | 'tail'): 'ready' {
  const wasActive = job.state === 'active';
  leave(lane, job);
  becomeReady(tx, lane, job, { wasActive, where });
  return enter(tx, lane, job, 'ready');
}

/** A job that was in state `before` is neither ready nor active any more: those that waited for what it had go on. */
function makeRoom(tx: Transaction, lane: Lane, job: Job, before: JobState): void {
  if (job.gating) {
    if (!job.gone) tx.gates(lane).moves.move(job);
    leaveGates(tx, lane, job.gating, gatesKept(job, before), before === 'ready' ? job : undefined);
  }
  if (before === 'active') hintRoom(tx, lane);
}

/** The first place that a full queue has again is news to those who found none. */
function hintRoom(tx: Transaction, lane: Lane): void {
  const isNews = lane.counts.active + 1 === lane.settings.maxActive;
  if (isNews && lane.waiting.some((size) => size > 0)) tx.hintLane('ready', lane);
}

/** An order gate is kept while its job waits to go on, and by one that failed where it says so. */
function gatesKept({ gating, state, gone }: Job, before: JobState): number {
  const innermost = gating?.gates[0];
  if (innermost?.kind !== 'order' || gone) return 0;
  const goesOn = state === 'scheduled' && (before === 'active' || before === 'scheduled');
  return goesOn || (state === 'failed' && innermost.holdFailed) ? Math.min(1, gating!.passed) : 0;
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
  tally(lane, job, job.state, -1);
  tx.vanish(job.n);
  if ((job.trail & trails.left) !== 0)
    for (const trail of ['attempts', 'log', 'steps']) tx.db.run(`job.forget_${trail}`, job.n);
  release(tx, lane, job);
  tx.hintJob(job.id);
  job.gone = true;
  job.worker = undefined;
  makeRoom(tx, lane, job, job.state);
}
