import { ConfigInvalid } from '../../job/errors.js';
import { type JobState, jobStates } from '../../job/state.js';
import type { JobRecord, Lane, ListPage, ListQuery } from '../store.js';
import type { Lanes } from './lanes.js';
import { countsIn, findIn } from './look.js';
import { places, type Position } from './places.js';

/** After this job the next page goes on. */
type Cursor = [queue: string, shard: number, state: JobState, position: Position];

/** Lane by lane, state by state, a bounded number of records per question. */
export async function list(lanes: Lanes, query: ListQuery): Promise<ListPage> {
  const limit = Math.min(query.limit ?? 50, 200);
  let budget = query.budget ?? 10_000;
  const jobs: JobRecord[] = [];
  let last: Cursor | undefined;
  for await (const [cursor, job] of walk(lanes, query)) {
    if (jobs.length === limit || budget === 0) return { jobs, cursor: write(last) };
    budget--;
    if (matches(job, query)) jobs.push(job);
    last = cursor;
  }
  return { jobs };
}

async function* walk(lanes: Lanes, query: ListQuery): AsyncGenerator<[Cursor, JobRecord]> {
  const after = read(query.cursor);
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
  after?: Position,
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

/** Whether a lane and state lie before (negative), at (zero) or after the cursor. */
function orderOf([queue, shard, state]: Cursor, lane: Lane, here: JobState): number {
  if (lane.queue !== queue) return lane.queue < queue ? -1 : 1;
  return lane.shard - shard || jobStates.indexOf(here) - jobStates.indexOf(state);
}

function matches(job: JobRecord, { task, tags, parent, since }: ListQuery): boolean {
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
