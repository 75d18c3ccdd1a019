export const dayMs = 86_400_000;

/** Local times are milliseconds as if they were UTC, so the calendar needs no zone. 0 is Sunday. */
export function weekdayOf(local: number): number {
  return new Date(local).getUTCDay();
}

/** Midnight of the first day of a month; months are counted from 1 and may run over. */
export function monthStart(year: number, month: number): number {
  return Date.UTC(year, month - 1, 1);
}

export function isWorkday(weekday: number): boolean {
  return weekday !== 0 && weekday !== 6;
}

/** Week 1 is the one with the year's first Thursday; weeks begin on Monday. */
export function isoWeekOf(midnight: number): number {
  const thursday = midnight + (3 - ((weekdayOf(midnight) + 6) % 7)) * dayMs;
  const newYear = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return Math.floor((thursday - newYear) / (7 * dayMs)) + 1;
}
