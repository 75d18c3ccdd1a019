import { ConfigInvalid } from '../job/errors.js';
import { type JobState, jobStates } from '../job/state.js';
import type { JobRecord, Lane, ListQuery } from './store.js';

/** What a job is ordered by within its lane and state. */
export type Rank = [number, number | string];

/** After this job the next page goes on: it names a place in the order, so nothing is skipped when others come and go. */
export type Cursor = [queue: string, shard: number, state: JobState, rank: Rank];

/** Whether a lane and state lie before (negative), at (zero) or after the cursor. */
export function orderOf([queue, shard, state]: Cursor, lane: Lane, here: JobState): number {
  if (lane.queue !== queue) return lane.queue < queue ? -1 : 1;
  return lane.shard - shard || jobStates.indexOf(here) - jobStates.indexOf(state);
}

type Filtered = Pick<JobRecord, 'task' | 'tags' | 'parent' | 'enqueuedAt'>;

/** Whether a job is one of those asked for; queue and state are looked at before. */
export function matches(job: Filtered, { task, tags, parent, since }: ListQuery): boolean {
  if (task?.endsWith('*') ? !job.task.startsWith(task.slice(0, -1)) : task !== undefined && job.task !== task)
    return false;
  if (tags && !tags.every((tag) => job.tags?.includes(tag))) return false;
  if (parent !== undefined && job.parent !== parent) return false;
  return since === undefined || job.enqueuedAt >= since;
}

export function writeCursor(cursor: Cursor | undefined): string {
  return Buffer.from(JSON.stringify(cursor ?? null)).toString('base64url');
}

/** Throws `ConfigInvalid`. Cursors come back from outside: nothing of another shape gets near a store. */
export function readCursor(text: string | undefined): Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    const cursor: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (cursor === null) return undefined;
    if (isCursor(cursor)) return cursor;
  } catch {
    // Refused below, like any other text that is no cursor.
  }
  throw new ConfigInvalid('cursor', 'The cursor is none of ours. Leave it out to begin with the first page.');
}

function isCursor(value: unknown): value is Cursor {
  if (!Array.isArray(value) || value.length !== 4) return false;
  const [queue, shard, state, rank] = value as unknown[];
  return typeof queue === 'string' && Number.isInteger(shard) && jobStates.includes(state as JobState) && isRank(rank);
}

function isRank(value: unknown): value is Rank {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [first, second] = value as unknown[];
  return typeof first === 'number' && (typeof second === 'number' || typeof second === 'string');
}
