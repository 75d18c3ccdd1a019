import { dayMs, monthStart } from '../zone/dates.js';
import { earliest, horizonOf, latest } from '../zone/horizon.js';
import { zoneNamed } from '../zone/zone.js';
import type { CalendarPattern } from './pattern.js';

const shortestMonth = 28 * dayMs;

/**
 * The first slot strictly later than `after` and not before `anchor`, whose local date is the first date of the
 * sequence; all epoch milliseconds. A time that the clock jumps over gives way to the first instant after the gap, one
 * that comes twice is its first pass, and a date that the zone left out has no slot. `null` when there is none within
 * 50 years, or outside the years 1000 to 9999.
 */
export function nextCalendar(pattern: CalendarPattern, after: number, anchor: number): number | null {
  const last = Math.max(after, anchor - 1);
  if (!(last >= earliest && last <= latest)) return null;
  const zone = zoneNamed(pattern.timeZone);
  // Every local time up to here has had its first pass, no later one has.
  const shown = zone.latestShown(last);
  const limit = horizonOf(shown);
  const start = midnightOf(anchor + zone.stretchAt(anchor).offset);
  for (let step = firstStep(pattern, start, shown); ; step++) {
    const { midnight, exists } = dateAfter(pattern, start, step);
    if (midnight > limit) return null;
    if (exists && zone.hasDate(midnight)) return zone.firstShowing(midnight + pattern.time * 1000);
  }
}

/** The first step whose time is later than `shown`, found by halving: dates only grow. */
function firstStep(pattern: CalendarPattern, start: number, shown: number): number {
  const isLater = (step: number) => dateAfter(pattern, start, step).midnight + pattern.time * 1000 > shown;
  let low = -1;
  let high = Math.max(0, Math.ceil((shown - start) / (pattern.months * shortestMonth + pattern.days * dayMs))) + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isLater(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The date so many steps after `start`; where it does not exist, the last day of its month takes its place. */
function dateAfter({ months, days, overflow }: CalendarPattern, start: number, step: number) {
  const date = new Date(start);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const first = monthStart(year, month + step * months);
  const length = Math.round((monthStart(year, month + step * months + 1) - first) / dayMs);
  return {
    midnight: first + (Math.min(day, length) - 1 + step * days) * dayMs,
    exists: day <= length || overflow === 'clip',
  };
}

function midnightOf(local: number): number {
  return Math.floor(local / dayMs) * dayMs;
}
