import { type CalendarFields, nextCalendar, parseCalendar } from './index.js';

const instant = (text: string) => Date.parse(text);
const iso = (slot: number | null) => (slot === null ? null : new Date(slot).toISOString());

/** Expects exactly these slots after a moment, by default after the anchor, itself included; `null` ends the list. */
function expectSlots(
  fields: CalendarFields,
  { zone = 'UTC', anchor, after }: { zone?: string; anchor: string; after?: string },
  expected: (string | null)[],
): void {
  const pattern = parseCalendar(fields, zone);
  const found: (number | null)[] = [];
  let last: number | null = after === undefined ? instant(anchor) - 1 : instant(after);
  for (; found.length < expected.length && last !== null; found.push(last)) {
    last = nextCalendar(pattern, last, instant(anchor));
  }
  expect(found.map(iso)).toEqual(expected.map((text) => text && iso(instant(text))));
}

describe('nextCalendar', () => {
  it('SC7: keeps the local time through both changes of the clock', () => {
    expectSlots({ days: 1, at: '09:00' }, { zone: 'Europe/Paris', anchor: '2027-03-27T00:00+01:00' }, [
      '2027-03-27T09:00+01:00',
      '2027-03-28T09:00+02:00',
      '2027-03-29T09:00+02:00',
    ]);
    expectSlots({ weeks: 1, at: '09:00' }, { zone: 'Europe/Paris', anchor: '2027-10-25T00:00+02:00' }, [
      '2027-10-25T09:00+02:00',
      '2027-11-01T09:00+01:00',
    ]);
  });

  it('SC7: skips dates that do not exist', () => {
    expectSlots({ months: 1 }, { anchor: '2027-01-31T00:00Z' }, [
      '2027-01-31T00:00Z',
      '2027-03-31T00:00Z',
      '2027-05-31T00:00Z',
      '2027-07-31T00:00Z',
      '2027-08-31T00:00Z',
    ]);
    expectSlots({ years: 1 }, { anchor: '2028-02-29T00:00Z' }, ['2028-02-29T00:00Z', '2032-02-29T00:00Z']);
    expectSlots({ years: 1 }, { anchor: '2096-02-29T00:00Z' }, ['2096-02-29T00:00Z', '2104-02-29T00:00Z']);
  });

  it('SC7: takes the last day of the month instead when asked to, and never drifts away from the first date', () => {
    expectSlots({ months: 1, overflow: 'clip' }, { anchor: '2027-01-31T00:00Z' }, [
      '2027-01-31T00:00Z',
      '2027-02-28T00:00Z',
      '2027-03-31T00:00Z',
      '2027-04-30T00:00Z',
      '2027-05-31T00:00Z',
    ]);
    expectSlots({ years: 1, overflow: 'clip' }, { anchor: '2028-02-29T00:00Z', after: '2030-06-01T00:00Z' }, [
      '2031-02-28T00:00Z',
      '2032-02-29T00:00Z',
      '2033-02-28T00:00Z',
    ]);
  });

  it('SC7: adds months first and days after them', () => {
    expectSlots({ years: 1, months: 1, weeks: 1, days: 1 }, { anchor: '2027-01-31T00:00Z' }, [
      '2027-01-31T00:00Z',
      // 31 March 2029 and 16 days, as there is no 31 February 2028; then no 31 April 2030, 31 May 2031 and 32 days.
      '2029-04-16T00:00Z',
      '2031-07-02T00:00Z',
    ]);
    expectSlots({ months: 1, days: 1, overflow: 'clip' }, { anchor: '2027-01-31T00:00Z' }, [
      '2027-01-31T00:00Z',
      '2027-03-01T00:00Z',
      '2027-04-02T00:00Z',
      '2027-05-03T00:00Z',
    ]);
  });

  it('CE11: gives a time in the gap at the first instant after it, also at midnight and by half an hour', () => {
    const slots = { days: 1, at: '02:30' } as const;
    expectSlots(slots, { zone: 'Europe/Paris', anchor: '2027-03-27T00:00+01:00' }, [
      '2027-03-27T02:30+01:00',
      '2027-03-28T03:00+02:00',
      '2027-03-29T02:30+02:00',
    ]);
    expectSlots({ days: 1 }, { zone: 'America/Sao_Paulo', anchor: '2018-11-03T00:00-03:00' }, [
      '2018-11-03T00:00-03:00',
      '2018-11-04T01:00-02:00',
      '2018-11-05T00:00-02:00',
    ]);
    const lordHowe = { zone: 'Australia/Lord_Howe', anchor: '2027-10-02T00:00+10:30' };
    expectSlots({ days: 1, at: '02:15' }, lordHowe, [
      '2027-10-02T02:15+10:30',
      '2027-10-03T02:30+11:00',
      '2027-10-04T02:15+11:00',
    ]);
  });

  it('CE12: gives a time that comes twice in its first pass only', () => {
    expectSlots({ days: 1, at: '02:30' }, { zone: 'Europe/Paris', anchor: '2027-10-30T00:00+02:00' }, [
      '2027-10-30T02:30+02:00',
      '2027-10-31T02:30+02:00',
      '2027-11-01T02:30+01:00',
    ]);
    const secondPass = { zone: 'Europe/Paris', anchor: '2027-10-30T00:00+02:00', after: '2027-10-31T02:10+01:00' };
    expectSlots({ days: 1, at: '02:30' }, secondPass, ['2027-11-01T02:30+01:00']);
  });

  it('CE13: has no slot on a date that the zone left out', () => {
    expectSlots({ days: 1, at: '12:00' }, { zone: 'Pacific/Apia', anchor: '2011-12-29T00:00-10:00' }, [
      '2011-12-29T12:00-10:00',
      '2011-12-31T12:00+14:00',
    ]);
  });

  it('begins with the local date of the anchor, whose time may be over', () => {
    const days = { days: 2, at: '09:00' } as const;
    expectSlots(days, { zone: 'Asia/Tokyo', anchor: '2027-01-31T23:30Z' }, ['2027-02-01T09:00+09:00']);
    expectSlots(days, { zone: 'Asia/Tokyo', anchor: '2027-02-01T09:00+09:00' }, ['2027-02-01T09:00+09:00']);
    expectSlots(days, { zone: 'Asia/Tokyo', anchor: '2027-02-01T09:01+09:00' }, ['2027-02-03T09:00+09:00']);
  });

  it('has no slot before the anchor, however early it is asked', () => {
    expectSlots({ days: 1, at: '09:00' }, { anchor: '2027-02-01T10:00Z', after: '2020-01-01T00:00Z' }, [
      '2027-02-02T09:00Z',
    ]);
  });

  it('answers strictly later slots', () => {
    const pattern = parseCalendar({ days: 1 });
    const anchor = instant('2027-01-01T00:00Z');
    const slot = instant('2027-01-05T00:00Z');
    expect(nextCalendar(pattern, slot - 1, anchor)).toBe(slot);
    expect(nextCalendar(pattern, slot, anchor)).toBe(instant('2027-01-06T00:00Z'));
  });

  it('answers the same decades after the anchor as from slot to slot', () => {
    const pattern = parseCalendar({ months: 1, days: 1, at: '06:30', overflow: 'clip' }, 'America/New_York');
    const anchor = instant('1990-01-30T12:00Z');
    const stepped: number[] = [];
    while (stepped.length < 900) stepped.push(nextCalendar(pattern, stepped.at(-1) ?? anchor, anchor)!);
    for (const [i, slot] of stepped.entries()) {
      if (i > 0) expect(nextCalendar(pattern, slot - 1, anchor)).toBe(slot);
      expect(slot).toBeGreaterThan(stepped[i - 1] ?? anchor);
    }
    expect(new Date(stepped.at(-1)!).getUTCFullYear()).toBeGreaterThan(2060);
  });

  it('CE9: answers null when there is no slot within 50 years, nor outside the years 1000 to 9999', () => {
    expectSlots({ years: 25 }, { anchor: '2000-02-29T00:00Z' }, ['2000-02-29T00:00Z', null]);
    expectSlots({ years: 50 }, { anchor: '2027-03-01T00:00Z' }, ['2027-03-01T00:00Z', '2077-03-01T00:00Z']);
    const pattern = parseCalendar({ days: 1 });
    for (const outside of [NaN, Infinity, 8.64e15, Date.UTC(12_000, 0)]) {
      expect(nextCalendar(pattern, outside, 0)).toBeNull();
    }
  });
});
