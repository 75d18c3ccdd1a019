import { refuse } from '../refusal.js';
import { zoneNamed } from '../zone/zone.js';
import type { CalendarPattern, ClockTime, Overflow } from './pattern.js';

/** How far apart, at what time of day, and what becomes of dates that do not exist. At least one unit is above 0. */
export interface CalendarFields {
  years?: number;
  months?: number;
  weeks?: number;
  days?: number;
  /** Local time, `'HH:MM'` or `'HH:MM:SS'`. Default `'00:00'`. */
  at?: ClockTime;
  /** Default `'skip'`: a month after 31 January is 31 March. With `'clip'` it is the last day of February. */
  overflow?: Overflow;
}

/** Each unit's most: 50 years, as slots further away are not looked for. */
const most = { years: 50, months: 600, weeks: 2608, days: 18_262 } as const;
/** From the coarsest to the finest. */
export const calendarUnits = ['years', 'months', 'weeks', 'days'] as const;
const known = [...calendarUnits, 'at', 'overflow'];

/**
 * Reads `{ months: 1, at: '09:00' }`. Throws with the code `SCHEDULE_INVALID`, naming the field, the part and what is
 * allowed.
 */
export function parseCalendar(fields: CalendarFields, timeZone = 'UTC'): CalendarPattern {
  zoneNamed(timeZone);
  refuseStrangers(fields);
  const [years, months, weeks, days] = calendarUnits.map((unit) => countOf(unit, fields[unit])) as Four;
  const shown = JSON.stringify({ years, months, weeks, days });
  const pattern = { months: years * 12 + months, days: weeks * 7 + days };
  if (pattern.months + pattern.days === 0) {
    refuse('calendar', shown, 'names no step', 'years, months, weeks or days above 0');
  }
  if (pattern.months / most.months + pattern.days / most.days > 1) {
    refuse('calendar', shown, 'is too long a step', '50 years in all');
  }
  return { ...pattern, time: timeOf(fields.at), overflow: overflowOf(fields.overflow), timeZone };
}

type Four = [number, number, number, number];

function refuseStrangers(fields: unknown): void {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    refuse('calendar', fields, 'is not a calendar interval', "fields such as { months: 1, at: '09:00' }");
  }
  const stranger = Object.keys(fields).find((key) => !known.includes(key));
  if (stranger !== undefined) refuse('calendar', stranger, 'is not a field', known.join(', '));
}

function countOf(unit: keyof typeof most, value: unknown = 0): number {
  const isCount = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most[unit];
  return isCount ? value : refuse(unit, value, 'is out of range', `whole numbers from 0 to ${most[unit]}`);
}

function timeOf(text: unknown = '00:00'): number {
  const [, hour, minute, second = 0] =
    (typeof text === 'string' && /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text)) || [];
  if (hour === undefined) refuse('at', text, 'is not a time of day', "'00:00' to '23:59', '00:00:00' to '23:59:59'");
  return Number(hour) * 3600 + Number(minute) * 60 + Number(second);
}

function overflowOf(value: unknown = 'skip'): Overflow {
  return value === 'skip' || value === 'clip'
    ? value
    : refuse('overflow', value, 'is not understood', "'skip', 'clip'");
}
