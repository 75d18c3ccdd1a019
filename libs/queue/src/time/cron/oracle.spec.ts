import fc from 'fast-check';
import { type CronPattern, nextCron, parseCron } from './index.js';
import { slots } from './testdata/oracle.js';
import { questions } from './testdata/questions.js';

const cases = Number(process.env['MILLRACE_CRON_CASES'] ?? 2000);
const compared = 6;
/** Longer than from one 29 February to the next, but for the turn of a century. */
const horizon = 1500 * 86_400_000;

const shown = (instants: number[]) => instants.map((instant) => new Date(instant).toISOString());

function firstOf(pattern: CronPattern, after: number, until: number): number[] {
  const found: number[] = [];
  let last: number | null = after;
  while (found.length < compared && (last = nextCron(pattern, last)) !== null && last <= until) found.push(last);
  return found;
}

function take(count: number, instants: Generator<number>): number[] {
  const taken: number[] = [];
  for (const instant of instants) if (taken.push(instant) === count) break;
  return taken;
}

describe('the engine and the oracle', () => {
  it(
    `agree on ${cases} random patterns, zones and starts`,
    () => {
      const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1e9);
      console.info(`cron oracle: ${cases} cases, MILLRACE_SEED=${seed}`);
      let withSlots = 0;
      const property = fc.property(questions, ({ written, timeZone, dayMatch, after }) => {
        const until = after + horizon;
        const found = firstOf(parseCron(written, { timeZone, dayMatch }), after, until);
        const expected = take(compared, slots(written, { timeZone, dayMatch }, after, until));
        expect(shown(found)).toEqual(shown(expected));
        if (expected.length > 0) withSlots++;
      });
      fc.assert(property, { numRuns: cases, seed });
      // Most questions have an answer; silence on both sides would agree as well.
      expect(withSlots).toBeGreaterThan(cases * 0.8);
    },
    60_000 + cases * 60,
  );
});
