import fc from 'fast-check';
import { momentIn, zones } from '../../testdata/moments.js';
import type { CalendarFields, ClockTime } from '../index.js';
import type { Asked } from './oracle.js';

export interface Question extends Asked {
  after: number;
}

const dayMs = 86_400_000;

const two = (n: number) => String(n).padStart(2, '0');

/** By night more often than not: there the clocks are set. */
const time: fc.Arbitrary<ClockTime> = fc.oneof(
  fc.constantFrom<ClockTime>('00:00', '00:30', '01:30', '02:00', '02:15', '02:30:30', '03:00', '23:30', '23:59:59'),
  fc
    .tuple(fc.nat(23), fc.nat(59), fc.nat(59))
    .map(([hour, minute, second]): ClockTime => `${two(hour)}:${two(minute)}:${two(second)}` as ClockTime),
);

const few = (most: number) => fc.integer({ min: 1, max: most });

const units: fc.Arbitrary<CalendarFields> = fc.oneof(
  { weight: 3, arbitrary: few(3).map((days) => ({ days })) },
  { weight: 4, arbitrary: few(4).map((months) => ({ months })) },
  few(400).map((days) => ({ days })),
  few(8).map((weeks) => ({ weeks })),
  few(40).map((months) => ({ months })),
  few(4).map((years) => ({ years })),
  fc.record({ years: fc.nat(2), months: few(14), weeks: fc.nat(3), days: fc.nat(40) }),
  fc.record({ months: few(3), days: few(3) }),
);

const fields: fc.Arbitrary<CalendarFields> = fc
  .tuple(units, fc.option(time, { nil: undefined }), fc.constantFrom(undefined, 'skip' as const, 'clip' as const))
  .map(([each, at, overflow]) => ({ ...each, ...(at && { at }), ...(overflow && { overflow }) }));

/** The last days of a month, where dates begin not to exist. */
const monthEnd = fc
  .tuple(fc.integer({ min: 1990, max: 2035 }), fc.nat(11), fc.integer({ min: 28, max: 32 }))
  .map(([year, month, day]) => Date.UTC(year, month, day));

const leapDay = fc.constantFrom(1992, 2000, 2024, 2028, 2032).map((year) => Date.UTC(year, 1, 29));

/** Where to begin: `kind` says what the moment is near, and the anchor is a while before it, most often. */
export const questions: fc.Arbitrary<Question> = fc
  .record({
    fields,
    timeZone: fc.constantFrom(...zones),
    kind: fc.nat(10),
    pick: fc.nat(1_000_000),
    shift: fc.integer({ min: -60 * 3600, max: 40 * 3600 }),
    before: fc.oneof(fc.nat(5), fc.nat(40), fc.nat(4000), fc.integer({ min: -40, max: -1 })),
    early: fc.integer({ min: -14 * 3600, max: 14 * 3600 }),
    end: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: monthEnd }, leapDay),
    fraction: fc.constantFrom(0, 0, 0, 1, -1, 500),
  })
  .map(({ fields: asked, timeZone, kind, pick, shift, before, early, end, fraction }) => {
    const moment = momentIn(timeZone, kind, pick, shift * 1000);
    const anchor = Math.max(0, end === undefined ? moment - before * dayMs : end + early * 1000);
    const after = end === undefined ? moment + fraction : anchor + before * dayMs + early * 1000 + fraction;
    return { fields: asked, timeZone, anchor, after };
  });
