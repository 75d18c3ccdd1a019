import { jobStates, type JobState } from '../../job/state.js';
import { checkGates } from '../fsck-rules/gates.js';
import { checkLedger } from '../fsck-rules/ledger.js';
import { checkSchedules } from '../fsck-rules/schedules.js';
import { checkUnique } from '../fsck-rules/unique.js';
import { gateName } from '../gating.js';
import type { Violation } from '../store.js';
import { isUnfinished } from './after.js';
import { stateOf } from './gate-state.js';
import { type Lane, laneOf, readyIn } from './lane.js';
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
      ...checkGated(tx, lane),
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
  const known: Record<JobState, number> = { ...lane.counts, ready: readyIn(lane) };
  return [
    ...violation('I1', 'not in the place of their state', misplaced),
    ...jobStates
      .filter((state) => found[state] !== known[state])
      .map((state) => ({ invariant: 'I1', says: `the count of ${state} jobs is wrong`, jobs: [] })),
    ...checkUnique(keyed),
  ];
}

function isInPlace(job: Job, lane: Lane): boolean {
  const parked = job.gating?.ticket !== undefined && job.place === undefined && job.pos === undefined;
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

/** I13, and what the lane counts of gates. That a job knows of its gates is I1. */
function checkGated(tx: Transaction, lane: Lane): Violation[] {
  const gates = tx.db.rows('fsck.gates', lane.n).map(([state]) => stateOf(JSON.parse(state as string) as unknown[]));
  const first = Math.min(...gates.map(({ wake = Infinity }) => wake));
  return [
    ...violation('I1', 'know of other gates than they have', ids(tx, 'fsck.ungated', lane.n)),
    ...checkGates(gatedOf(tx, lane), gates, lane.settings, tx.now),
    ...(gates.length === lane.gates ? [] : [{ invariant: 'I13', says: 'the count of gates is wrong', jobs: [] }]),
    ...(first >= (lane.wake ?? Infinity) ? [] : [{ invariant: 'I13', says: 'gates wake unnoticed', jobs: [] }]),
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

function* gatedOf(tx: Transaction, lane: Lane) {
  for (const job of jobsOf(tx, lane)) {
    const { id, state, priority, dueAt, gating } = job;
    if (!gating) continue;
    const { task, enqueuedAt, gates, passed } = gating;
    const at = gates[passed] && `${gateName(gates[passed])} `;
    const ticket = at && gating.ticket?.startsWith(at) ? gating.ticket.slice(at.length) : gating.ticket;
    yield { id, task, state, priority, enqueuedAt, dueAt, gates, passed, ticket };
  }
}

function ids(tx: Transaction, name: string, ...values: number[]): string[] {
  return tx.db.rows(name, ...values).map((row) => row[0] as string);
}

function violation(invariant: string, says: string, jobs: string[]): Violation[] {
  return jobs.length > 0 ? [{ invariant, says, jobs }] : [];
}
