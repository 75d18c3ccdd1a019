import { monthStart } from '../zone/dates.js';
import { datesOf } from './month.js';
import type { CronPattern } from './pattern.js';

/** The first local second after `local` that the pattern names, or `null` when there is none up to `limit`. */
export function nextLocal(pattern: CronPattern, local: number, limit: number): number | null {
  const from = nextSecond(local);
  for (const midnight of datesFrom(pattern, from, limit)) {
    const time = timeFrom(pattern, Math.max(0, from - midnight) / 1000);
    if (time !== null) return midnight + time * 1000 <= limit ? midnight + time * 1000 : null;
  }
  return null;
}

/** The whole second after `ms`. */
export function nextSecond(ms: number): number {
  return (Math.floor(ms / 1000) + 1) * 1000;
}

/** Midnights of the dates that fit, beginning with the one `from` lies in. */
function* datesFrom(pattern: CronPattern, from: number, limit: number): Generator<number> {
  const date = new Date(from);
  const today = date.setUTCHours(0, 0, 0, 0);
  let year = date.getUTCFullYear();
  let month = date.getUTCMonth() + 1;
  for (let start = monthStart(year, month), end: number; start <= limit; start = end) {
    end = monthStart(year, month + 1);
    if (pattern.months.includes(month) && yearFits(pattern, year)) {
      for (const midnight of datesOf(pattern, start, end)) if (midnight >= today) yield midnight;
    }
    if (++month > 12) [year, month] = [year + 1, 1];
  }
}

function yearFits({ years }: CronPattern, year: number): boolean {
  return years?.some(({ from, to, step }) => year >= from && year <= to && (year - from) % step === 0) ?? true;
}

/** The first time of day that fits, from `from` on; both in seconds. `null` when the day is over. */
function timeFrom({ hours, minutes, seconds }: CronPattern, from: number): number | null {
  for (const hour of hours) {
    if (hour * 3600 + 3599 < from) continue;
    for (const minute of minutes) {
      const start = hour * 3600 + minute * 60;
      if (start + 59 < from) continue;
      const second = seconds.find((each) => start + each >= from);
      if (second !== undefined) return start + second;
    }
  }
  return null;
}
