import { type JobState, jobStates } from '../../job/state.js';
import { type Cursor, matches, orderOf, type Rank, readCursor, writeCursor } from '../listing.js';
import type { JobRecord, Lane, ListPage, ListQuery } from '../store.js';
import type { Lanes } from './lanes.js';
import { countsIn, findIn } from './look.js';
import { places } from './places.js';

/** Lane by lane, state by state, a bounded number of records per question. */
export async function list(lanes: Lanes, query: ListQuery): Promise<ListPage> {
  const limit = Math.min(query.limit ?? 50, 200);
  let budget = query.budget ?? 10_000;
  const jobs: JobRecord[] = [];
  let last: Cursor | undefined;
  for await (const [cursor, job] of walk(lanes, query)) {
    if (jobs.length === limit || budget === 0) return { jobs, cursor: writeCursor(last) };
    budget--;
    if (matches(job, query)) jobs.push(job);
    last = cursor;
  }
  return { jobs };
}

async function* walk(lanes: Lanes, query: ListQuery): AsyncGenerator<[Cursor, JobRecord]> {
  const after = readCursor(query.cursor);
  for (const lane of await lanes.all(query.queue)) {
    const counts = await countsIn(lanes, lane);
    for (const state of jobStates) {
      if (counts[state] === 0 || (query.states && !query.states.includes(state))) continue;
      const order = after ? orderOf(after, lane, state) : 1;
      if (order < 0) continue;
      yield* walkState(lanes, lane, state, order === 0 ? after![3] : undefined);
    }
  }
}

async function* walkState(
  lanes: Lanes,
  lane: Lane,
  state: JobState,
  after?: Rank,
): AsyncGenerator<[Cursor, JobRecord]> {
  for (let position = after; ;) {
    const page = await places(lanes, lane, state, position);
    const records = await findIn(lanes, lane, page.map(({ local }) => local)); // prettier-ignore
    for (const [i, { position: here }] of page.entries()) {
      const job = records[i];
      // Ghosts, and what moved on in between, are passed over.
      if (job?.state === state) yield [[lane.queue, lane.shard, state, here], job];
    }
    const next = page.at(-1)?.position;
    if (!next) return;
    position = next;
  }
}
