import type { NewJob } from '../store.js';
import type { Lane } from './lane.js';
import { type Job, jobOf, trails } from './row.js';
import type { Transaction } from './transaction.js';

/**
 * What is written down of jobs with a limit. Of each key so many are admitted, which are active or in a list; the others are parked:
 * ready, and in no list. A job without a limit has nothing here, and asks for nothing.
 */

type Limit = NonNullable<NewJob['limit']>;

/** Of a ready or active job that has a limit. */
export type Standing = 'admitted' | 'parked';

export function hasLimit(job: Job): boolean {
  return (job.trail & trails.limited) !== 0;
}

export function standing(job: Job): Standing | undefined {
  if (!hasLimit(job)) return undefined;
  if (job.state === 'active' || job.place !== undefined) return 'admitted';
  return job.state === 'ready' ? 'parked' : undefined;
}

/** Whether one more of that key may be admitted. */
export function hasRoom(tx: Transaction, lane: Lane, { key, max }: Limit): boolean {
  return admittedOf(tx, lane, key) < max;
}

/** A new job and how it stands, which is not at all while it is neither ready nor active. */
export function addLimited(
  tx: Transaction,
  lane: Lane,
  { id, priority }: NewJob,
  { key, max }: Limit,
  stands: Standing | undefined,
): void {
  const ticket = stands === 'parked' ? ticketOf(lane, key, priority) : undefined;
  tx.db.run('limit.add', id, key, max, ticket);
  if (ticket) tx.db.run('lane.park', 1, lane.n);
  if (stands === 'admitted') admit(tx, lane, key, admittedOf(tx, lane, key) + 1);
}

/** The limit of a job that has one, and how many of its key are admitted. */
export function limitOf(tx: Transaction, job: Pick<Job, 'n'>): Limit & { admitted: number } {
  const [key, max, admitted] = tx.db.row('limit.of', job.n)!;
  return { key: key as string, max: max as number, admitted: (admitted as number | null) ?? 0 };
}

/** So many jobs of `key` are admitted from now on. */
export function admit(tx: Transaction, lane: Lane, key: string, admitted: number): void {
  if (admitted > 0) tx.db.run('limit.admit', lane.n, key, admitted);
  else tx.db.run('limit.admit_none', lane.n, key);
}

export function park(tx: Transaction, lane: Lane, job: Job, key: string): void {
  tx.db.run('limit.park', ticketOf(lane, key, job.priority), job.n);
  tx.db.run('lane.park', 1, lane.n);
}

export function unpark(tx: Transaction, lane: Lane, job: Job): void {
  tx.db.run('limit.park', undefined, job.n);
  tx.db.run('lane.park', -1, lane.n);
}

/** Of the parked jobs of `key` the one to be admitted first, and its own limit. */
export function firstParked(tx: Transaction, lane: Lane, key: string): { job: Job; max: number } | undefined {
  const prefix = encodeURIComponent(key);
  // Encoded, no key contains a blank, and the exclamation mark comes right behind it.
  const row = tx.db.row('limit.next', lane.n, `${prefix} `, `${prefix}!`);
  return row && { job: jobOf(row), max: row.at(-1) as number };
}

/** The record vanishes. */
export function forgetLimit(tx: Transaction, job: Job): void {
  tx.db.run('limit.forget', job.n);
}

function admittedOf(tx: Transaction, lane: Lane, key: string): number {
  return (tx.db.row('limit.admitted', lane.n, key)?.[0] as number | undefined) ?? 0;
}

/** Sorts by key, band and arrival, which is counted like the positions in lists. */
function ticketOf(lane: Lane, key: string, band: number): string {
  return `${encodeURIComponent(key)} ${band}${String(lane.tail++).padStart(16, '0')}`;
}
