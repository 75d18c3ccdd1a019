import { ConfigInvalid } from '../../job/errors.js';
import { isFinal, type JobState, jobStates } from '../../job/state.js';
import type { ListPage, ListQuery } from '../store.js';
import { compare } from './heap.js';
import { type Job, recordOf } from './job.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

/** What a job is ordered by within its shard and state. */
type Rank = [number, number | string];

/** After this job the next page goes on: it names a place in the order, so nothing is skipped when others come and go. */
type Cursor = [queue: string, shard: number, state: JobState, rank: Rank];

/** Shard by shard, state by state: waiting jobs in the order they run, finished ones newest first. */
export function list(world: World, query: ListQuery): ListPage {
  const limit = Math.min(query.limit ?? 50, 200);
  let budget = query.budget ?? 10_000;
  const jobs: ListPage['jobs'] = [];
  let last: Cursor | undefined;
  for (const [cursor, job] of walk(world, query)) {
    if (jobs.length === limit || budget === 0) return { jobs, cursor: write(last) };
    budget--;
    if (matches(job, query)) jobs.push(recordOf(job));
    last = cursor;
  }
  return { jobs };
}

function* walk(world: World, query: ListQuery): Generator<[Cursor, Job]> {
  const after = read(query.cursor);
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
        yield [[shard.queue, shard.shard, state, rank], job];
      }
    }
  }
}

/** Whether a shard and state lie before (negative), at (zero) or after the cursor. */
function orderOf([queue, number, state]: Cursor, shard: Shard, here: JobState): number {
  return compare(shard.queue, queue) || shard.shard - number || jobStates.indexOf(here) - jobStates.indexOf(state);
}

function jobsIn(shard: Shard, state: JobState): Job[] {
  switch (state) {
    case 'scheduled':
      return [...shard.scheduled];
    case 'blocked':
      return [...shard.jobs.values()].filter((job) => job.state === 'blocked');
    case 'ready':
      return shard.lines.flatMap((line) => [...line]);
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
      return [shard.lines.indexOf(job.place!.line), job.place!.position];
    case 'active':
      return [job.fence!, job.id];
    default:
      return [job.finishedAt!, job.id];
  }
}

function compareRanks([a, x]: Rank, [b, y]: Rank): number {
  return a - b || (typeof x === 'number' ? x - Number(y) : compare(x, String(y)));
}

function matches(job: Job, { task, tags, parent, since }: ListQuery): boolean {
  if (task?.endsWith('*') ? !job.task.startsWith(task.slice(0, -1)) : task !== undefined && job.task !== task)
    return false;
  if (tags && !tags.every((tag) => job.tags?.includes(tag))) return false;
  if (parent !== undefined && job.parent !== parent) return false;
  return since === undefined || job.enqueuedAt >= since;
}

function write(cursor: Cursor | undefined): string {
  return Buffer.from(JSON.stringify(cursor ?? null)).toString('base64url');
}

function read(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const cursor = JSON.parse(Buffer.from(text, 'base64url').toString()) as Cursor | null;
    if (cursor === null) return undefined;
    if (cursor.length === 4 && jobStates.includes(cursor[2]) && cursor[3].length === 2) return cursor;
  } catch {
    // Refused below, like any other text that is no cursor.
  }
  throw new ConfigInvalid('cursor', 'The cursor is none of ours. Leave it out to begin with the first page.');
}
