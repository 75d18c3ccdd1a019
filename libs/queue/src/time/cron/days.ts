import { itemsOf, rangeOf, sorted, valueOf, valuesOf } from './items.js';
import type { CronDays, CronWeekdays } from './pattern.js';

/** The day field: numbers, `L`, `15W` and `LW`, mixed at will. `undefined` when any day will do. */
export function daysOf(text: string, wraps: boolean): CronDays | undefined {
  if (isAny(text)) return undefined;
  const days: CronDays = { listed: [], nearest: [], last: false, lastWorkday: false };
  for (const item of itemsOf('day', text)) {
    const nearest = /^(.*)W$/i.exec(item)?.[1];
    if (/^L$/i.test(item)) days.last = true;
    else if (/^LW$/i.test(item)) days.lastWorkday = true;
    else if (nearest !== undefined) days.nearest.push(valueOf('day', item, nearest));
    else days.listed.push(...valuesOf('day', rangeOf('day', starred(item), wraps)));
  }
  return { ...days, listed: sorted(days.listed), nearest: sorted(days.nearest) };
}

/** The weekday field: numbers, names, `MON#2` and `FRI#L`, mixed at will. `undefined` when any weekday will do. */
export function weekdaysOf(text: string, wraps: boolean): CronWeekdays | undefined {
  if (isAny(text)) return undefined;
  const weekdays: CronWeekdays = { listed: [], nth: [], last: [] };
  for (const item of itemsOf('weekday', text)) {
    const [, day, n] = /^([^#]*)#([1-5L])$/i.exec(item) ?? [];
    if (day === undefined || n === undefined) {
      weekdays.listed.push(...valuesOf('weekday', rangeOf('weekday', starred(item), wraps)));
      continue;
    }
    const weekday = valueOf('weekday', item, day) % 7;
    if (/^L$/i.test(n)) weekdays.last.push(weekday);
    else weekdays.nth.push({ weekday, n: Number(n) });
  }
  return { ...weekdays, listed: sorted(weekdays.listed), last: sorted(weekdays.last) };
}

function isAny(text: string): boolean {
  return text === '*' || text === '?';
}

/** In the two day fields `?` is `*`. */
function starred(item: string): string {
  return item.replace(/^\?/, '*');
}
