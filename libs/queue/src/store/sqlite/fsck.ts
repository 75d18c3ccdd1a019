import { jobStates, type JobState } from '../../job/state.js';
import { checkLedger } from '../fsck-rules/ledger.js';
import { checkLimits } from '../fsck-rules/limits.js';
import { checkSchedules } from '../fsck-rules/schedules.js';
import { checkUnique } from '../fsck-rules/unique.js';
import type { Violation } from '../store.js';
import { isUnfinished } from './after.js';
import { type Lane, laneOf, readyIn } from './lane.js';
import { hasLimit } from './limit.js';
import { counts } from './look.js';
import { type Job, jobOf, optional } from './row.js';
import { sizeOf } from './schedules.js';
import type { Transaction } from './transaction.js';

const page = 1000;

/** Every invariant that can be read off the file, on one state of it. */
export function fsck(tx: Transaction): Violation[] {
  const lanes = tx.db.rows('lane.all').map(laneOf);
  return [
    ...checkFile(tx),
    ...lanes.flatMap((lane) => [
      ...checkPlaces(tx, lane),
      ...checkHolds(tx, lane),
      ...checkKeys(tx, lane),
      ...checkLimited(tx, lane),
    ]),
    ...checkLinks(tx),
    ...counts(tx).flatMap(checkLedger),
    ...checkBook(tx),
  ];
}

/** SQLite's own check of pages and indexes. */
function checkFile(tx: Transaction): Violation[] {
  const found = tx.db.rows('fsck.integrity').map((row) => String(row[0]));
  return found[0] === 'ok' ? [] : found.map((says) => ({ invariant: 'I1', says, jobs: [] }));
}

/** I1: every job has what its state needs and nothing else, and the counts know it. I8 on the way, as all jobs pass by. */
function checkPlaces(tx: Transaction, lane: Lane): Violation[] {
  const found = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
  const misplaced: string[] = [];
  const keyed: Job[] = [];
  for (const job of jobsOf(tx, lane)) {
    found[job.state]++;
    if (!isInPlace(job, lane)) misplaced.push(job.id);
    if (job.keys.length > 0) keyed.push(job);
  }
  const known: Record<JobState, number> = { ...lane.counts, ready: readyIn(tx.db, lane) };
  return [
    ...violation('I1', 'not in the place of their state', misplaced),
    ...jobStates
      .filter((state) => found[state] !== known[state])
      .map((state) => ({ invariant: 'I1', says: `the count of ${state} jobs is wrong`, jobs: [] })),
    ...checkUnique(keyed),
  ];
}

function isInPlace(job: Job, lane: Lane): boolean {
  const parked = hasLimit(job) && job.place === undefined && job.pos === undefined;
  const ready = job.place !== undefined && job.pos !== undefined && job.pos > lane.head && job.pos < lane.tail;
  const held = job.worker !== undefined && job.fence !== undefined;
  const free = job.worker === undefined && job.fence === undefined && job.mark === undefined;
  if (job.state === 'active') return held && job.place === undefined;
  if (job.state === 'ready') return free && (ready || parked);
  return free && job.place === undefined && (job.state !== 'scheduled' || job.dueAt !== undefined);
}

/** I1: a blocked job waits for something that will tell it, now or from the outbox. */
function checkLinks(tx: Transaction): Violation[] {
  if (isUnfinished(tx)) return [];
  return violation('I1', 'blocked by jobs that will not tell them', ids(tx, 'fsck.stuck'));
}

/** I2: who holds jobs has a lease, if only one that ran out. I3: fences are all different, and none is ahead of the counter. */
function checkHolds(tx: Transaction, { n, fence }: Lane): Violation[] {
  return [
    ...violation('I2', 'held by a worker without a lease', ids(tx, 'fsck.orphans', n)),
    ...violation('I3', 'with a fence that was never given', ids(tx, 'fsck.ahead', n, fence)),
    ...violation('I3', 'share a fence', ids(tx, 'fsck.shared', n)),
  ];
}

/** I8: no key outlives the record it points to, unless its time is not over. */
function checkKeys(tx: Transaction, lane: Lane): Violation[] {
  return tx.db
    .rows('fsck.strays', lane.n)
    .map(([key]) => ({ invariant: 'I8', says: `the key ${key} points to nothing`, jobs: [] }));
}

/** I13. That limits and jobs know of each other is I1. */
function checkLimited(tx: Transaction, lane: Lane): Violation[] {
  const admitted = tx.db.rows('fsck.admitted', lane.n) as [string, number][];
  const unowned = ids(tx, 'fsck.unowned', lane.n);
  return [
    ...violation('I1', 'know of another limit than they have', ids(tx, 'fsck.unlimited', lane.n)),
    ...unowned.map((key) => ({ invariant: 'I1', says: `a job with the limit ${key} is gone`, jobs: [] })),
    ...checkLimits(limitedOf(tx, lane), new Map(admitted)),
  ];
}

/** I9, and that the book knows how many schedules there are. */
function checkBook(tx: Transaction): Violation[] {
  const found = tx.db.rows('fsck.schedules').map(([id, next, last]) => {
    return { id: id as string, next: optional<number>(next), last: optional<number>(last) };
  });
  const due = new Map(tx.db.rows('fsck.due').map(([id, next]) => [id as string, next as number]));
  const miscounted = found.length !== sizeOf(tx);
  return [
    ...checkSchedules(found, due),
    ...(miscounted ? [{ invariant: 'I9', says: 'the count of schedules is wrong', jobs: [] }] : []),
  ];
}

function* jobsOf(tx: Transaction, lane: Lane): Generator<Job> {
  for (let after = 0; ;) {
    const jobs = tx.db.rows('fsck.page', lane.n, after, page).map(jobOf);
    yield* jobs;
    if (jobs.length < page) return;
    after = jobs.at(-1)!.n;
  }
}

function* limitedOf(tx: Transaction, lane: Lane) {
  for (let after = 0; ;) {
    const rows = tx.db.rows('fsck.limited', lane.n, after, page);
    for (const [, id, n, place, key, max, ticket] of rows) {
      const state = jobStates[n as number]!;
      const limit = { key: key as string, max: max as number };
      const admitted = state === 'active' || place !== null;
      yield { id: id as string, state, limit, admitted, ticket: optional<string>(ticket) };
    }
    if (rows.length < page) return;
    after = rows.at(-1)![0] as number;
  }
}

function ids(tx: Transaction, name: string, ...values: number[]): string[] {
  return tx.db.rows(name, ...values).map((row) => row[0] as string);
}

function violation(invariant: string, says: string, jobs: string[]): Violation[] {
  return jobs.length > 0 ? [{ invariant, says, jobs }] : [];
}
