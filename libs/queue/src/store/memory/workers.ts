import { limits } from '../../job/limits.js';
import type { Hold, Lane, ReapAnswer, ReapRequest, WorkerRecord } from '../store.js';
import { type Job, recordAttempt } from './job.js';
import { cancelIfMarked, release } from './settle.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

/** An incarnation begins. */
export function register(world: World, worker: WorkerRecord): void {
  const now = world.now();
  world.workers.set(worker.id, structuredClone(worker));
  for (const lane of worker.lanes) {
    const { leases } = world.openShard(lane);
    leases.beat(now);
    leases.renew(worker.id, worker.lease, now);
  }
}

/** An incarnation ends: what it holds goes back uncharged, so that the earliest claim comes first again. */
export function retire(world: World, worker: string): void {
  const now = world.now();
  for (const shard of world.shards()) {
    for (const job of shard.heldBy(worker)) release(shard, job, now);
    shard.leases.end(worker);
  }
  world.workers.delete(worker);
}

/** Releases what `worker` holds here without knowing it, because the answer that handed it over was lost. */
export function reconcile(world: World, worker: string, lane: Lane, held: Hold[]): string[] {
  const now = world.now();
  const shard = world.shard(lane);
  if (!shard) return [];
  const known = new Map(held.map(({ id, fence }) => [id, fence]));
  const unknown = shard.heldBy(worker).filter((job) => known.get(job.id) !== job.fence);
  for (const job of unknown) release(shard, job, now);
  return unknown.map((job) => job.id);
}

/** Gives back the jobs of workers whose lease ran out, up to a page. */
export function reap(world: World, { lane, page = limits.page }: ReapRequest): ReapAnswer {
  const now = world.now();
  const answer: ReapAnswer = { released: [], failed: [], cancelled: [], lost: [], more: false };
  const shard = world.shard(lane);
  if (!shard) return answer;
  shard.leases.beat(now);
  if (now < shard.leases.graceUntil) return { ...answer, graceUntil: shard.leases.graceUntil };

  let left = page;
  for (const { worker, heartbeatAt } of shard.leases.ended(now)) {
    const held = shard.heldBy(worker);
    for (const job of held.slice(0, left)) giveBack(shard, job, now, heartbeatAt, answer);
    left -= Math.min(left, held.length);
    if (shard.holds.has(worker)) {
      shard.leases.markLost(worker);
      return { ...answer, more: true };
    }
    shard.leases.end(worker);
    answer.lost.push(worker);
    if (!world.shards().some((other) => other.leases.knows(worker))) world.workers.delete(worker);
  }
  return answer;
}

/** One crash more; at its limit the job fails, for it may be what kills its workers. */
function giveBack(shard: Shard, job: Job, now: number, heartbeatAt: number | undefined, answer: ReapAnswer): void {
  recordAttempt(job, 'lost', now, { heartbeatAt });
  job.crashes++;
  if (job.crashes >= job.crashLimit) {
    shard.finish(job, 'failed', now, { reason: 'worker-lost' });
    answer.failed.push({ id: job.id, task: job.task });
  } else if (cancelIfMarked(shard, job, now)) {
    answer.cancelled.push(job.id);
  } else {
    shard.makeReady(job, 'front', now);
    answer.released.push(job.id);
  }
}
