import { limits } from '../../job/limits.js';
import type { Firing, NewSchedule, PutScheduleAnswer, ScheduleQuery, SchedulePage, ScheduleRecord } from '../store.js';
import { carry } from './after.js';
import { add } from './enqueue.js';
import type { World } from './world.js';

export function putSchedule(world: World, schedule: NewSchedule, seen: number): PutScheduleAnswer {
  const { book } = world;
  const before = book.byId.get(schedule.id);
  if ((before?.version ?? 0) !== seen) return { outcome: 'stale', schedule: before && copyOf(before) };
  if (!before && book.byId.size >= limits.schedules) return { outcome: 'full', schedule: undefined };

  const now = world.now();
  const born = { counts: { enqueued: 0, skipped: 0, missed: 0 }, slots: [], createdAt: now };
  const { id, body, owner, next, paused } = schedule;
  const record = { ...born, ...before, ...{ id, body, owner, next, paused }, version: seen + 1, changedAt: now };
  hintSooner(world, record.next);
  book.write(record);
  return { outcome: 'put', schedule: copyOf(record) };
}

export function removeSchedule(world: World, id: string, seen?: number): boolean {
  const known = world.book.byId.get(id);
  if (!known || (seen !== undefined && known.version !== seen)) return false;
  return world.book.delete(id);
}

export function schedules(world: World, query: ScheduleQuery): SchedulePage {
  const { book } = world;
  const now = world.now();
  const limit = Math.min(query.limit ?? 50, limits.batch);
  if (query.ids) {
    const found = query.ids.flatMap((id) => book.byId.get(id) ?? []);
    return { schedules: found.slice(0, limit).map(copyOf), now };
  }
  if (query.due) {
    const first = book.due.first;
    return { schedules: book.overdue(now, limit).map(copyOf), now, ...(first && { dueIn: first.next! - now }) };
  }
  // One more than is wanted tells whether there is another page.
  const found = book.page(query.owner, query.cursor, limit + 1);
  const page = found.slice(0, limit);
  return { schedules: page.map(copyOf), now, ...(found.length > limit && { cursor: page.at(-1)!.id }) };
}

export function fire(world: World, firings: Firing[]): boolean[] {
  const answers = firings.map((firing) => fireOne(world, firing));
  carry(world);
  return answers;
}

function fireOne(world: World, { id, seen, slots, jobs, finished, ...firing }: Firing): boolean {
  const { book } = world;
  const before = book.byId.get(id);
  if (before?.version !== seen) return false;
  for (const job of jobs) add(world, job, world.now());
  if (finished) return book.delete(id);

  const counts = { ...before.counts };
  for (const { outcome } of slots) counts[outcome]++;
  counts.missed += firing.missed ?? 0;
  hintSooner(world, firing.next);
  book.write({
    ...before,
    ...{ counts, version: seen + 1, next: firing.next },
    last: firing.last ?? before.last,
    job: jobs.at(-1)?.id ?? before.job,
    slots: [...before.slots, ...slots].slice(-limits.slots),
  });
  return true;
}

/** Whoever sleeps until the first slot must hear of one that comes before it. */
function hintSooner(world: World, next: number | undefined): void {
  const first = world.book.due.first?.next ?? Infinity;
  if (next !== undefined && next < first) world.hints.schedules();
}

/** Nothing handed out changes afterwards. */
function copyOf(record: ScheduleRecord): ScheduleRecord {
  return { ...record, counts: { ...record.counts }, slots: record.slots.map((slot) => ({ ...slot })) };
}
