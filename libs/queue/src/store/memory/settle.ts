import { isFinal, type JobState } from '../../job/state.js';
import type { Settlement } from '../store.js';
import { add } from './enqueue.js';
import { type Job, recordAttempt } from './job.js';
import type { Final, Shard } from './shard.js';
import type { World } from './world.js';

/** Applies how an attempt ended, while `worker` still holds it: the job's move and what follows from it in one step. */
export function settle(
  world: World,
  shard: Shard,
  worker: string,
  ending: Settlement,
  now: number,
): JobState | 'stale' {
  const job = shard.jobs.get(ending.id);
  if (!job || job.state !== 'active' || job.worker !== worker || job.fence !== ending.fence) return 'stale';
  const state = apply(shard, job, ending, now);
  count(shard, ending.outcome === 'retry' && !isFinal(state) ? 'retry' : state, now);
  for (const next of ending.then ?? []) add(world, next, now);
  return state;
}

function apply(shard: Shard, job: Job, ending: Settlement, now: number): JobState {
  switch (ending.outcome) {
    case 'completed':
      job.attempts++;
      job.error = undefined;
      job.result = ending.result;
      return shard.finish(job, 'completed', now, { keep: ending.keep });

    case 'retry':
      recordAttempt(job, 'retry', now, { error: ending.error });
      job.attempts++;
      job.error = ending.error;
      return cancelIfMarked(shard, job, now) ?? shard.makeDue(job, now + ending.in, 'retry', now);

    case 'snoozed':
      recordAttempt(job, 'snoozed', now);
      if (ending.pause) shard.gates.pause(job, now + ending.in);
      return cancelIfMarked(shard, job, now) ?? shard.makeDue(job, now + ending.in, 'snooze', now);

    case 'failed':
      recordAttempt(job, 'failed', now, { error: ending.error });
      job.attempts++;
      job.error = ending.error;
      return shard.finish(job, 'failed', now, { reason: ending.reason });

    case 'cancelled':
      recordAttempt(job, 'cancelled', now, { error: ending.error });
      job.error = ending.error ?? job.error;
      return cancelIfMarked(shard, job, now) ?? shard.finish(job, 'cancelled', now, { reason: ending.reason });

    case 'released':
      if (ending.in === undefined) return release(shard, job, now);
      job.releases++;
      return cancelIfMarked(shard, job, now) ?? shard.makeDue(job, now + ending.in, ending.why ?? 'delay', now);
  }
}

/** Given back, uncharged and to the front. */
export function release(shard: Shard, job: Job, now: number): JobState {
  job.releases++;
  return cancelIfMarked(shard, job, now) ?? shard.makeReady(job, 'front', now);
}

/** A job that somebody wants cancelled does not run again. */
export function cancelIfMarked(shard: Shard, job: Job, now: number): 'cancelled' | undefined {
  if (!job.cancelling) return undefined;
  return shard.finish(job, 'cancelled', now, { reason: job.cancelReason });
}

/** One settled attempt in the minute's figures. */
function count(shard: Shard, what: JobState | 'retry', now: number): void {
  if (what !== 'retry' && !isFinal(what)) return;
  const at = now - (now % 60_000);
  const bucket = shard.history.get(at) ?? { queue: shard.queue, at, completed: 0, failed: 0, cancelled: 0, retry: 0 };
  bucket[what as Final | 'retry']++;
  shard.history.set(at, bucket);
}
