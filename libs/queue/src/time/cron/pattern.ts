/**
 * A cron expression, understood: plain data that survives JSON, so a store can keep it. Made by `parseCron`, read by
 * `nextCron` and `describeCron`. Lists are sorted and hold each value once; a part that is absent allows any value.
 */
export interface CronPattern {
  /** What was written, with single blanks; the object form as `hour=3 minute=0`. */
  source: string;
  /** IANA name, as written. */
  timeZone: string;
  /** With both day fields restricted: whether one of them is enough (`or`) or both must agree (`and`). */
  dayMatch: DayMatch;
  /** Second, minute or hour begins with `*`: goes on evenly through zone changes instead of keeping once a day. */
  flowing: boolean;
  seconds: number[];
  minutes: number[];
  hours: number[];
  days?: CronDays;
  /** 1 is January. */
  months: number[];
  weekdays?: CronWeekdays;
  years?: CronRange[];
  /** ISO weeks, 1 to 53; only the object form has them. */
  weeks?: number[];
}

export type DayMatch = 'or' | 'and';

/** Days of the month. */
export interface CronDays {
  listed: number[];
  /** `15W`: the working day nearest to that day, within the month. */
  nearest: number[];
  /** `L`. */
  last: boolean;
  /** `LW`. */
  lastWorkday: boolean;
}

/** Days of the week; 0 is Sunday. */
export interface CronWeekdays {
  listed: number[];
  /** `MON#2`: the second Monday of the month. */
  nth: { weekday: number; n: number }[];
  /** `FRI#L`: the last Friday of the month. */
  last: number[];
}

/** `from`, `from + step` … up to `to`. */
export interface CronRange {
  from: number;
  to: number;
  step: number;
}
