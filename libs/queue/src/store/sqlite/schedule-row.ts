import type { ScheduleRecord, SlotRecord } from '../store.js';
import type { Row } from './database.js';
import { optional } from './row.js';

export const scheduleColumns =
  'id, body, owner, next, paused, version, last, job, enqueued, skipped, missed, slots, created_at, changed_at';

export function scheduleOf(row: Row): ScheduleRecord {
  return {
    id: row[0] as string,
    body: row[1] as string,
    owner: optional(row[2]),
    next: optional(row[3]),
    paused: row[4] === 1,
    version: row[5] as number,
    last: optional(row[6]),
    job: optional(row[7]),
    counts: { enqueued: row[8] as number, skipped: row[9] as number, missed: row[10] as number },
    slots: JSON.parse(row[11] as string) as SlotRecord[],
    createdAt: row[12] as number,
    changedAt: row[13] as number,
  };
}
