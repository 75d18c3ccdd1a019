import { limits } from '../../job/limits.js';
import type { Firing, NewSchedule, PutScheduleAnswer, ScheduleQuery, SchedulePage, ScheduleRecord } from '../store.js';
import { add } from './enqueue.js';
import { scheduleOf } from './schedule-row.js';
import type { Transaction } from './transaction.js';

export function putSchedule(tx: Transaction, schedule: NewSchedule, seen: number): PutScheduleAnswer {
  const { id, body, owner, next, paused } = schedule;
  const before = find(tx, id);
  if ((before?.version ?? 0) !== seen) return { outcome: 'stale', schedule: before };
  if (!before && sizeOf(tx) >= limits.schedules) return { outcome: 'full', schedule: undefined };

  hintSooner(tx, next);
  tx.db.run('schedules.put', id, body, owner, next, paused ? 1 : 0, seen + 1, tx.now);
  if (!before) tx.db.run('schedules.grow', 1);
  const born = { counts: { enqueued: 0, skipped: 0, missed: 0 }, slots: [], createdAt: tx.now };
  const record = { ...born, ...before, ...{ id, body, owner, next, paused }, version: seen + 1, changedAt: tx.now };
  return { outcome: 'put', schedule: record };
}

export function removeSchedule(tx: Transaction, id: string, seen?: number): boolean {
  const gone = tx.db.run('schedules.remove', id, seen) > 0;
  if (gone) tx.db.run('schedules.grow', -1);
  return gone;
}

export function schedules(tx: Transaction, query: ScheduleQuery): SchedulePage {
  const { now } = tx;
  const limit = Math.min(query.limit ?? 50, limits.batch);
  if (query.ids) return { schedules: read(tx, 'named', JSON.stringify(query.ids), limit), now };
  if (query.due) {
    const first = firstOf(tx);
    if (first === undefined) return { schedules: [], now };
    return { schedules: first > now ? [] : read(tx, 'due', now, limit), now, dueIn: first - now };
  }
  const { owner, cursor = '' } = query;
  const found = owner === undefined ? read(tx, 'page', cursor, limit + 1) : read(tx, 'owned', owner, cursor, limit + 1);
  const page = found.slice(0, limit);
  return { schedules: page, now, ...(found.length > limit && { cursor: page.at(-1)!.id }) };
}

export function fire(tx: Transaction, firings: Firing[]): boolean[] {
  return firings.map((firing) => fireOne(tx, firing));
}

function fireOne(tx: Transaction, { id, seen, slots, jobs, finished, ...firing }: Firing): boolean {
  const before = find(tx, id);
  if (before?.version !== seen) return false;
  for (const job of jobs) add(tx, job);
  if (finished) return removeSchedule(tx, id);

  const counts = { ...before.counts };
  for (const { outcome } of slots) counts[outcome]++;
  counts.missed += firing.missed ?? 0;
  hintSooner(tx, firing.next);
  tx.db.run(
    'schedules.fire',
    seen + 1,
    firing.next,
    firing.last ?? before.last,
    jobs.at(-1)?.id ?? before.job,
    counts.enqueued,
    counts.skipped,
    counts.missed,
    JSON.stringify([...before.slots, ...slots].slice(-limits.slots)),
    id,
  );
  return true;
}

/** Whoever sleeps until the first slot must hear of one that comes before it. */
function hintSooner(tx: Transaction, next: number | undefined): void {
  if (next !== undefined && next < (firstOf(tx) ?? Infinity)) tx.hintSchedules();
}

function find(tx: Transaction, id: string): ScheduleRecord | undefined {
  const row = tx.db.row('schedules.find', id);
  return row && scheduleOf(row);
}

function read(tx: Transaction, which: 'named' | 'page' | 'owned' | 'due', ...values: (string | number)[]) {
  return tx.db.rows(`schedules.${which}`, ...values).map(scheduleOf);
}

/** The earliest next slot of all. */
function firstOf(tx: Transaction): number | undefined {
  return tx.db.row('schedules.first')?.[0] as number | undefined;
}

/** How many there are. */
export function sizeOf(tx: Transaction): number {
  return tx.db.row('schedules.size')![0] as number;
}
