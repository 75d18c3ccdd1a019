import { jobStates, type JobState } from '../../job/state.js';
import type { HistoryBucket, JobKey, JobRecord, QueueRecord, WorkerRecord } from '../store.js';
import { compare } from './heap.js';
import type { Job } from './job.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

export function find(world: World, keys: JobKey[], watch: boolean): (JobRecord | undefined)[] {
  const now = world.now();
  return keys.map((key) => {
    const job = 'id' in key ? world.job(key.id) : named(world, key.name, key.queue);
    if (job && watch) world.hints.watch(job);
    return job && world.shardOf(job.id)!.recordOf(job, now);
  });
}

/** The newest of that name. */
function named(world: World, name: string, queue: string | undefined): Job | undefined {
  let newest: Job | undefined;
  for (const shard of world.shards(queue)) {
    const job = shard.keys.find(`=${name}`);
    if (job && (!newest || job.enqueuedAt > newest.enqueuedAt)) newest = job;
  }
  return newest;
}

export function counts(world: World): QueueRecord[] {
  return world.queueNames().map((queue) => {
    const shards = world.shards(queue);
    return {
      queue,
      shards: Math.max(1, ...shards.map((shard) => shard.shard + 1)),
      counts: Object.fromEntries(
        jobStates.map((state) => [state, sum(shards, (shard) => shard.counts[state])]),
      ) as Record<JobState, number>,
      ghosts: 0,
      settings: structuredClone(world.settings(queue)),
      oldestReadyAt: oldestReadyAt(shards),
      totals: {
        enqueued: sum(shards, (shard) => shard.totals.enqueued),
        revived: sum(shards, (shard) => shard.totals.revived),
        completed: sum(shards, (shard) => shard.totals.completed),
        failed: sum(shards, (shard) => shard.totals.failed),
        cancelled: sum(shards, (shard) => shard.totals.cancelled),
        removed: sum(shards, (shard) => shard.totals.removed),
      },
    };
  });
}

function sum(shards: Shard[], of: (shard: Shard) => number): number {
  return shards.reduce((total, shard) => total + of(shard), 0);
}

/** Of the jobs at the head of a line, the one that was enqueued first. */
function oldestReadyAt(shards: Shard[]): number | undefined {
  const heads = shards.flatMap((shard) => shard.lines.map((line) => line.first?.enqueuedAt));
  const times = heads.filter((time) => time !== undefined);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** Those whose lease runs, by id. */
export function workers(world: World): (WorkerRecord & { leaseUntil: number; held: number })[] {
  const now = world.now();
  const shards = world.shards();
  return [...world.workers.values()]
    .sort((a, b) => compare(a.id, b.id))
    .flatMap((worker) => {
      const ends = shards.map((shard) => shard.leases.runningUntil(worker.id, now)).filter((end) => end !== undefined);
      if (ends.length === 0) return [];
      const held = sum(shards, (shard) => shard.holds.get(worker.id)?.size ?? 0);
      return [{ ...structuredClone(worker), leaseUntil: Math.max(...ends), held }];
    });
}

/** Minute by minute, then by queue; the shards of a queue together. */
export function history(world: World, query: { queue?: string; since?: number }): HistoryBucket[] {
  const buckets = new Map<string, HistoryBucket>();
  for (const shard of world.shards(query.queue)) {
    for (const { queue, at, ...figures } of shard.history.values()) {
      if (at < (query.since ?? -Infinity)) continue;
      const sums = buckets.get(`${at} ${queue}`) ?? { queue, at, completed: 0, failed: 0, cancelled: 0, retry: 0 };
      for (const figure of ['completed', 'failed', 'cancelled', 'retry'] as const) sums[figure] += figures[figure];
      buckets.set(`${at} ${queue}`, sums);
    }
  }
  return [...buckets.values()].sort((a, b) => a.at - b.at || compare(a.queue, b.queue));
}
