import { ConfigInvalid } from '../../job/errors.js';
import { type JobState, jobStates } from '../../job/state.js';
import type { JobRecord, ListPage, ListQuery } from '../store.js';
import type { Row } from './database.js';
import { laneOf } from './lane.js';
import { wholeRecord } from './look.js';
import { recordOf } from './row.js';
import type { Transaction } from './transaction.js';

/** What a job is ordered by within its shard and state. */
type Rank = [number, number | string];

/** After this job the next page goes on: it names a place in the order, so nothing is skipped when others come and go. */
type Cursor = [queue: string, shard: number, state: JobState, rank: Rank];

/** Rows read at a time. */
const chunk = 200;

/** Shard by shard, state by state: waiting jobs in the order they run, finished ones newest first. */
export function list(tx: Transaction, query: ListQuery): ListPage {
  const limit = Math.min(query.limit ?? 50, 200);
  let budget = query.budget ?? 10_000;
  const jobs: ListPage['jobs'] = [];
  let last: Cursor | undefined;
  for (const [cursor, row] of walk(tx, query)) {
    if (jobs.length === limit || budget === 0) return { jobs, cursor: write(last) };
    budget--;
    if (matches(recordOf(row), query)) jobs.push(wholeRecord(tx, row));
    last = cursor;
  }
  return { jobs };
}

function* walk(tx: Transaction, query: ListQuery): Generator<[Cursor, Row]> {
  const after = read(query.cursor);
  const lanes = tx.db.rows('lane.all').map(laneOf);
  for (const { n, queue, shard } of lanes) {
    if (query.queue !== undefined && query.queue !== queue) continue;
    for (const state of jobStates) {
      if (query.states && !query.states.includes(state)) continue;
      const order = after ? orderOf(after, queue, shard, state) : 1;
      if (order < 0) continue;
      for (const [rank, row] of ranked(tx, n, state, order === 0 ? after![3] : undefined)) {
        yield [[queue, shard, state, rank], row];
      }
    }
  }
}

/** Whether a shard and state lie before (negative), at (zero) or after the cursor. */
function orderOf([queue, number, state]: Cursor, hereQueue: string, shard: number, here: JobState): number {
  if (hereQueue !== queue) return hereQueue < queue ? -1 : 1;
  return shard - number || jobStates.indexOf(here) - jobStates.indexOf(state);
}

function* ranked(tx: Transaction, lane: number, state: JobState, after: Rank | undefined): Generator<[Rank, Row]> {
  const how = state === 'completed' || state === 'failed' || state === 'cancelled' ? 'finished' : state;
  let [first, second] = after ?? start(how);
  for (;;) {
    const rows = tx.db.rows(`list.${how}`, lane, jobStates.indexOf(state), first, second, chunk);
    for (const row of rows) {
      const rank = rankOf(row, state);
      [first, second] = rank;
      yield [rank, row];
    }
    if (rows.length < chunk) return;
  }
}

/** Before every rank that occurs. */
function start(how: string): Rank {
  if (how === 'finished') return [Infinity, ''];
  return [-Infinity, how === 'ready' ? -Infinity : ''];
}

/** The columns are those of `fullColumns` in row.ts. */
function rankOf(row: Row, state: JobState): Rank {
  const id = row[1] as string;
  if (state === 'scheduled') return [row[15] as number, id];
  if (state === 'ready') return [row[27] as number, row[28] as number];
  if (state === 'active') return [row[12] as number, id];
  if (state === 'blocked') return [row[14] as number, id];
  return [row[18] as number, id];
}

function matches(job: JobRecord, { task, tags, parent, since }: ListQuery): boolean {
  const prefix = task?.endsWith('*') ? task.slice(0, -1) : undefined;
  if (prefix !== undefined ? !job.task.startsWith(prefix) : task !== undefined && job.task !== task) return false;
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
