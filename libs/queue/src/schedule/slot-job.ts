import { createHash } from 'node:crypto';
import { type Codec, sealSlot } from '../job/envelope.js';
import { createJobId } from '../job/id.js';
import type { NewJob } from '../store/store.js';
import type { Definition } from './definition.js';

/** The caller's name of the job of a slot: `schedule:nightly@2026-11-20T03:00:00.000Z`. */
export function nameOfSlot(schedule: string, slot: number): string {
  return `schedule:${schedule}@${new Date(slot).toISOString()}`;
}

/** The tag of every job of a schedule. */
export function tagOf(schedule: string): string {
  return `schedule:${schedule}`;
}

/**
 * The job of a slot. Its name is taken until it has ended, so that even a store that forgot the slot does not run it twice
 * at a time.
 */
export function slotJob(
  schedule: string,
  { job: { queue, ...pattern }, jitter = 0, grace }: Definition,
  at: { slot: number; now: number; next: number | null; codec?: Codec; behind?: readonly string[] },
): NewJob {
  const { slot, now, next, codec, behind } = at;
  const delay = delayOf(schedule, slot, jitter, next);
  const job: NewJob = {
    ...pattern,
    id: createJobId(queue, 0, now),
    body: sealSlot(pattern.body, { slot, schedule }, codec),
    keys: [{ key: `=${nameOfSlot(schedule, slot)}`, until: 'settled' }, ...(pattern.keys ?? [])],
    tags: [...(pattern.tags ?? []), tagOf(schedule)],
  };
  if (slot + delay > now) job.due = { at: slot + delay };
  if (grace !== undefined) job.expires = { at: slot + delay + grace };
  if (behind) Object.assign(job, { after: [...behind], anyEnding: true });
  return job;
}

/** A job that is started by hand: of no slot, so it has no name, no jitter and no grace. */
export function extraJob(
  schedule: string,
  { job: { queue, ...pattern } }: Pick<Definition, 'job'>,
  now: number,
  codec?: Codec,
): NewJob {
  return {
    ...pattern,
    id: createJobId(queue, 0, now),
    body: sealSlot(pattern.body, { slot: now, schedule }, codec),
    tags: [...(pattern.tags ?? []), tagOf(schedule)],
  };
}

/** Milliseconds a slot is put off: the same in every process, spread evenly, and less than to the next slot. */
export function delayOf(schedule: string, slot: number, jitter: number, next: number | null): number {
  if (jitter === 0) return 0;
  const drawn = createHash('sha256').update(`${schedule}@${slot}`).digest().readUInt32BE(0) / 2 ** 32;
  const room = next === null ? jitter : Math.min(jitter, next - slot - 1);
  return Math.floor(drawn * (room + 1));
}
