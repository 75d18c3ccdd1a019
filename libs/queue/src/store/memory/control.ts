import { may } from '../../job/state.js';
import { arrivalUnder } from '../gating.js';
import { mergeSettings } from '../settings.js';
import type { ControlAnswer, Due, QueueSettings, SettingsChange } from '../store.js';
import { type Job, recordAttempt, timeOf } from './job.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

/** What an operator does to each of `ids`, in order: `change` says whether it applied. */
function each(world: World, ids: string[], change: (job: Job, shard: Shard) => boolean): ControlAnswer[] {
  return ids.map((id) => {
    const shard = world.shardOf(id);
    const job = shard?.jobs.get(id);
    if (!shard || !job) return { id, applied: false, state: undefined };
    const applied = change(job, shard);
    return { id, applied, state: shard.jobs.get(id)?.state };
  });
}

/** Cancelled at once while it waits; a running one is marked and its worker told, or with `force` loses its hold. */
export function cancel(
  world: World,
  ids: string[],
  { reason = 'request', force = false }: { reason?: string; force?: boolean } = {},
): ControlAnswer[] {
  const now = world.now();
  const answers = each(world, ids, (job, shard) => {
    if (!may('cancel', job.state)) return false;
    if (job.state === 'active' && !force) return mark(job, shard, reason);
    if (job.state === 'active') {
      recordAttempt(job, 'cancelled', now);
      shard.hints.lane('cancelled', shard);
    }
    shard.finish(job, 'cancelled', now, { reason });
    return true;
  });
  return answers.map((answer) =>
    answer.applied && answer.state === 'active' ? { ...answer, signalled: true } : answer,
  );
}

/** The first reason stays. */
function mark(job: Job, shard: Shard, reason: string): true {
  if (!job.cancelling) {
    job.cancelling = true;
    job.cancelReason = reason;
    shard.hints.changed(job);
  }
  shard.hints.lane('cancelled', shard);
  return true;
}

/** By hand: a job that failed or was cancelled begins again, unless another took one of its keys meanwhile. */
export function retry(world: World, ids: string[]): ControlAnswer[] {
  const now = world.now();
  return each(world, ids, (job, shard) => {
    if (!may('revive', job.state) || shard.keys.holder(job.keys, now, job.id) !== undefined) return false;
    if (job.state === 'cancelled') shard.totals.revived++;
    job.attempts = job.crashes = job.releases = 0;
    job.reason = job.error = job.result = job.finishedAt = job.expiresAt = undefined;
    shard.keys.take(job);
    shard.makeReady(job, 'tail', now);
    return true;
  });
}

/** A ready job that shall run now stays where it is. */
export function reschedule(world: World, ids: string[], due: Due | undefined): ControlAnswer[] {
  const now = world.now();
  const dueAt = timeOf(due, now);
  return each(world, ids, (job, shard) => {
    if (!may('reschedule', job.state)) return false;
    const at = dueAt !== undefined && dueAt > now;
    if (job.state === 'scheduled' || at) shard.makeDue(job, dueAt, 'delay', now);
    return true;
  });
}

export function remove(world: World, ids: string[]): ControlAnswer[] {
  const now = world.now();
  return each(world, ids, (job, shard) => {
    if (job.state === 'active') return false;
    shard.forget(job, now);
    return true;
  });
}

/** Gates that what is new may open are looked at in the next exchange. */
export function configure(world: World, queue: string, change: SettingsChange): QueueSettings {
  const now = world.now();
  const settings = mergeSettings(world.settings(queue), structuredClone(change));
  world.configure(queue, settings);
  for (const shard of world.shards(queue)) {
    shard.tat = arrivalUnder(shard.tat, change.rate, now);
    if (change.tasks && shard.gates.reconsider(change.tasks, now)) shard.hints.lane('ready', shard);
  }
  return structuredClone(settings);
}
