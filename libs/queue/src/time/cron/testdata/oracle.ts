/**
 * What cron means, told the slow way: dates are tried one by one, and what a clock shows is asked of `Intl` for every
 * minute that really passes. Shares no code with the engine and must not begin to: the two are compared.
 */
import { afterGap, firstShowings, minutesAround, wallOf } from '../../testdata/clocks.js';

export type Written = string | Record<string, string | number>;

export interface Asked {
  timeZone: string;
  dayMatch?: 'or' | 'and';
}

const dayMs = 86_400_000;
const minutesPerDay = 1440;

/** Every slot later than `after` and not later than `until`, in order. */
export function* slots(written: Written, asked: Asked, after: number, until: number): Generator<number> {
  const meaning = meaningOf(written, asked.dayMatch);
  const flows = ['second', 'minute', 'hour'].some((field) => meaning.texts[field]!.startsWith('*'));
  let last = after;
  for (const slot of flows ? everyShowing(meaning, asked, after, until) : oncePerDay(meaning, asked, after, until)) {
    if (slot > until) return;
    if (slot > last) yield (last = slot);
  }
}

// — flowing: ask every minute what the clock shows —

function* everyShowing(meaning: Meaning, { timeZone }: Asked, after: number, until: number): Generator<number> {
  for (let day = Math.floor(after / dayMs); day * dayMs <= until; day++) {
    if (![day - 1, day, day + 1].some((date) => dateFits(meaning, date))) continue;
    const wall = wallOf(timeZone, day);
    for (let i = 0; i < minutesPerDay; i++) {
      if (!timeFits(meaning, wall[i]!) || !dateFits(meaning, Math.floor(wall[i]! / minutesPerDay))) continue;
      for (const second of meaning.seconds) yield day * dayMs + i * 60_000 + second * 1000;
    }
  }
}

// — fixed: take every date, and look when the clock showed its times —

function* oncePerDay(meaning: Meaning, { timeZone }: Asked, after: number, until: number): Generator<number> {
  for (let date = Math.floor(after / dayMs) - 2; (date - 2) * dayMs <= until; date++) {
    if (!dateFits(meaning, date)) continue;
    const passing = minutesAround(timeZone, date);
    const firstShown = firstShowings(passing, date);
    if (firstShown.size === 0) continue;
    for (let wall = date * minutesPerDay; wall < (date + 1) * minutesPerDay; wall++) {
      if (!timeFits(meaning, wall)) continue;
      const minute = firstShown.get(wall);
      if (minute === undefined) yield afterGap(passing, wall) * 60_000;
      else for (const second of meaning.seconds) yield minute * 60_000 + second * 1000;
    }
  }
}

// — meaning —

interface Meaning {
  texts: Record<string, string>;
  both: boolean;
  seconds: number[];
}

const bounds: Record<string, { min: number; max: number }> = {
  second: { min: 0, max: 59 },
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  day: { min: 1, max: 31 },
  month: { min: 1, max: 12 },
  weekday: { min: 0, max: 6 },
  year: { min: 1970, max: 9999 },
  week: { min: 1, max: 53 },
};

function meaningOf(written: Written, dayMatch?: 'or' | 'and'): Meaning {
  const texts = typeof written === 'string' ? textsOfExpression(written) : textsOfFields(written);
  const plus = texts['weekday']!.startsWith('+');
  texts['weekday'] = texts['weekday']!.replace('+', '');
  const both = plus || (dayMatch ?? (typeof written === 'string' ? 'or' : 'and')) === 'and';
  const seconds = Array.from({ length: 60 }, (_, second) => second).filter((second) =>
    fits('second', texts['second']!, second),
  );
  return { texts, both, seconds };
}

function textsOfExpression(expression: string): Record<string, string> {
  const parts = expression.trim().split(/\s+/);
  const year = parts.length === 7 ? parts.pop()! : '*';
  const second = parts.length === 6 ? parts.shift()! : '0';
  const [minute, hour, day, month, weekday] = parts as [string, string, string, string, string];
  return { second, minute, hour, day, month, weekday, year, week: '*' };
}

function textsOfFields(fields: Record<string, string | number>): Record<string, string> {
  const coarseFirst = ['year', 'month', 'day', 'week', 'weekday', 'hour', 'minute', 'second'];
  const least: Record<string, string> = {
    month: '1',
    day: '1',
    week: '*',
    weekday: '*',
    hour: '0',
    minute: '0',
    second: '0',
  };
  const texts: Record<string, string> = {};
  let isCoarser = false;
  for (const name of [...coarseFirst].reverse()) {
    isCoarser ||= name in fields;
    texts[name] = name in fields ? String(fields[name]) : isCoarser ? '*' : least[name]!;
  }
  return texts;
}

function timeFits({ texts }: Meaning, wall: number): boolean {
  return fits('minute', texts['minute']!, wall % 60) && fits('hour', texts['hour']!, Math.floor(wall / 60) % 24);
}

function dateFits({ texts, both }: Meaning, date: number): boolean {
  const { year, month } = calendarOf(date);
  if (!fits('year', texts['year']!, year) || !fits('month', texts['month']!, month)) return false;
  if (texts['week'] !== '*' && !fits('week', texts['week']!, isoWeek(date))) return false;
  const restricted = (text: string) => text !== '*' && text !== '?';
  const dayFits = texts['day']!.split(',').some((item) => dayItemFits(item, date));
  const weekdayFits = texts['weekday']!.split(',').some((item) => weekdayItemFits(item, date));
  const either = !both && restricted(texts['day']!) && restricted(texts['weekday']!);
  return either ? dayFits || weekdayFits : dayFits && weekdayFits;
}

function dayItemFits(item: string, date: number): boolean {
  const { day } = calendarOf(date);
  if (item === 'L') return calendarOf(date + 1).day === 1;
  const month = datesOfMonth(date);
  const working = month.filter((each) => ![0, 6].includes(calendarOf(each).weekday));
  if (item === 'LW') return working.at(-1) === date;
  if (!item.endsWith('W')) return fits('day', item, day);
  const wanted = month[Number(item.slice(0, -1)) - 1];
  if (wanted === undefined) return false;
  return (
    working.every((each) => each === date || Math.abs(each - wanted) > Math.abs(date - wanted)) &&
    working.includes(date)
  );
}

function weekdayItemFits(item: string, date: number): boolean {
  const [name, n] = item.split('#') as [string, string?];
  const { weekday } = calendarOf(date);
  if (n === undefined) return fits('weekday', name, weekday);
  if (!fits('weekday', name, weekday)) return false;
  const same = datesOfMonth(date).filter((each) => calendarOf(each).weekday === weekday);
  return (n === 'L' ? same.at(-1) : same[Number(n) - 1]) === date;
}

const answers = new Map<string, boolean>();

/** Whether a value is on a list of items: walks each range, one step at a time, round the end if it must. */
function fits(field: string, text: string, value: number): boolean {
  const key = `${field} ${text} ${value}`;
  let answer = answers.get(key);
  if (answer === undefined) {
    if (answers.size > 100_000) answers.clear();
    answers.set(key, (answer = text.split(',').some((item) => itemFits(field, item, value))));
  }
  return answer;
}

function itemFits(field: string, item: string, value: number): boolean {
  const { min, max } = bounds[field]!;
  const [span, step = '1'] = item.split('/') as [string, string?];
  if (span === '*' || span === '?') return (value - min) % Number(step) === 0;
  const [from, to] = span.split('-').map(numberOf) as [number, number?];
  if (to === undefined) return value === from || (field === 'weekday' && from === 7 && value === 0);
  const round = max - min + 1;
  const end = to < from ? to + round : to;
  for (let at = from; at <= end; at += Number(step)) {
    if (at === value || at - round === value) return true;
  }
  return false;
}

function numberOf(text: string): number {
  const months = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ').indexOf(text.toUpperCase());
  const weekdays = 'SUN MON TUE WED THU FRI SAT'.split(' ').indexOf(text.toUpperCase());
  if (months >= 0) return months + 1;
  return weekdays >= 0 ? weekdays : Number(text);
}

function calendarOf(date: number): { year: number; month: number; day: number; weekday: number } {
  const it = new Date(date * dayMs);
  return { year: it.getUTCFullYear(), month: it.getUTCMonth() + 1, day: it.getUTCDate(), weekday: it.getUTCDay() };
}

function datesOfMonth(date: number): number[] {
  const dates: number[] = [];
  const { month, day } = calendarOf(date);
  for (let each = date - day + 1; calendarOf(each).month === month; each++) dates.push(each);
  return dates;
}

/** Counts the Thursdays of the year that the week's own Thursday lies in. */
function isoWeek(date: number): number {
  let thursday = date;
  while (calendarOf(thursday).weekday !== 4) thursday += [1, 2, 3].includes(calendarOf(thursday).weekday) ? 1 : -1;
  let count = 0;
  for (let each = thursday; calendarOf(each).year === calendarOf(thursday).year; each -= 7) count++;
  return count;
}
