import { ScheduleInvalid } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { type Duration, parseDuration } from '../time/duration.js';
import { type Instant, parseInstant } from '../time/instant.js';

/** What becomes of slots that nobody dealt with in time. */
export type Misfire = 'latest' | 'earliest' | 'all' | 'skip';

/** What becomes of a slot while a job of its schedule is unfinished. */
export type Overlap = 'allow' | 'skip' | 'wait' | 'cancel';

/** How the slots of a trigger become jobs. */
export interface SchedulePolicy {
  /**
   * Slots found more than 5 s late, as after a downtime, give one job at the last of them (`latest`, the default), one at the
   * first, one each, or none. The others are recorded as missed; the next slot never moves. APScheduler's `coalesce`.
   */
  misfire?: Misfire;
  /** With `misfire: 'all'`: how many of the newest slots get their job. Default and at most 1 000. */
  catchUp?: number;
  /**
   * How late a slot may be found and its job be claimed: a slot found later is missed, a job not claimed by slot, jitter and
   * grace is cancelled, reason `expired`. Default: without bound.
   */
  grace?: Duration;
  /**
   * While a job of this schedule is unfinished, be it of a slot or started by hand: `allow` another (the default), `skip` the
   * slot, let one job `wait` behind it and skip further slots, or `cancel` it and run the new one when it has ended.
   */
  overlap?: Overlap;
  /** Each job starts up to this much later, never earlier, and before the next slot. Drawn from id and slot, so all processes agree. Default none. */
  jitter?: Duration;
  /** No slot before. */
  from?: Instant;
  /** No slot after. */
  until?: Instant;
  /** Finished after so many jobs. Default: without bound. */
  count?: number;
}

/** The same, checked: milliseconds and epoch milliseconds, absent where nothing was said. */
export interface Policy {
  misfire?: Misfire;
  catchUp?: number;
  grace?: number;
  overlap?: Overlap;
  jitter?: number;
  from?: number;
  until?: number;
  count?: number;
}

export const policyNames = [
  'misfire',
  'catchUp',
  'grace',
  'overlap',
  'jitter',
  'from',
  'until',
  'count',
] as const satisfies readonly (keyof SchedulePolicy)[];

const misfires: readonly Misfire[] = ['latest', 'earliest', 'all', 'skip'];
const overlaps: readonly Overlap[] = ['allow', 'skip', 'wait', 'cancel'];
const longest = limits.delay;

/** Throws `ScheduleInvalid` naming the first field that is out of range. */
export function checkPolicy(policy: SchedulePolicy): Policy {
  const checked: Policy = {};
  const { misfire, catchUp, grace, overlap, jitter, from, until, count } = policy;
  if (misfire !== undefined) checked.misfire = oneOf('misfire', misfire, misfires);
  if (overlap !== undefined) checked.overlap = oneOf('overlap', overlap, overlaps);
  if (catchUp !== undefined) checked.catchUp = whole('catchUp', catchUp, limits.catchUp);
  if (count !== undefined) checked.count = whole('count', count, Number.MAX_SAFE_INTEGER);
  if (grace !== undefined) checked.grace = duration('grace', grace, 1);
  if (jitter !== undefined) checked.jitter = duration('jitter', jitter, 0);
  if (from !== undefined) checked.from = instant('from', from);
  if (until !== undefined) checked.until = instant('until', until);
  if (catchUp !== undefined && misfire !== 'all') refuse('catchUp', "needs misfire: 'all'");
  if (checked.from !== undefined && checked.until !== undefined && checked.until < checked.from) {
    refuse('until', 'lies before from');
  }
  return checked;
}

/** Unknown names are refused with the nearest known one, as a fault of the schedule. */
export function checkNames(options: object, known: readonly string[]): void {
  try {
    checkOptions('', options, known);
  } catch (error) {
    const { option, message } = error as { option: string; message: string };
    throw new ScheduleInvalid(option, message);
  }
}

function instant(field: string, value: unknown): number {
  const at = parseInstant(value);
  if (at !== undefined) return Math.trunc(at);
  return refuse(field, 'must be a date, epoch milliseconds, or ISO text with an offset, as 2026-01-31T09:00:00Z');
}

function oneOf<T extends string>(field: string, value: T, allowed: readonly T[]): T {
  return allowed.includes(value) ? value : refuse(field, `must be one of ${allowed.join(', ')}`);
}

function whole(field: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  return refuse(field, `must be a whole number from 1${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`);
}

function duration(field: string, value: unknown, least: number): number {
  const ms = parseDuration(typeof value === 'string' ? value.slice(0, 64) : value);
  if (ms !== undefined && ms >= least && ms <= longest) return Math.trunc(ms);
  return refuse(field, `must be a duration from ${least} ms to a year, as '30s', '5m' or milliseconds`);
}

function refuse(field: string, says: string): never {
  throw new ScheduleInvalid(field, `${field}: ${says}.`);
}
