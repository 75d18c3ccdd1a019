import fc from 'fast-check';
import { momentIn, zones } from '../../testdata/moments.js';
import type { Written } from './oracle.js';

/** A random thing to ask: a pattern, a place, and a moment to start from. */
export interface Question {
  written: Written;
  timeZone: string;
  dayMatch?: 'or' | 'and';
  after: number;
}

const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
const anyOf = (...texts: string[]) => fc.constantFrom(...texts);
const list = (item: fc.Arbitrary<string>) =>
  fc.array(item, { minLength: 2, maxLength: 4 }).map((items) => items.join());

function range(min: number, max: number, wraps: boolean): fc.Arbitrary<string> {
  return fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
    .map(([a, b]) => (wraps ? `${a}-${b}` : `${Math.min(a, b)}-${Math.max(a, b)}`));
}

function stepped(min: number, max: number, wraps: boolean): fc.Arbitrary<string> {
  const span = fc.oneof(fc.constant('*'), range(min, max, wraps));
  return fc.tuple(span, fc.integer({ min: 1, max: max - min })).map(([each, step]) => `${each}/${step}`);
}

function plain(min: number, max: number, wraps: boolean): fc.Arbitrary<string> {
  const item = fc.oneof(number(min, max), range(min, max, wraps), stepped(min, max, wraps));
  return fc.oneof({ weight: 3, arbitrary: number(min, max) }, item, list(item));
}

interface Texts {
  second: string;
  minute: string;
  hour: string;
  day: string;
  month: string;
  weekday: string;
  year: string;
}

function texts(wraps: boolean): fc.Arbitrary<Texts> {
  const often = (weight: number, text: string, other: fc.Arbitrary<string>) =>
    fc.oneof({ weight, arbitrary: fc.constant(text) }, { weight: 3, arbitrary: other });
  const night = fc.oneof(number(0, 3), anyOf('0', '23', '0-3', '1,2', '0-23', '2-3/1'));
  const day = fc.oneof(
    plain(1, 31, wraps),
    anyOf('L', 'LW', '*/5', '1,31', '31', '30', '29', '28,L', '?', '*/2', '29-31'),
    number(1, 31).map((each) => `${each}W`),
    list(fc.oneof(number(1, 31), anyOf('L', 'LW', '1W', '15W', '31W'))),
  );
  const name = anyOf('SUN', 'mon', 'Tue', 'WED', 'thu', 'FRI', 'SAT', '0', '3', '6', '7');
  const nth = fc.tuple(name, anyOf('1', '2', '3', '4', '5', 'L')).map(([each, n]) => `${each}#${n}`);
  const weekday = fc.oneof(
    plain(0, 6, wraps),
    nth,
    anyOf('MON-FRI', '5-7', 'FRI-SUN', 'mon-fri/2', '*/2', '?', '0-7', '7', 'SAT,SUN'),
    list(fc.oneof(name, nth)),
  );
  return fc.record({
    second: often(5, '0', plain(0, 59, wraps)),
    minute: fc.oneof(plain(0, 59, wraps), anyOf('*', '0', '30', '*/15', '*/20', '0-59', '0,30', '59')),
    hour: fc.oneof({ weight: 2, arbitrary: night }, plain(0, 23, wraps), anyOf('*', '*/2', '2')),
    day: often(5, '*', day),
    month: often(8, '*', fc.oneof(plain(1, 12, wraps), anyOf('2', 'FEB', 'mar,OCT', '2-3', 'JAN-dec/2', '3,4,10,11'))),
    weekday: often(6, '*', weekday),
    year: often(12, '*', anyOf('*/2', '1980-2030', '1970-9999/3', '2011,2012,2024', '2027-2040')),
  });
}

const expression = fc
  .tuple(texts(false), fc.integer({ min: 0, max: 9 }), anyOf('', '', '', '+'), anyOf(' ', '  ', '\t'))
  .map(([{ second, minute, hour, day, month, weekday, year }, form, plus, blank]) => {
    const five = [minute, hour, day, month, plus + weekday];
    const fields = form < 5 ? five : form < 8 ? [second, ...five] : [second, ...five, year];
    return fields.join(blank);
  });

const fieldNames = ['year', 'month', 'day', 'weekday', 'hour', 'minute', 'second'] as const;

const fields = fc
  .tuple(texts(true), fc.subarray([...fieldNames], { minLength: 1 }), plain(1, 53, true), fc.nat(5))
  .map(([each, names, week, dice]) => {
    const given: Record<string, string | number> = dice === 0 ? { week } : {};
    for (const name of names) given[name] = /^\d+$/.test(each[name]) ? Number(each[name]) : each[name];
    return given;
  });

/** Two in three start near a zone change, the others near ends of months, in leap years, or anywhere. */
export const questions: fc.Arbitrary<Question> = fc
  .record({
    written: fc.oneof({ weight: 5, arbitrary: expression }, { weight: 1, arbitrary: fields }),
    timeZone: fc.constantFrom(...zones),
    dayMatch: fc.constantFrom(undefined, undefined, 'and' as const, 'or' as const),
    kind: fc.nat(10),
    pick: fc.nat(1_000_000),
    shift: fc.integer({ min: -40 * 3600, max: 40 * 3600 }),
    grain: fc.constantFrom(1000, 1000, 60_000, 1_800_000),
    fraction: fc.constantFrom(0, 0, 0, 1, -1, 500),
  })
  .map(({ written, timeZone, dayMatch, kind, pick, shift, grain, fraction }) => {
    const moment = momentIn(timeZone, kind, pick, shift * 1000);
    return { written, timeZone, dayMatch, after: Math.floor(moment / grain) * grain + fraction };
  });
