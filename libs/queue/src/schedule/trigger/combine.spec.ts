import fc from 'fast-check';
import { allOf, anyOf, every, slotsOf, type Trigger } from './index.js';

const horizon = 400_000;

/** An interval, and its slots up to the horizon. */
interface Member {
  trigger: Trigger;
  slots: number[];
}

/** Short intervals that meet often, some of which end. */
const member: fc.Arbitrary<Member> = fc
  .record({
    interval: fc.integer({ min: 2, max: 24 }).map((n) => n * 500),
    from: fc.integer({ min: 0, max: 60 }).map((n) => n * 250),
    until: fc.option(fc.integer({ min: 100_000, max: horizon }), { nil: Infinity }),
  })
  .map(({ interval, from, until }) => {
    const slots: number[] = [];
    for (let slot = from; slot <= Math.min(until, 2 * horizon); slot += interval) slots.push(slot);
    return { trigger: every(interval, { from, until: until === Infinity ? undefined : until }), slots };
  });

const members = fc.array(member, { minLength: 1, maxLength: 4 });

/** The slots up to the horizon. */
function walk(trigger: Trigger): number[] {
  const slots = slotsOf(trigger);
  const found: number[] = [];
  for (let slot = slots.first(0, 0); slot !== null && slot <= horizon; slot = slots.next(slot, 0)) found.push(slot);
  return found;
}

/** Those of any member for which every other one has a slot at most `within` later: each is tried. */
function agreeing(all: readonly number[][], within: number): number[] {
  return union(all).filter((slot) =>
    all.every((slots) => slots.some((other) => other >= slot && other <= slot + within)),
  );
}

function union(all: readonly number[][]): number[] {
  return [...new Set(all.flat())].filter((slot) => slot <= horizon).sort((a, b) => a - b);
}

function check<T>(property: fc.IProperty<T>): void {
  const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1e9);
  console.info(`combined triggers: MILLRACE_SEED=${seed}`);
  fc.assert(property, { numRuns: 200, seed });
}

describe('combined triggers', () => {
  it('SC8: anyOf has the slots that trying all of them finds', () => {
    check(
      fc.property(members, (each) => {
        expect(walk(anyOf(...each.map(({ trigger }) => trigger)))).toEqual(union(each.map(({ slots }) => slots)));
      }),
    );
  });

  it('SC8: allOf has the slots that trying all of them finds, from wherever it is asked', () => {
    check(
      fc.property(members, fc.constantFrom(0, 250, 1000, 3000), fc.nat(horizon), (each, within, after) => {
        const trigger = allOf(...each.map((one) => one.trigger), { within });
        const expected = agreeing(
          each.map(({ slots }) => slots),
          within,
        );
        expect(walk(trigger)).toEqual(expected);
        const next = slotsOf(trigger).next(after, 0) ?? Infinity;
        expect(next > horizon ? undefined : next).toBe(expected.find((slot) => slot > after));
      }),
    );
  });

  it('SC8: combinations of combinations have the slots that trying all of them finds', () => {
    check(
      fc.property(members, members, member, fc.constantFrom(0, 500, 1000), (some, others, one, within) => {
        const inner = anyOf(...some.map(({ trigger }) => trigger));
        const outer = anyOf(allOf(inner, one.trigger, { within }), ...others.map(({ trigger }) => trigger));
        const agreed = agreeing([[...new Set(some.flatMap(({ slots }) => slots))], one.slots], within);
        expect(walk(outer)).toEqual(union([agreed, ...others.map(({ slots }) => slots)]));
      }),
    );
  });
});
