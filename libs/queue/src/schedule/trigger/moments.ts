import { type Duration, parseDuration } from '../../time/duration.js';
import { parseInstant } from '../../time/instant.js';
import { refuse } from './refusal.js';
import type { Bounds } from './trigger.js';

/** 9999-12-31T23:59:59.999Z. */
export const lastInstant = Date.UTC(10_000, 0, 1) - 1;

const allowedInstants =
  "ISO text with an offset such as '2027-03-01T09:00+01:00', epoch milliseconds, a Date; from 1970 to 9999";

/** Epoch milliseconds of a moment from outside. */
export function instantOf(value: unknown, field: string): number {
  const instant = parseInstant(value);
  if (instant === undefined || !Number.isInteger(instant)) refuse(field, value, 'is not a moment', allowedInstants);
  if (instant < 0 || instant > lastInstant) refuse(field, value, 'is out of range', allowedInstants);
  return instant;
}

/** `from` and `until` as epoch milliseconds, those that were given. */
export function boundsOf(fields: Record<string, unknown>, field: string): Bounds<number> {
  const from = fields['from'] === undefined ? undefined : instantOf(fields['from'], `${field}.from`);
  const until = fields['until'] === undefined ? undefined : instantOf(fields['until'], `${field}.until`);
  if (from !== undefined && until !== undefined && until < from) {
    refuse(`${field}.until`, fields['until'], 'lies before from', 'from itself or later');
  }
  return { ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
}

/** Whole milliseconds from `least` to `most`. */
export function durationOf(value: unknown, field: string, least: Duration, most: Duration): number {
  const ms = parseDuration(value);
  const allowed = `${least} to ${most}, as '30s', '15m', '2h', '1d', '1w' or whole milliseconds`;
  if (ms === undefined) refuse(field, value, 'is not a duration', allowed);
  const whole = Math.round(ms);
  // What was written in parts of a unit may miss a whole number by a hair.
  if (Math.abs(ms - whole) > 1e-3) refuse(field, value, 'is not whole milliseconds', allowed);
  if (whole < parseDuration(least)! || whole > parseDuration(most)!) refuse(field, value, 'is out of range', allowed);
  return whole;
}
