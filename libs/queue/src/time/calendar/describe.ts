import { enumerate, twoDigits } from '../wording.js';
import type { CalendarPattern } from './pattern.js';

/** A pattern in English, for dashboards: `every month at 09:00, Europe/Paris`. */
export function describeCalendar({ months, days, time, overflow, timeZone }: CalendarPattern): string {
  const counts = [...inUnits(months, 12, 'year', 'month'), ...inUnits(days, 7, 'week', 'day')];
  const clipped = overflow === 'clip' && months > 0 ? ['or the last day of a month that is too short'] : [];
  return [`every ${enumerate(counts)} at ${clockTime(time)}`, ...clipped, timeZone].join(', ');
}

/** `year`, `2 years`, `18 months`: the larger unit where it comes out even. */
function inUnits(count: number, size: number, larger: string, smaller: string): string[] {
  if (count === 0) return [];
  const [n, unit] = count % size === 0 ? [count / size, larger] : [count, smaller];
  return [n === 1 ? unit : `${n} ${unit}s`];
}

function clockTime(time: number): string {
  const [hour, minute, second] = [Math.floor(time / 3600), Math.floor(time / 60) % 60, time % 60];
  return [hour, minute, ...(second > 0 ? [second] : [])].map(twoDigits).join(':');
}
