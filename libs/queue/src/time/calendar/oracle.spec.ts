import fc from 'fast-check';
import { nextCalendar, parseCalendar } from './index.js';
import { type Asked, slots } from './testdata/oracle.js';
import { questions } from './testdata/questions.js';

const cases = Number(process.env['MILLRACE_CALENDAR_CASES'] ?? 2000);
const compared = 5;
/** Longer than from one 29 February to the next, but for the turn of a century. */
const horizon = 1500 * 86_400_000;

const shown = (instants: number[]) => instants.map((instant) => new Date(instant).toISOString());

function firstOf({ fields, timeZone, anchor }: Asked, after: number, until: number): number[] {
  const pattern = parseCalendar(fields, timeZone);
  const found: number[] = [];
  let last: number | null = after;
  while (found.length < compared && (last = nextCalendar(pattern, last, anchor)) !== null && last <= until) {
    found.push(last);
  }
  return found;
}

function take(count: number, instants: Generator<number>): number[] {
  const taken: number[] = [];
  for (const instant of instants) if (taken.push(instant) === count) break;
  return taken;
}

/** Around a slot: just before it, at it, and half an hour or an hour off, where the clock may show the same again. */
const shifts = [-3_600_000, -1_800_000, -1, 0, 1, 1_800_000, 3_600_000];

function expectNeighbours(asked: Asked, expected: number[], after: number): void {
  const pattern = parseCalendar(asked.fields, asked.timeZone);
  const last = expected.at(-1)!;
  for (const moment of expected.flatMap((slot) => shifts.map((shift) => slot + shift))) {
    if (moment < after || moment >= last) continue;
    expect(nextCalendar(pattern, moment, asked.anchor)).toBe(expected.find((slot) => slot > moment));
  }
  // A slot is the first one of the sequence that it is the anchor of, unless a gap has moved it into another date.
  for (const anchor of expected.slice(0, 2)) {
    const [first] = take(1, slots({ ...asked, anchor }, anchor - 1, anchor + horizon));
    expect(nextCalendar(pattern, anchor - 1, anchor)).toBe(first);
  }
}

describe('the engine of calendar intervals and the oracle', () => {
  it(
    `SC7: agree on ${cases} random intervals, zones, anchors and starts`,
    () => {
      const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1e9);
      console.info(`calendar oracle: ${cases} cases, MILLRACE_SEED=${seed}`);
      let withSlots = 0;
      const property = fc.property(questions, ({ after, ...asked }) => {
        const until = Math.max(after, asked.anchor) + horizon;
        const found = firstOf(asked, after, until);
        const expected = take(compared, slots(asked, after, until));
        expect(shown(found)).toEqual(shown(expected));
        if (expected.length > 0) withSlots++;
        if (expected.length > 0) expectNeighbours(asked, expected, after);
      });
      fc.assert(property, { numRuns: cases, seed });
      // Most questions have an answer; silence on both sides would agree as well.
      expect(withSlots).toBeGreaterThan(cases * 0.8);
    },
    60_000 + cases * 60,
  );
});
