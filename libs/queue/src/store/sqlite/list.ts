import { isFinal, type JobState, jobStates } from '../../job/state.js';
import { type Cursor, matches, orderOf, type Rank, readCursor, writeCursor } from '../listing.js';
import type { ListPage, ListQuery } from '../store.js';
import type { Row } from './database.js';
import { laneOf } from './lane.js';
import { wholeRecord } from './look.js';
import { parked, recordOf } from './row.js';
import type { Transaction } from './transaction.js';

/** Rows read at a time. */
const chunk = 200;

/** Shard by shard, state by state: waiting jobs in the order they run, finished ones newest first. */
export function list(tx: Transaction, query: ListQuery): ListPage {
  const limit = Math.min(query.limit ?? 50, 200);
  let budget = query.budget ?? 10_000;
  const jobs: ListPage['jobs'] = [];
  let last: Cursor | undefined;
  for (const [cursor, row] of walk(tx, query)) {
    if (jobs.length === limit || budget === 0) return { jobs, cursor: writeCursor(last) };
    budget--;
    if (matches(recordOf(row), query)) jobs.push(wholeRecord(tx, row));
    last = cursor;
  }
  return { jobs };
}

function* walk(tx: Transaction, query: ListQuery): Generator<[Cursor, Row]> {
  const after = readCursor(query.cursor);
  const lanes = tx.db.rows('lane.all').map(laneOf);
  for (const { n, queue, shard } of lanes) {
    if (query.queue !== undefined && query.queue !== queue) continue;
    for (const state of jobStates) {
      if (query.states && !query.states.includes(state)) continue;
      const order = after ? orderOf(after, { queue, shard }, state) : 1;
      if (order < 0) continue;
      for (const [rank, row] of ranked(tx, n, state, order === 0 ? after![3] : undefined)) {
        yield [[queue, shard, state, rank], row];
      }
    }
  }
}

function* ranked(tx: Transaction, lane: number, state: JobState, after: Rank | undefined): Generator<[Rank, Row]> {
  const isParked = state === 'ready' && after?.[0] === parked;
  if (!isParked) yield* inOrder(tx, lane, state, isFinal(state) ? 'finished' : state, after);
  if (state === 'ready') yield* inOrder(tx, lane, state, 'parked', isParked ? after : undefined);
}

/** `how` names the statement in list.sql. */
function* inOrder(
  tx: Transaction,
  lane: number,
  state: JobState,
  how: string,
  after: Rank | undefined,
): Generator<[Rank, Row]> {
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

/** The columns are those of `fullColumns` in row.ts; of a parked job its ticket follows. */
function rankOf(row: Row, state: JobState): Rank {
  const id = row[1] as string;
  if (state === 'scheduled') return [row[15] as number, id];
  if (state === 'ready') return row[27] === null ? [parked, row[29] as string] : [row[27] as number, row[28] as number];
  if (state === 'active') return [row[12] as number, id];
  if (state === 'blocked') return [row[14] as number, id];
  return [row[18] as number, id];
}
