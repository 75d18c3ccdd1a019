import { isFinal, type JobState } from '../../job/state.js';
import type { Settlement } from '../store.js';
import type { Value } from './database.js';
import { add } from './enqueue.js';
import { pause } from './gates.js';
import type { Lane } from './lane.js';
import { complete, type Final, finish, makeDue, makeReady, recordAttempt } from './moves.js';
import { type Job, jobOf, type UsualJob, usualJobOf } from './row.js';
import type { Transaction } from './transaction.js';

/** Applies how attempts ended, in order, each while `worker` still holds the job: its move and what follows from it in one step. */
export function settle(tx: Transaction, lane: Lane, worker: string, endings: Settlement[]): (JobState | 'stale')[] {
  if (endings.length === 0) return [];
  const usual = usualOf(tx, lane, worker, endings);
  const jobs = headsOf(tx, lane, usual.size > 0 ? endings.filter(({ id }) => !usual.has(id)) : endings);
  return endings.map((ending) => {
    const known = usual.get(ending.id);
    const state = known
      ? applyUsual(tx, lane, known, ending)
      : applyHeld(tx, lane, worker, jobs.get(ending.id), ending);
    if (state === 'stale') return state;
    if (ending.outcome === 'retry' && !isFinal(state)) tx.count(lane, 'retry');
    else if (isFinal(state)) tx.count(lane, state as Final);
    for (const next of ending.then ?? []) add(tx, next);
    return state;
  });
}

/** Of the jobs that completed, those of which little needs to be known, by id. None where an id comes twice: each might change what the other finds. */
function usualOf(tx: Transaction, lane: Lane, worker: string, endings: Settlement[]): Map<string, UsualJob> {
  const completed = endings.filter(({ outcome }) => outcome === 'completed').map(({ id }) => id);
  if (completed.length === 0 || new Set(endings.map(({ id }) => id)).size < endings.length) return new Map();
  const values = [JSON.stringify(completed), lane.n, worker];
  const jobs = tx.db.gathered('job.usual', ...values).map(usualJobOf);
  if (jobs.length < completed.length && lane.gates > 0) jobs.push(...usualGated(tx, lane, values));
  return new Map(jobs.map((job) => [job.id, job]));
}

/** The same of jobs with gates. */
function usualGated(tx: Transaction, lane: Lane, values: Value[]): UsualJob[] {
  const jobs = tx.db.gathered('job.usual_gated', ...values).map(usualJobOf);
  tx.gates(lane).foresee(jobs, 'leave');
  return jobs;
}

function headsOf(tx: Transaction, lane: Lane, endings: Settlement[]): Map<string, Job> {
  if (endings.length === 0) return new Map();
  const rows = tx.db.gathered('job.heads', JSON.stringify(endings.map(({ id }) => id)), lane.n);
  const jobs = rows.map(jobOf);
  if (jobs.some(({ gating }) => gating)) tx.gates(lane).foresee(jobs, 'leave');
  return new Map(jobs.map((job) => [job.id, job]));
}

function applyUsual(tx: Transaction, lane: Lane, job: UsualJob, ending: Settlement): JobState | 'stale' {
  if (job.fence !== ending.fence || ending.outcome !== 'completed') return 'stale';
  return complete(tx, lane, job, ending.result, ending.keep);
}

function applyHeld(
  tx: Transaction,
  lane: Lane,
  worker: string,
  job: Job | undefined,
  ending: Settlement,
): JobState | 'stale' {
  if (job?.state !== 'active' || job.worker !== worker || job.fence !== ending.fence) return 'stale';
  return apply(tx, lane, job, ending);
}

function apply(tx: Transaction, lane: Lane, job: Job, ending: Settlement): JobState {
  switch (ending.outcome) {
    case 'completed':
      job.attempts++;
      job.error = undefined;
      return finish(tx, lane, job, 'completed', { result: ending.result, keep: ending.keep });

    case 'retry':
      recordAttempt(tx, job, 'retry', { error: ending.error });
      job.attempts++;
      job.error = ending.error;
      return cancelIfMarked(tx, lane, job) ?? makeDue(tx, lane, job, tx.now + ending.in, 'retry');

    case 'snoozed':
      recordAttempt(tx, job, 'snoozed');
      if (ending.pause) pause(tx, lane, job, tx.now + ending.in);
      return cancelIfMarked(tx, lane, job) ?? makeDue(tx, lane, job, tx.now + ending.in, 'snooze');

    case 'failed':
      recordAttempt(tx, job, 'failed', { error: ending.error });
      job.attempts++;
      job.error = ending.error;
      return finish(tx, lane, job, 'failed', { reason: ending.reason });

    case 'cancelled':
      recordAttempt(tx, job, 'cancelled', { error: ending.error });
      job.error = ending.error ?? job.error;
      return cancelIfMarked(tx, lane, job) ?? finish(tx, lane, job, 'cancelled', { reason: ending.reason });

    case 'released':
      if (ending.in === undefined) return release(tx, lane, job);
      job.releases++;
      return cancelIfMarked(tx, lane, job) ?? makeDue(tx, lane, job, tx.now + ending.in, ending.why ?? 'delay');
  }
}

/** Given back, uncharged and to the front. */
export function release(tx: Transaction, lane: Lane, job: Job): JobState {
  job.releases++;
  return cancelIfMarked(tx, lane, job) ?? makeReady(tx, lane, job, 'front');
}

/** A job that somebody wants cancelled does not run again. */
export function cancelIfMarked(tx: Transaction, lane: Lane, job: Job): 'cancelled' | undefined {
  return job.mark === undefined ? undefined : finish(tx, lane, job, 'cancelled', { reason: job.mark });
}
