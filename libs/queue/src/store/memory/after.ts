import { isFinal } from '../../job/state.js';
import type { Effect } from '../effects.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

/** All that follows in other jobs from what a verb did. Comes last in every verb that may end a job or add one. */
export function carry(world: World): void {
  world.effects.carry((effect) => apply(world, effect));
}

/** The same, as far as it stays in one shard. */
export function carryWithin(world: World, { queue, shard }: Shard): void {
  if (!world.effects.none)
    world.effects.carryWithin(`${queue}~${shard.toString(36)}`, (effect) => apply(world, effect));
}

function apply(world: World, { kind, from, to }: Effect): void {
  if (kind === 'link') link(world, from, to);
  else arrive(world, to, from, kind === 'completed');
}

/** The parent remembers its child until it ends; one that has ended, or is not known, says so at once. */
function link(world: World, child: string, parent: string): void {
  const job = world.job(parent);
  if (job && !isFinal(job.state)) (job.dependents ??= new Set()).add(child);
  else world.effects.raise({ kind: job?.state === 'completed' ? 'completed' : 'ended', from: parent, to: child });
}

/** A child that waits no longer for this parent, or not at all, has heard it before. */
function arrive(world: World, child: string, parent: string, completed: boolean): void {
  const shard = world.shardOf(child);
  const job = shard?.jobs.get(child);
  if (!shard || !job?.waitsFor?.includes(parent)) return;
  if (completed || job.anyEnding) shard.unblock(job, parent, world.now());
  else shard.finish(job, 'cancelled', world.now(), { reason: 'dependency' });
}
