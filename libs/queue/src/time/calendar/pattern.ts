/** A time of day on a 24-hour clock: `'09:00'` or `'09:00:30'`. */
export type ClockTime = `${number}:${number}` | `${number}:${number}:${number}`;

/** A date that does not exist, such as 31 February, is skipped, or gives way to the last day of its month. */
export type Overflow = 'skip' | 'clip';

/**
 * A calendar interval, understood: plain data. Made by `parseCalendar`, read by `nextCalendar` and `describeCalendar`.
 * Its slots are the first date, that date moved by the months and days once, twice …, always counted from the first.
 */
export interface CalendarPattern {
  /** Years are twelve each. */
  months: number;
  /** Weeks are seven each; added after the months. */
  days: number;
  /** Seconds since midnight. */
  time: number;
  overflow: Overflow;
  /** IANA name, as written. */
  timeZone: string;
}
