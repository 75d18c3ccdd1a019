import type { CalendarFields } from '../../time/calendar/index.js';
import type { CronFields, DayMatch } from '../../time/cron/index.js';
import type { Duration } from '../../time/duration.js';
import type { Instant } from '../../time/instant.js';

/** Slots outside are none; both ends are inside. Default: unbounded. */
export interface Bounds<I = Instant> {
  from?: I;
  until?: I;
}

export interface CronTriggerOptions<I = Instant> extends Bounds<I> {
  /** IANA name. Default `'UTC'`. */
  timeZone?: string;
  /** With both day fields restricted: whether one is enough. Default `'or'`, in the object form `'and'`. */
  dayMatch?: DayMatch;
}

/** Times that a cron expression, or the object form, names. */
export interface CronTrigger<I = Instant> extends CronTriggerOptions<I> {
  cron: string | CronFields;
}

export interface EveryOptions<I = Instant> extends Bounds<I> {
  /** The first slot is the anchor itself, not one interval later. With `from` it always is, so it says nothing there. */
  first?: 'now';
}

/** Steps of elapsed time, counted from `from` or else from when the schedule was put. At least 1 s, at most 50 years. */
export interface EveryTrigger<I = Instant, D = Duration> extends EveryOptions<I> {
  every: D;
}

/** One moment. */
export interface AtTrigger<I = Instant> {
  at: I;
}

/** Steps of calendar dates at a local time, counted from the local date of `from` or else of when the schedule was put. */
export interface CalendarTrigger<I = Instant> extends Bounds<I> {
  calendar: CalendarFields;
  /** IANA name. Default `'UTC'`. */
  timeZone?: string;
}

/** Every slot of every member, those that coincide once. */
export interface AnyOfTrigger {
  anyOf: Trigger[];
}

export interface AllOfOptions<D = Duration> {
  /** How far apart slots may lie that agree. Default `'1s'`, at most 366 days. */
  within?: D;
}

/** The earliest of slots, one of each member, that agree. */
export interface AllOfTrigger extends AllOfOptions {
  allOf: Trigger[];
}

/** Code registered with `defineTrigger`, and its data. */
export interface CustomTrigger {
  /** The name it was defined with. */
  trigger: string;
  /** JSON. */
  data?: unknown;
}

/** What decides the slots of a schedule, as plain data: one key says the kind. */
export type Trigger =
  CronTrigger | EveryTrigger | AtTrigger | CalendarTrigger | AnyOfTrigger | AllOfTrigger | CustomTrigger;

/**
 * A trigger that was checked: JSON, with instants as epoch milliseconds, durations as milliseconds and defaults left out,
 * so that two that mean the same are written the same.
 */
export type NormalTrigger =
  | CronTrigger<number>
  | EveryTrigger<number, number>
  | AtTrigger<number>
  | CalendarTrigger<number>
  | { anyOf: NormalTrigger[] }
  | ({ allOf: NormalTrigger[] } & AllOfOptions<number>)
  | CustomTrigger;
