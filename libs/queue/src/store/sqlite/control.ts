import { may } from '../../job/state.js';
import { arrivalUnder } from '../gating.js';
import { mergeSettings } from '../settings.js';
import type { ControlAnswer, Due, QueueSettings, SettingsChange } from '../store.js';
import { reconsider } from './gates.js';
import { holderOf, take } from './keys.js';
import { flowOf, type Lane } from './lane.js';
import { finish, forget, makeDue, makeReady, recordAttempt } from './moves.js';
import { type Job, timeOf } from './row.js';
import { configured, type Transaction } from './transaction.js';

/** What an operator does to each of `ids`, in order: `change` says whether it applied. */
function each(tx: Transaction, ids: string[], change: (job: Job, lane: Lane) => boolean): ControlAnswer[] {
  return ids.map((id) => {
    const found = tx.find(id);
    if (!found) return { id, applied: false, state: undefined };
    const applied = change(found.job, found.lane);
    return { id, applied, state: found.job.gone ? undefined : found.job.state };
  });
}

/** Cancelled at once while it waits; a running one is marked and its worker told, or with `force` loses its hold. */
export function cancel(
  tx: Transaction,
  ids: string[],
  { reason = 'request', force = false }: { reason?: string; force?: boolean } = {},
): ControlAnswer[] {
  const answers = each(tx, ids, (job, lane) => {
    if (!may('cancel', job.state)) return false;
    if (job.state === 'active' && !force) return mark(tx, lane, job, reason);
    if (job.state === 'active') {
      recordAttempt(tx, job, 'cancelled');
      tx.hintLane('cancelled', lane);
    }
    finish(tx, lane, job, 'cancelled', { reason });
    return true;
  });
  return answers.map((answer) =>
    answer.applied && answer.state === 'active' ? { ...answer, signalled: true } : answer,
  );
}

/** The first reason stays. */
function mark(tx: Transaction, lane: Lane, job: Job, reason: string): true {
  if (job.mark === undefined) {
    tx.db.run('control.mark', reason, job.n);
    tx.hintJob(job.id);
  }
  tx.hintLane('cancelled', lane);
  return true;
}

/** By hand: a job that failed or was cancelled begins again, unless another took one of its keys meanwhile. */
export function retry(tx: Transaction, ids: string[]): ControlAnswer[] {
  return each(tx, ids, (job, lane) => {
    if (!may('revive', job.state) || holderOf(tx, lane, job.keys, job.id)) return false;
    if (job.state === 'cancelled') lane.totals.revived++;
    job.attempts = job.crashes = job.releases = 0;
    job.reason = job.error = undefined;
    tx.db.run('control.unexpire', job.n);
    take(tx, lane, job.id, job.keys, tx.db.row('control.enqueued', job.n)![0] as number);
    makeReady(tx, lane, job, 'tail');
    return true;
  });
}

/** A ready job that shall run now stays where it is. */
export function reschedule(tx: Transaction, ids: string[], due: Due | undefined): ControlAnswer[] {
  const dueAt = timeOf(due, tx.now);
  return each(tx, ids, (job, lane) => {
    if (!may('reschedule', job.state)) return false;
    const later = dueAt !== undefined && dueAt > tx.now;
    if (job.state === 'scheduled' || later) makeDue(tx, lane, job, dueAt, 'delay');
    return true;
  });
}

export function remove(tx: Transaction, ids: string[]): ControlAnswer[] {
  return each(tx, ids, (job, lane) => {
    if (job.state === 'active') return false;
    forget(tx, lane, job);
    return true;
  });
}

/** Gates that what is new may open are looked at in the next exchange. */
export function configure(tx: Transaction, queue: string, change: SettingsChange): QueueSettings {
  const settings = mergeSettings(configured(tx, queue), change);
  tx.db.run('control.configure', queue, settings.paused ? 1 : 0, settings.maxReady, flowOf(settings));
  tx.db.run('control.tell', queue);
  if (!change.rate && !change.tasks) return settings;
  for (const [shard] of tx.db.rows('control.shards', queue)) {
    const lane = tx.lane({ queue, shard: shard as number });
    lane.tat = arrivalUnder(lane.tat, change.rate, tx.now);
    if (change.tasks && reconsider(tx, lane, change.tasks)) tx.hintLane('ready', lane);
  }
  return settings;
}
