import { isFinal, type JobState, jobStates } from '../../job/state.js';
import { gateName } from '../gating.js';
import { type Cursor, matches, orderOf, type Rank, readCursor, writeCursor } from '../listing.js';
import type { ListPage, ListQuery } from '../store.js';
import { compare } from './heap.js';
import type { Job } from './job.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

/** Shard by shard, state by state: waiting jobs in the order they run, finished ones newest first. */
export function list(world: World, query: ListQuery): ListPage {
  const limit = Math.min(query.limit ?? 50, 200);
  let budget = query.budget ?? 10_000;
  const now = world.now();
  const jobs: ListPage['jobs'] = [];
  let last: Cursor | undefined;
  for (const [cursor, job, shard] of walk(world, query)) {
    if (jobs.length === limit || budget === 0) return { jobs, cursor: writeCursor(last) };
    budget--;
    if (matches(job, query)) jobs.push(shard.recordOf(job, now));
    last = cursor;
  }
  return { jobs };
}

function* walk(world: World, query: ListQuery): Generator<[Cursor, Job, Shard]> {
  const after = readCursor(query.cursor);
  for (const shard of world.shards(query.queue)) {
    for (const state of jobStates) {
      if (query.states && !query.states.includes(state)) continue;
      const order = after ? orderOf(after, shard, state) : 1;
      if (order < 0) continue;
      const forward = isFinal(state) ? -1 : 1;
      const ranked = jobsIn(shard, state).map((job): [Rank, Job] => [rankOf(shard, job), job]);
      ranked.sort(([a], [b]) => forward * compareRanks(a, b));
      for (const [rank, job] of ranked) {
        if (order === 0 && forward * compareRanks(rank, after![3]) <= 0) continue;
        yield [[shard.queue, shard.shard, state, rank], job, shard];
      }
    }
  }
}

function jobsIn(shard: Shard, state: JobState): Job[] {
  switch (state) {
    case 'scheduled':
      return [...shard.scheduled];
    case 'blocked':
      return [...shard.jobs.values()].filter((job) => job.state === 'blocked');
    case 'ready':
      return [...shard.lines.flatMap((line) => [...line]), ...shard.gates.parked()];
    case 'active':
      return [...shard.holds.values()].flatMap((held) => [...held.values()]);
    default:
      return [...shard.kept[state]];
  }
}

function rankOf(shard: Shard, job: Job): Rank {
  switch (job.state) {
    case 'scheduled':
      return [job.dueAt!, job.id];
    case 'blocked':
      return [job.enqueuedAt, job.id];
    case 'ready':
      if (job.place) return [shard.lines.indexOf(job.place.line), job.place.position];
      return [shard.lines.length, `${gateName(job.gates[job.passed]!)} ${job.ticket!}`];
    case 'active':
      return [job.fence!, job.id];
    default:
      return [job.finishedAt!, job.id];
  }
}

function compareRanks([a, x]: Rank, [b, y]: Rank): number {
  return a - b || (typeof x === 'number' ? x - Number(y) : compare(x, String(y)));
}
