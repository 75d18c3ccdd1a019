import { dayMs, isoWeekOf, isWorkday, weekdayOf } from '../zone/dates.js';
import type { CronDays, CronPattern, CronWeekdays } from './pattern.js';

/** One month on the calendar. */
interface Month {
  /** Midnight of its first day. */
  start: number;
  days: number;
  /** Weekday of its first day. */
  weekday: number;
}

/** The midnights of a month on which the pattern may fire, in order. The month itself is not asked whether it matches. */
export function datesOf(pattern: CronPattern, start: number, end: number): number[] {
  const month: Month = { start, days: Math.round((end - start) / dayMs), weekday: weekdayOf(start) };
  const dayFits = pattern.days && daysIn(month, pattern.days);
  const weekdayFits = pattern.weekdays && weekdaysIn(month, pattern.weekdays);
  const dates: number[] = [];
  for (let day = 1; day <= month.days; day++) {
    const midnight = start + (day - 1) * dayMs;
    if (pattern.weeks && !pattern.weeks.includes(isoWeekOf(midnight))) continue;
    if (fits(pattern, dayFits?.has(day), weekdayFits?.has(day))) dates.push(midnight);
  }
  return dates;
}

/** A field that allows any day is `undefined` and leaves the decision to the other one. */
function fits({ dayMatch }: CronPattern, day?: boolean, weekday?: boolean): boolean {
  if (day === undefined || weekday === undefined) return day ?? weekday ?? true;
  return dayMatch === 'or' ? day || weekday : day && weekday;
}

function daysIn(month: Month, { listed, nearest, last, lastWorkday }: CronDays): Set<number> {
  const days = new Set(listed);
  for (const day of nearest) if (day <= month.days) days.add(workdayNear(month, day));
  if (last) days.add(month.days);
  // The month ends on a working day, or one or two days after the last one.
  if (lastWorkday) days.add(workdayNear(month, month.days));
  return days;
}

function weekdaysIn(month: Month, { listed, nth, last }: CronWeekdays): Set<number> {
  const days = new Set<number>();
  for (let day = 1; day <= month.days; day++) {
    const weekday = weekdayIn(month, day);
    const count = Math.ceil(day / 7);
    const isLast = day + 7 > month.days;
    const fits = listed.includes(weekday) || nth.some((each) => each.weekday === weekday && each.n === count);
    if (fits || (isLast && last.includes(weekday))) days.add(day);
  }
  return days;
}

/** Saturday gives way to Friday and Sunday to Monday, but never into another month. */
function workdayNear(month: Month, day: number): number {
  const weekday = weekdayIn(month, day);
  if (isWorkday(weekday)) return day;
  if (weekday === 6) return day > 1 ? day - 1 : day + 2;
  return day < month.days ? day + 1 : day - 2;
}

function weekdayIn(month: Month, day: number): number {
  return (month.weekday + day - 1) % 7;
}
