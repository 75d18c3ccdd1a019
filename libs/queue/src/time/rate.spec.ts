import fc from 'fast-check';
import { cellRate, type CellRate, type RateLimit, type RateText } from './rate.js';

const second = 1_000_000;

/** When attempts begin if one is asked for at each of `asked`, sorted microseconds: as every store counts. */
function begun({ interval, slack }: CellRate, asked: readonly number[]): number[] {
  let tat = 0;
  return asked.filter((now) => {
    if (tat - slack > now) return false;
    tat = Math.max(tat, now) + interval;
    return true;
  });
}

/** The most of them in any window [t, t + period). */
function most(times: readonly number[], period: number): number {
  let [from, best] = [0, 0];
  times.forEach((time, i) => {
    while (times[from]! <= time - period) from++;
    best = Math.max(best, i - from + 1);
  });
  return best;
}

/** Somebody who asks as soon as he may, and comes so much late each time. */
function eager(rate: CellRate, late: (i: number) => number, until: number): number[] {
  const times: number[] = [];
  let tat = 0;
  for (let now = 0; now < until; now = Math.max(now, tat - rate.slack) + late(times.length)) {
    tat = Math.max(tat, now) + rate.interval;
    times.push(now);
  }
  return times;
}

describe('cellRate', () => {
  it.each<[RateLimit, CellRate]>([
    ['10/m', { interval: 6 * second, slack: 0, text: '10/m' }],
    ['1/d', { interval: 86_400 * second, slack: 0, text: '1/d' }],
    ['3/s', { interval: 341_667, slack: 25_000, text: '3/s' }],
    ['100/10s', { interval: 100_250, slack: 25_000, text: '100/10s' }],
    ['1000/s', { interval: 1025, slack: 25_000, text: '1000/s' }],
    [{ limit: '10/m' }, { interval: 6 * second, slack: 0, text: '10/m' }],
    [
      { limit: '10/m', burst: 1 },
      { interval: 6 * second, slack: 0, text: '10/m' },
    ],
    [
      { limit: '10/m', burst: 5 },
      { interval: 6 * second, slack: 24 * second, text: '10/m, burst 5' },
    ],
  ])('reads %j', (rate, cells) => {
    expect(cellRate(rate)).toEqual(cells);
  });

  it.each<[unknown, string]>([
    ['10 per minute', 'is no rate'],
    ['ten/m', 'is no rate'],
    ['10/w', 'is no rate'],
    ['1.5/s', 'is no rate'],
    ['-1/s', 'is no rate'],
    ['1e3/s', 'is no rate'],
    [' 10/m', 'is no rate'],
    ['', 'is no rate'],
    [{}, 'undefined is no rate'],
    [{ limit: 10 }, 'number is no rate'],
    ['0/s', 'pause it'],
    ['10/0s', 'must be from 1s to 366d'],
    ['10/367d', 'must be from 1s to 366d'],
    ['10001/s', 'more than 10000 a second'],
    ['99999999999999999999999999999999/d', 'more than 10000 a second'],
    [{ limit: '10/m', burst: 11 }, 'from 1 to the limit of 10, not 11'],
    [{ limit: '10/m', burst: 0 }, 'from 1 to the limit of 10, not 0'],
    [{ limit: '10/m', burst: 1.5 }, 'from 1 to the limit of 10, not 1.5'],
    [{ limit: '10/m', burst: NaN }, 'from 1 to the limit of 10, not NaN'],
    [{ limit: '10/m', burst: '5' }, 'from 1 to the limit of 10, not 5'],
  ])('refuses %j', (rate, says) => {
    expect(() => cellRate(rate as RateLimit)).toThrow(RangeError);
    expect(() => cellRate(rate as RateLimit)).toThrow(says);
  });

  const some = fc.record({
    count: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.constantFrom(1, 2, 5, 10, 20, 24, 25, 50, 100, 500, 1000)),
    seconds: fc.integer({ min: 1, max: 120 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const seed = Number(process.env['MILLRACE_SEED'] ?? Date.now() % 1e9);
  console.info(`rates: MILLRACE_SEED=${seed}`);

  it('never lets more through than the limit in any window of its period, with a burst its size less one more', () => {
    const gaps = fc.array(fc.oneof(fc.nat(2000), fc.nat(2 * second)), { minLength: 1, maxLength: 400 });
    const property = fc.property(some, fc.boolean(), gaps, ({ count, seconds, share }, bursts, pauses) => {
      const burst = bursts ? 1 + Math.floor(share * (count - 1)) : 1;
      const rate = cellRate({ limit: `${count}/${seconds}s`, burst });
      let now = 0;
      const asked = pauses.flatMap((gap) => [(now += gap), now, now]);
      const periods = seconds * second;
      expect(most(begun(rate, asked), periods)).toBeLessThanOrEqual(count + burst - 1);
      for (const late of [() => 0, (i: number) => (i % 7 === 0 ? rate.slack : 0)]) {
        expect(most(eager(rate, late, 3 * periods), periods)).toBeLessThanOrEqual(count + burst - 1);
      }
    });
    fc.assert(property, { numRuns: 300, seed });
  });

  it('lets a whole burst through after a rest, and the limit again in each period', () => {
    const rate = cellRate({ limit: '10/s', burst: 5 });
    expect(begun(rate, new Array<number>(20).fill(second))).toHaveLength(5);
    expect(eager(rate, () => 0, 10 * second).length).toBeGreaterThanOrEqual(100);
  });

  it('uses 95 % of the limit, also when claims come 25 ms late now and then', () => {
    const limits: RateText[] = [
      '60/m',
      '1/s',
      '7/s',
      '20/s',
      '25/s',
      '100/s',
      '1000/s',
      '10000/s',
      '100/10s',
      '5000/m',
    ];
    for (const limit of limits) {
      const rate = cellRate(limit);
      const [count, period] = [Number(limit.split('/')[0]), { s: 1, m: 60, '10s': 10 }[limit.split('/')[1]!]! * second];
      expect([limit, eager(rate, () => 0, 20 * period).length >= 19 * count]).toEqual([limit, true]);
      const lateOnceInAWhile = eager(rate, (i) => (i % Math.ceil(count / 4) === 0 ? 25_000 : 0), 20 * period);
      expect([limit, lateOnceInAWhile.length >= 18.9 * count]).toEqual([limit, true]);
    }
  });
});
