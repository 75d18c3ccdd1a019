import type { CalendarFields } from '../../time/calendar/index.js';
import type { CronFields } from '../../time/cron/index.js';
import type { Duration } from '../../time/duration.js';
import type { Instant } from '../../time/instant.js';
import { checkTrigger } from './check-trigger.js';
import type { AllOfOptions, Bounds, CronTriggerOptions, EveryOptions, NormalTrigger, Trigger } from './trigger.js';

/** Times named by `'0 3 * * *'`, `'@daily'` or `{ hour: 3 }`. Throws `ScheduleInvalid`, as every builder here does. */
export function cron(expression: string | CronFields, options: CronTriggerOptions = {}): NormalTrigger {
  return checkTrigger({ ...options, cron: expression });
}

/** Steps of elapsed time: `every('15m')`. */
export function every(interval: Duration, options: EveryOptions = {}): NormalTrigger {
  return checkTrigger({ ...options, every: interval });
}

/** Once. */
export function at(moment: Instant): NormalTrigger {
  return checkTrigger({ at: moment });
}

export interface CalendarOptions extends CalendarFields, Bounds {
  /** IANA name. Default `'UTC'`. */
  timeZone?: string;
}

/** Steps of dates at a local time: `calendar({ months: 1, at: '09:00', timeZone: 'Asia/Tokyo' })`. */
export function calendar(options: CalendarOptions): NormalTrigger {
  if (typeof options !== 'object' || options === null) return checkTrigger({ calendar: options });
  const { timeZone, from, until, ...calendar } = options;
  return checkTrigger({ calendar, timeZone, from, until });
}

/** Every slot of every member, those that coincide once; ends with the last of them. */
export function anyOf(...members: Trigger[]): NormalTrigger {
  return checkTrigger({ anyOf: members });
}

/**
 * Slots on which all members agree: `allOf(a, b, { within: '5m' })`. The earliest of the agreeing slots counts. Ends
 * with the first member that ends, and where 10 000 steps find no agreement.
 */
export function allOf(...members: [...Trigger[], Trigger | AllOfOptions]): NormalTrigger {
  const options = members.at(-1);
  if (!isOptions(options)) return checkTrigger({ allOf: members });
  return checkTrigger({ ...options, allOf: members.slice(0, -1) });
}

function isOptions(value: Trigger | AllOfOptions | undefined): value is AllOfOptions {
  return typeof value === 'object' && value !== null && Object.keys(value).every((key) => key === 'within');
}
