import { limits } from '../../job/limits.js';
import type { PruneRequest } from '../store.js';
import type { Final, Shard } from './shard.js';
import type { World } from './world.js';

const finals: Final[] = ['completed', 'cancelled', 'failed'];
const day = 24 * 3600 * 1000;

/** Every collection has a bound in age and count: first goes what is past its time, then what is beyond the count. */
export function prune(world: World, request: PruneRequest): number {
  const now = world.now();
  const shard = world.shard(request.lane);
  if (!shard) return 0;
  const { page = limits.page, keepCount = limits.keepCount } = request;
  const old = forget(shard, page, now, (state) => shard.kept[state].first!.keptUntil <= now);
  const surplus = forget(shard, page - old, now, (state) => shard.kept[state].size > keepCount);
  shard.keys.prune(now);
  for (const at of shard.history.keys()) if (at < now - day) shard.history.delete(at);
  return old + surplus;
}

/** State by state, those whose time ends first. */
function forget(shard: Shard, page: number, now: number, tooMuch: (state: Final) => boolean): number {
  let forgotten = 0;
  for (const state of finals) {
    for (let job = shard.kept[state].first; job && forgotten < page && tooMuch(state); job = shard.kept[state].first) {
      shard.forget(job, now);
      forgotten++;
    }
  }
  return forgotten;
}
