import { limits } from '../../job/limits.js';
import type { Note } from '../store.js';
import type { World } from './world.js';

/** What a running attempt leaves behind. Only the attempt that holds the job may write. */
export function note(world: World, id: string, fence: number, left: Note): 'noted' | 'stale' {
  const shard = world.shardOf(id);
  const job = shard?.jobs.get(id);
  if (!shard || job?.state !== 'active' || job.fence !== fence) return 'stale';
  if (left.progress !== undefined) job.progress = left.progress;
  if (left.log) job.log = [...job.log, ...left.log].slice(-limits.log);
  if (left.checkpoint !== undefined) job.checkpoint = left.checkpoint;
  if (left.step) job.steps = { ...job.steps, [left.step.name]: left.step.result };
  shard.hints.changed(job);
  return 'noted';
}
