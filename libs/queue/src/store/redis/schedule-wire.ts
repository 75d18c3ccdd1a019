import { limits } from '../../job/limits.js';
import type { NewSchedule, ScheduleRecord, SlotRecord } from '../store.js';
import { wordOf } from './gate-wire.js';

/** How schedules travel to the scripts and back. The formats are told in the label of `lua/book.lua`. */

/** As it stands before a blank: without one, and never empty where there is an owner. */
export function ownerText(owner: string | undefined): string {
  return owner === undefined ? '' : `=${wordOf(owner)}`;
}

export function bodyText({ owner, body }: NewSchedule): string {
  return `${ownerText(owner)}\n${body}`;
}

/** As many as are kept, newest last. */
export function slotLines(slots: SlotRecord[]): string {
  return slots
    .slice(-limits.slots)
    .map(({ slot, outcome, why, job }) => JSON.stringify({ slot, outcome, why, job }))
    .join('\n');
}

export function scheduleOf(id: string, head: string, text: string, slots: string | null): ScheduleRecord {
  const [version, paused, next, last, enqueued, skipped, missed, createdAt, changedAt, job] = head.split(',');
  const line = text.indexOf('\n');
  return {
    id,
    body: text.slice(line + 1),
    owner: line === 0 ? undefined : decodeURIComponent(text.slice(1, line)),
    next: numberOf(next),
    paused: paused === '1',
    version: Number(version),
    last: numberOf(last),
    job: job === '' ? undefined : job,
    counts: { enqueued: Number(enqueued), skipped: Number(skipped), missed: Number(missed) },
    slots: slots ? slots.split('\n').map((one) => JSON.parse(one) as SlotRecord) : [],
    createdAt: Number(createdAt),
    changedAt: Number(changedAt),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text ? Number(text) : undefined;
}
