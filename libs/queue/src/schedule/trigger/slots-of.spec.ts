import { allOf, anyOf, at, calendar, cron, every, type Slots, slotsOf, type Trigger } from './index.js';

const instant = (text: string) => Date.parse(text);
const iso = (slot: number | null) => (slot === null ? null : new Date(slot).toISOString());
const minute = 60_000;

/** The slots of a schedule that is put at a moment, in order; `null` ends the list. */
function slotsFrom(trigger: Trigger, put: string, count: number): (string | null)[] {
  const slots = slotsOf(trigger);
  const now = instant(put);
  const found = [slots.first(now, now)];
  while (found.length < count && found.at(-1) !== null) found.push(slots.next(found.at(-1)!, now));
  return found.map(iso);
}

function expectSlots(trigger: Trigger, put: string, expected: (string | null)[]): void {
  expect(slotsFrom(trigger, put, expected.length)).toEqual(expected.map((text) => text && iso(instant(text))));
}

describe('slotsOf every', () => {
  it('SC5: counts elapsed time from when the schedule was put', () => {
    expectSlots(every('15m'), '2027-01-01T08:03:20Z', ['2027-01-01T08:18:20Z', '2027-01-01T08:33:20Z']);
  });

  it('SC5: begins at once when told to', () => {
    expectSlots(every('15m', { first: 'now' }), '2027-01-01T08:03Z', ['2027-01-01T08:03Z', '2027-01-01T08:18Z']);
  });

  it('SC5: counts from `from`, whenever the schedule was put', () => {
    const hourly = every('1h', { from: '2027-01-01T00:05Z' });
    expectSlots(hourly, '2026-12-31T12:00Z', ['2027-01-01T00:05Z', '2027-01-01T01:05Z']);
    expectSlots(hourly, '2027-01-01T07:30Z', ['2027-01-01T08:05Z']);
    expectSlots(hourly, '2027-01-01T08:05Z', ['2027-01-01T08:05Z', '2027-01-01T09:05Z']);
  });

  it('SC5: goes on evenly through changes of the clock, without drift', () => {
    const slots = slotsOf(every('7h'));
    const anchor = instant('2027-03-01T00:00:00.123Z');
    expect(slots.next(anchor + 1000 * 7 * 60 * minute + 5, anchor)).toBe(anchor + 1001 * 7 * 60 * minute);
  });

  it('SC5: ends with `until`, itself included', () => {
    const bounds = { from: '2027-01-01T00:00Z', until: '2027-01-01T02:00Z' };
    expectSlots(every('1h', bounds), '2027-01-01T00:30Z', ['2027-01-01T01:00Z', '2027-01-01T02:00Z', null]);
    expectSlots(every('1h', { ...bounds, until: '2027-01-01T01:59Z' }), '2027-01-01T00:30Z', [
      '2027-01-01T01:00Z',
      null,
    ]);
    expectSlots(every('1h', { until: '2027-01-01T00:59Z' }), '2027-01-01T00:00Z', [null]);
  });
});

describe('slotsOf at', () => {
  it('SC6: is that moment, once', () => {
    expectSlots(at('2027-01-01T08:00Z'), '2026-06-01T00:00Z', ['2027-01-01T08:00Z', null]);
  });

  it('SC6: is that moment even when past', () => {
    expectSlots(at('2020-01-01T08:00Z'), '2027-01-01T00:00Z', ['2020-01-01T08:00Z', null]);
    expect(slotsOf(at('2020-01-01T08:00Z')).next(instant('2019-01-01T00:00Z'), 0)).toBe(instant('2020-01-01T08:00Z'));
  });
});

describe('slotsOf cron', () => {
  it('SC4: has a slot at the very moment it is put', () => {
    expectSlots(cron('0 3 * * *'), '2027-01-01T03:00Z', ['2027-01-01T03:00Z', '2027-01-02T03:00Z']);
    expectSlots(cron('0 3 * * *'), '2027-01-01T03:00:00.001Z', ['2027-01-02T03:00Z']);
  });

  it('SC4: goes by the clock of its zone', () => {
    expectSlots(cron('0 3 * * *', { timeZone: 'Europe/Paris' }), '2027-03-27T12:00Z', [
      '2027-03-28T03:00+02:00',
      '2027-03-29T03:00+02:00',
    ]);
  });

  it('SC4: keeps within `from` and `until`, both included', () => {
    const bounds = { from: '2027-01-05T03:00Z', until: '2027-01-06T03:00Z' };
    expectSlots(cron('0 3 * * *', bounds), '2027-01-01T00:00Z', ['2027-01-05T03:00Z', '2027-01-06T03:00Z', null]);
    const inside = { from: '2027-01-05T03:00:00.001Z', until: '2027-01-07T02:59:59.999Z' };
    expectSlots(cron('0 3 * * *', inside), '2027-01-01T00:00Z', ['2027-01-06T03:00Z', null]);
  });

  it('CE9: has no slot when it never fires, or has run out', () => {
    expectSlots(cron('0 0 31 4 *'), '2027-01-01T00:00Z', [null]);
    expectSlots(cron('0 0 0 1 1 * 2026'), '2027-01-01T00:00Z', [null]);
    expectSlots(cron('0 0 0 1 1 * 2028'), '2027-01-01T00:00Z', ['2028-01-01T00:00Z', null]);
  });
});

describe('slotsOf calendar', () => {
  it('SC7: counts dates from when the schedule was put', () => {
    const monthly = calendar({ months: 1, at: '09:00', timeZone: 'Europe/Paris' });
    expectSlots(monthly, '2027-01-31T07:00Z', ['2027-01-31T09:00+01:00', '2027-03-31T09:00+02:00']);
    expectSlots(monthly, '2027-01-30T12:00Z', ['2027-03-30T09:00+02:00']);
  });

  it('SC7: counts dates from `from`, whenever the schedule was put', () => {
    const monthly = calendar({ months: 1, at: '09:00', from: '2027-01-31T00:00Z', overflow: 'clip' });
    expectSlots(monthly, '2026-06-15T00:00Z', ['2027-01-31T09:00Z', '2027-02-28T09:00Z', '2027-03-31T09:00Z']);
    expectSlots(monthly, '2027-02-28T09:00Z', ['2027-02-28T09:00Z', '2027-03-31T09:00Z']);
  });

  it('SC7: keeps within `from` and `until`, both included', () => {
    const from = '2027-01-31T09:00Z';
    expectSlots(calendar({ days: 1, at: '09:00', from }), '2027-01-01T00:00Z', [from]);
    expectSlots(calendar({ days: 1, at: '08:59', from }), '2027-01-01T00:00Z', ['2027-02-01T08:59Z']);
    const until = '2027-02-01T09:00Z';
    expectSlots(calendar({ days: 1, at: '09:00', from, until }), from, [from, until, null]);
  });
});

describe('slotsOf anyOf', () => {
  it('SC8: has the slots of all in order, those that coincide once, and ends with the last', () => {
    const union = anyOf(
      cron('0 6 * * *', { until: '2027-01-02T06:00Z' }),
      every('12h', { from: '2027-01-01T06:00Z', until: '2027-01-02T18:00Z' }),
    );
    expectSlots(union, '2027-01-01T00:00Z', [
      '2027-01-01T06:00Z',
      '2027-01-01T18:00Z',
      '2027-01-02T06:00Z',
      '2027-01-02T18:00Z',
      null,
    ]);
  });

  it('SC8: takes no notice of a member that never fires', () => {
    const never = cron('0 0 31 4 *');
    expectSlots(anyOf(never, cron('@daily')), '2027-01-01T12:00Z', ['2027-01-02T00:00Z', '2027-01-03T00:00Z']);
    expectSlots(anyOf(never, never), '2027-01-01T12:00Z', [null]);
  });

  it('SC6 SC8: begins with a past moment, and goes on with what comes after the schedule was put', () => {
    const union = anyOf(at('2020-01-01T08:00Z'), cron('@daily'), at('2026-05-05T08:00Z'));
    const expected = ['2020-01-01T08:00Z', '2026-05-05T08:00Z', '2027-01-02T00:00Z', '2027-01-03T00:00Z'];
    expectSlots(union, '2027-01-01T12:00Z', expected);
    expectSlots(anyOf(union), '2027-01-01T12:00Z', expected);
  });
});

describe('slotsOf allOf', () => {
  it('SC8: has the slots on which all agree', () => {
    const fridayThe13th = allOf(cron('0 0 13 * *'), cron('0 0 * * FRI'));
    expectSlots(fridayThe13th, '2027-01-01T00:00Z', ['2027-08-13T00:00Z', '2028-10-13T00:00Z', '2029-04-13T00:00Z']);
  });

  it('SC8: lets slots agree that lie a second apart, and takes the earliest', () => {
    const late = every('1d', { from: '2027-01-01T00:00:01Z' });
    expectSlots(allOf(late, cron('@daily')), '2026-12-31T12:00Z', ['2027-01-01T00:00Z', '2027-01-02T00:00Z']);
    expectSlots(allOf(late, cron('@daily'), { within: 999 }), '2026-12-31T12:00Z', [null]);
    const later = every('1d', { from: '2027-01-01T00:04:00Z' });
    expectSlots(allOf(cron('@daily'), later, { within: '5m' }), '2026-12-31T12:00Z', [
      '2027-01-01T00:00Z',
      '2027-01-02T00:00Z',
    ]);
  });

  it('SC8: ends with the first that ends', () => {
    const ends = cron('0 * * * *', { until: '2027-01-01T12:00Z' });
    expectSlots(allOf(cron('0 */6 * * *'), ends), '2027-01-01T05:00Z', [
      '2027-01-01T06:00Z',
      '2027-01-01T12:00Z',
      null,
    ]);
    expectSlots(allOf(cron('@hourly'), at('2027-01-01T08:00Z')), '2027-01-01T05:00Z', ['2027-01-01T08:00Z', null]);
    expectSlots(allOf(cron('@hourly'), cron('0 0 31 4 *')), '2027-01-01T05:00Z', [null]);
  });

  it('SC8: never fires when a bounded search finds no agreement', () => {
    const odd = every('2s', { from: 1000 });
    const even = every('2s', { from: 0 });
    expectSlots(allOf(odd, even, { within: 0 }), '2027-01-01T00:00Z', [null]);
    // Nested as deep and as wide as may be, the search is bounded as a whole.
    let nested = allOf(odd, even, { within: 0 });
    for (let level = 0; level < 6; level++) nested = allOf(nested, odd, even, { within: 0 });
    expectSlots(nested, '2027-01-01T00:00Z', [null]);
    const wide = anyOf(...Array.from({ length: 10 }, () => allOf(odd, even, { within: 0 })), cron('@daily'));
    expectSlots(wide, '2027-01-01T00:00Z', ['2027-01-01T00:00Z', '2027-01-02T00:00Z']);
  });

  it('SC8: asks no more than 10 000 times', () => {
    const week = 7 * 24 * 60 * minute;
    const agreeAfter = (weeks: number) =>
      allOf(every('1w', { from: 0 }), anyOf(every('1w', { from: minute }), at(weeks * week)), { within: 0 });
    expect(slotsOf(agreeAfter(4990)).next(0, 0)).toBe(4990 * week);
    expect(slotsOf(agreeAfter(5010)).next(0, 0)).toBeNull();
  });
});

describe('slotsOf', () => {
  it('understands a trigger that was not checked', () => {
    const plain: Trigger = { every: '1h', from: new Date('2027-01-01T00:00Z'), until: '2027-01-01T01:00Z' };
    expectSlots(plain, '2026-01-01T00:00Z', ['2027-01-01T00:00Z', '2027-01-01T01:00Z', null]);
    expect(() => slotsOf({ every: 0 })).toThrow('trigger.every');
    const cyclic: Trigger = { anyOf: [] };
    cyclic.anyOf.push(cyclic);
    expect(() => slotsOf(cyclic)).toThrow('at most 8 deep');
  });

  it('answers the same for the same trigger, and keeps what it understood', () => {
    expect(slotsOf(every('17m'))).toBe(slotsOf({ every: 17 * minute }));
    const first = slotsOf({ every: 1000 });
    for (let i = 0; i < 2000; i++) slotsOf({ every: 100_000 + i });
    expect(slotsOf({ every: 1000 })).not.toBe(first);
    expect(slotsOf({ every: 1000 }).next(0, 0)).toBe(first.next(0, 0));
  });

  it('answers whole milliseconds for parts of one', () => {
    const slots = slotsOf(every('1s'));
    expect(slots.next(5000.4, 0.2)).toBe(5001);
    expect(slots.next(4999.9, 0)).toBe(5000);
    expect(slots.first(5000.4, 0)).toBe(6000);
    expect(slotsOf(cron('* * * * * *')).first(5000.4, 0)).toBe(6000);
  });

  it('answers nothing beyond the year 9999, and something from before 1970', () => {
    for (const trigger of [every('1d'), cron('@daily'), calendar({ days: 1 })]) {
      const slots: Slots = slotsOf(trigger);
      expect(slots.next(8.64e15, 0)).toBeNull();
      expect(slots.first(Infinity, 0)).toBeNull();
      expect(slots.next(-Infinity, -5)).toBeGreaterThanOrEqual(0);
    }
    expect(() => slotsOf(every('1d')).next(NaN, 0)).toThrow(RangeError);
    expect(() => slotsOf(every('1d')).first(0, NaN)).toThrow(RangeError);
  });
});
