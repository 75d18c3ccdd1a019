/**
 * What a calendar interval means, told the slow way: the calendar is walked date by date from the anchor, and what a
 * clock shows is asked of `Intl`. Shares no code with the engine and must not begin to: the two are compared.
 */
import { afterGap, firstShowings, minutesAround, wallOf } from '../../testdata/clocks.js';
import type { CalendarFields } from '../index.js';

const dayMs = 86_400_000;
const minutesPerDay = 1440;

export interface Asked {
  fields: CalendarFields;
  timeZone: string;
  anchor: number;
}

/** Every slot later than `after` and not later than `until`, in order. */
export function* slots({ fields, timeZone, anchor }: Asked, after: number, until: number): Generator<number> {
  const today = Math.floor(shownAt(timeZone, anchor) / minutesPerDay);
  for (const date of datesFrom(today, fields, Math.ceil(until / dayMs) + 2)) {
    // No zone is further than this from UTC, so earlier dates need no clock.
    if ((date + 3) * dayMs < Math.max(after, anchor)) continue;
    const slot = instantOf(date, fields.at ?? '00:00', timeZone);
    if (slot === undefined || slot <= after || slot < anchor) continue;
    if (slot > until) return;
    yield slot;
  }
}

function shownAt(timeZone: string, instant: number): number {
  const minute = Math.floor(instant / 60_000);
  const day = Math.floor(minute / minutesPerDay);
  return wallOf(timeZone, day)[minute - day * minutesPerDay]!;
}

// — dates: a calendar on the wall, turned page by page —

interface Page {
  /** The date of its first day. */
  first: number;
  days: number;
}

function* datesFrom(today: number, fields: CalendarFields, until: number): Generator<number> {
  const { years = 0, months = 0, weeks = 0, days = 0, overflow = 'skip' } = fields;
  const pages = pagesFrom(today);
  let page = pages.next().value;
  const day = today - page.first + 1;
  for (let moved = 0; page.first + moved <= until; moved += weeks * 7 + days) {
    if (day <= page.days) yield page.first + day - 1 + moved;
    else if (overflow === 'clip') yield page.first + page.days - 1 + moved;
    for (let turned = 0; turned < years * 12 + months; turned++) page = pages.next().value;
  }
}

/** The page that `today` is on, and those after it. Begins before the first anchor, in any zone. */
function* pagesFrom(today: number): Generator<Page, never> {
  for (let year = 1968, first = -731; ; year++) {
    const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    for (const days of [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
      if (first + days > today) yield { first, days };
      first += days;
    }
  }
}

// — times —

const known = new Map<string, number | undefined>();

/** The first instant at which the clock shows this time of this date, or has jumped over it. */
function instantOf(date: number, time: string, timeZone: string): number | undefined {
  const key = `${timeZone} ${date} ${time}`;
  if (known.size > 100_000) known.clear();
  if (!known.has(key)) known.set(key, look(date, time, timeZone));
  return known.get(key);
}

function look(date: number, time: string, timeZone: string): number | undefined {
  const [hour, minute, second = 0] = time.split(':').map(Number) as [number, number, number?];
  const passing = minutesAround(timeZone, date);
  const firstShown = firstShowings(passing, date);
  if (firstShown.size === 0) return undefined;
  const wall = date * minutesPerDay + hour * 60 + minute;
  const shown = firstShown.get(wall);
  return shown === undefined ? afterGap(passing, wall) * 60_000 : shown * 60_000 + second * 1000;
}
