import { isFinal, jobStates, type JobState } from '../../job/state.js';
import type { UniqueKey } from '../store.js';
import type { Row } from './database.js';
import type { Lane } from './lane.js';
import type { Job } from './row.js';
import type { Transaction } from './transaction.js';

export interface Holder {
  id: string;
  /** `undefined`: its record is gone, and only the time of the key runs on. */
  state: JobState | undefined;
}

/** The holder of the first of these keys that is taken, leaving aside what `except` holds itself. */
export function holderOf(tx: Transaction, lane: Lane, keys: UniqueKey[], except?: string): Holder | undefined {
  for (const { key } of keys) {
    const row = tx.db.row('keys.look', lane.n, key);
    if (!row || row[0] === except) continue;
    const state = row[3] === null ? undefined : jobStates[row[3] as number];
    if (taken(row, state, tx.now)) return { id: row[0] as string, state };
  }
  return undefined;
}

/** All keys of a job point to it from now on. */
export function take(tx: Transaction, lane: Lane, id: string, keys: UniqueKey[], enqueuedAt: number): void {
  for (const { key, until } of keys) {
    const [kind, endsAt] = typeof until === 'number' ? (['timed', enqueuedAt + until] as const) : [until, undefined];
    tx.db.run('keys.take', lane.n, key, id, kind, endsAt);
  }
}

/** The record of a job vanishes, and with it the keys that point to it; timed ones stay until they are over. */
export function release(tx: Transaction, lane: Lane, job: Job): void {
  for (const { key, until } of job.keys) {
    tx.db.run('keys.release', lane.n, key, job.id, tx.now);
    if (typeof until === 'number') tx.db.run('keys.orphan', lane.n, key, job.id);
  }
}

/** `row`: job, kind, ends_at, state, started_at. */
function taken(row: Row, state: JobState | undefined, now: number): boolean {
  const [, kind, endsAt, , startedAt] = row;
  if (kind === 'timed' || kind === 'orphan') return now < (endsAt as number);
  if (state === undefined) return false;
  if (kind === 'kept') return true;
  if (kind === 'settled') return !isFinal(state);
  return !isFinal(state) && startedAt === null;
}
