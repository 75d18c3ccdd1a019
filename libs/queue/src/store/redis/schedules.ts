import { limits } from '../../job/limits.js';
import { systemClock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import type { Firing, NewSchedule, PutScheduleAnswer, SchedulePage, ScheduleQuery, ScheduleRecord, SlotOutcome } from '../store.js'; // prettier-ignore
import type { Lanes } from './lanes.js';
import { relayNow } from './relay.js';
import type { ScriptName } from './scripts.js';
import { addressOf, outboxText } from './wire.js';
import { bodyText, ownerText, scheduleOf, slotLines } from './schedule-wire.js';

export async function putSchedule(lanes: Lanes, schedule: NewSchedule, seen: number): Promise<PutScheduleAnswer> {
  const { id, next, paused } = schedule;
  const args = [id, seen, next ?? '', paused ? '1' : '0', bodyText(schedule)];
  const [outcome, head, body, slots] = await ask<[PutScheduleAnswer['outcome'], ...Texts]>(lanes, 'putSchedule', args);
  return { outcome, schedule: head === null ? undefined : scheduleOf(id, head, body!, slots) };
}

export async function removeSchedule(lanes: Lanes, id: string, seen?: number): Promise<boolean> {
  return (await ask<number>(lanes, 'removeSchedule', [id, seen ?? ''])) === 1;
}

/** Who looks for what is due carries on what somebody has fired and could not deliver. */
export async function schedules(lanes: Lanes, query: ScheduleQuery): Promise<SchedulePage> {
  const answer = await ask<Looked>(lanes, 'schedules', questionOf(query));
  const [now, more, first, waiting, flat] = answer;
  const found: ScheduleRecord[] = [];
  for (let i = 0; i < flat.length; i += 4) {
    found.push(scheduleOf(flat[i]!, flat[i + 1]!, flat[i + 2]!, flat[i + 3]!));
  }
  if (waiting > 0) await deliver(lanes);
  return {
    schedules: found,
    now,
    ...(more === 1 && { cursor: found.at(-1)!.id }),
    ...(first !== '' && { dueIn: first - now }),
  };
}

/** One script call, and when there are jobs their delivery, which anybody repeats until it is done. */
export async function fire(lanes: Lanes, firings: Firing[]): Promise<boolean[]> {
  const args: (string | number)[] = [firings.length];
  for (const firing of firings) firingArguments(args, firing);
  const answers = await ask<number[]>(lanes, 'fire', args);
  if (firings.some(({ jobs }, i) => answers[i] === 1 && jobs.length > 0)) await deliver(lanes);
  return answers.map((applied) => applied === 1);
}

/** Milliseconds a caller waits for jobs that are safe and on their way. A lane that says nothing must not make others late. */
const patience = 2000;

async function deliver(lanes: Lanes): Promise<void> {
  const late = () => new Error('on its way');
  await within(systemClock, relayNow(lanes, 'schedules'), patience, late).catch(() => {});
}

type Texts = [head: string | null, body: string | null, slots: string | null];
type Looked = [now: number, more: number, first: number | '', waiting: number, flat: (string | null)[]];

async function ask<T>(lanes: Lanes, name: ScriptName, args: (string | number)[]): Promise<T> {
  const { connection, keys, now } = lanes;
  return (await connection.ask(() => connection.run(name, keys.book, [now, ...args]))) as T;
}

function questionOf({ ids, owner, due, cursor, limit = 50 }: ScheduleQuery): (string | number)[] {
  const most = Math.min(limit, limits.batch);
  if (ids) return ['ids', most, ...ids];
  return due ? ['due', most] : ['page', most, ownerText(owner), cursor ?? ''];
}

function firingArguments(args: (string | number)[], firing: Firing): void {
  const { id, seen, slots, missed = 0, jobs, last, next, finished } = firing;
  for (const job of jobs) [job.id, ...(job.after ?? [])].forEach(addressOf);
  const count = (outcome: SlotOutcome) => slots.filter((slot) => slot.outcome === outcome).length;
  args.push(id, seen, count('enqueued'), count('skipped'), count('missed') + missed, last ?? '', next ?? '');
  args.push(jobs.at(-1)?.id ?? '', finished ? '1' : '', slotLines(slots), jobs.length, ...jobs.map(outboxText));
}
