import { type CronFields, type CronOptions, nextCron, parseCron } from './index.js';

const iso = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString());
const instant = (text: string) => Date.parse(text);

/** The slots after a moment; `null` ends the list when there are no more. */
function slots(count: number, written: string | CronFields, after: string, options?: CronOptions): (string | null)[] {
  const pattern = parseCron(written, options);
  const found: (number | null)[] = [];
  for (let last: number | null = instant(after); found.length < count && last !== null; found.push(last)) {
    last = nextCron(pattern, last);
  }
  return found.map(iso);
}

/** Expects exactly these slots, in this order. */
function expectSlots(written: string | CronFields, timeZone: string, after: string, expected: (string | null)[]): void {
  const wanted = expected.map((text) => text && iso(instant(text)));
  expect(slots(expected.length, written, after, { timeZone })).toEqual(wanted);
}

describe('nextCron', () => {
  it.each([
    ['15 2 * * *', 'Europe/Paris', '2027-03-27T12:00+01:00', ['2027-03-28T03:00+02:00', '2027-03-29T02:15+02:00']],
    ['15 2 * * *', 'Europe/Paris', '2027-10-30T12:00+02:00', ['2027-10-31T02:15+02:00', '2027-11-01T02:15+01:00']],
    [
      '0 * * * *',
      'Europe/Paris',
      '2027-10-31T01:30+02:00',
      ['2027-10-31T02:00+02:00', '2027-10-31T02:00+01:00', '2027-10-31T03:00+01:00'],
    ],
    [
      '*/20 * * * *',
      'America/Chicago',
      '2027-03-14T01:20-06:00',
      ['2027-03-14T01:40-06:00', '2027-03-14T03:00-05:00', '2027-03-14T03:20-05:00'],
    ],
    [
      '0 2,14 * * *',
      'Europe/Paris',
      '2027-03-27T15:00+01:00',
      ['2027-03-28T03:00+02:00', '2027-03-28T14:00+02:00', '2027-03-29T02:00+02:00'],
    ],
    [
      '0 8 1,15 * MON',
      'UTC',
      '2027-01-31T12:00Z',
      ['2027-02-01T08:00Z', '2027-02-08T08:00Z', '2027-02-15T08:00Z', '2027-02-22T08:00Z'],
    ],
    ['0 8 1,15 * +MON', 'UTC', '2027-01-31T12:00Z', ['2027-02-01T08:00Z', '2027-02-15T08:00Z', '2027-03-01T08:00Z']],
    ['0 0 31 4 *', 'UTC', '2027-01-01T00:00Z', [null]],
  ])('gives the example %s in %s after %s', (expression, timeZone, after, expected) => {
    expectSlots(expression, timeZone, after, expected);
  });

  it('CE1: counts seconds and years when they are given', () => {
    expectSlots('*/30 59 23 * * *', 'UTC', '2027-12-31T23:59:00Z', ['2027-12-31T23:59:30Z', '2028-01-01T23:59:00Z']);
    expectSlots('0 0 0 1 1 * 2030,2031', 'UTC', '2027-01-01T00:00Z', ['2030-01-01T00:00Z', '2031-01-01T00:00Z', null]);
    expectSlots('0 0 0 1 1 * 2027-9999/4', 'UTC', '2027-06-01T00:00Z', ['2031-01-01T00:00Z', '2035-01-01T00:00Z']);
  });

  it('CE2: begins stepped fields anew in each larger unit', () => {
    expectSlots('*/40 * * * *', 'UTC', '2027-01-01T00:30Z', [
      '2027-01-01T00:40Z',
      '2027-01-01T01:00Z',
      '2027-01-01T01:40Z',
    ]);
  });

  it('CE3: goes by named months and weekdays', () => {
    expectSlots('0 0 * feb-MAR Sun', 'UTC', '2027-03-20T00:00Z', [
      '2027-03-21T00:00Z',
      '2027-03-28T00:00Z',
      '2028-02-06T00:00Z',
    ]);
    expectSlots('0 0 * * 5-7', 'UTC', '2027-01-01T00:00Z', [
      '2027-01-02T00:00Z',
      '2027-01-03T00:00Z',
      '2027-01-08T00:00Z',
    ]);
  });

  it('CE4: finds the last day of the month', () => {
    expectSlots('0 0 L * *', 'UTC', '2028-01-31T00:00Z', [
      '2028-02-29T00:00Z',
      '2028-03-31T00:00Z',
      '2028-04-30T00:00Z',
    ]);
  });

  it('CE4: finds the working day nearest to a day, never in another month', () => {
    // Saturdays: 15 May, 1 May 2027. Sundays: 15 August, 31 October 2027.
    expectSlots('0 0 15W 5 *', 'UTC', '2027-05-01T00:00Z', ['2027-05-14T00:00Z']);
    expectSlots('0 0 15W 8 *', 'UTC', '2027-08-01T00:00Z', ['2027-08-16T00:00Z']);
    expectSlots('0 0 1W 5 *', 'UTC', '2027-04-20T00:00Z', ['2027-05-03T00:00Z']);
    expectSlots('0 0 31W 10 *', 'UTC', '2027-10-01T00:00Z', ['2027-10-29T00:00Z']);
    expectSlots('0 0 31W * *', 'UTC', '2027-03-31T12:00Z', ['2027-05-31T00:00Z']);
  });

  it('CE4: finds the last working day of the month', () => {
    expectSlots('0 0 LW * *', 'UTC', '2027-01-01T00:00Z', [
      '2027-01-29T00:00Z',
      '2027-02-26T00:00Z',
      '2027-03-31T00:00Z',
    ]);
    expectSlots('0 0 LW 10 *', 'UTC', '2027-01-01T00:00Z', ['2027-10-29T00:00Z']);
  });

  it('CE4: finds the first, fifth and last of a weekday', () => {
    expectSlots('0 0 * * MON#1', 'UTC', '2027-01-01T00:00Z', ['2027-01-04T00:00Z', '2027-02-01T00:00Z']);
    expectSlots('0 0 * * MON#5', 'UTC', '2027-01-01T00:00Z', ['2027-03-29T00:00Z', '2027-05-31T00:00Z']);
    expectSlots('0 0 * * FRI#L', 'UTC', '2027-01-01T00:00Z', ['2027-01-29T00:00Z', '2027-02-26T00:00Z']);
    expectSlots('0 0 * * 7#L,MON#1', 'UTC', '2027-01-01T00:00Z', [
      '2027-01-04T00:00Z',
      '2027-01-31T00:00Z',
      '2027-02-01T00:00Z',
    ]);
  });

  it('CE5: goes by nicknames', () => {
    expectSlots('@weekly', 'UTC', '2027-01-01T00:00Z', ['2027-01-03T00:00Z', '2027-01-10T00:00Z']);
    expectSlots('@yearly', 'Asia/Tokyo', '2027-01-01T00:00+09:00', ['2028-01-01T00:00+09:00']);
  });

  it('CE6: goes on with a zone and days that exist only sometimes', () => {
    expectSlots('0 0 31 * *', 'UTC', '2027-01-31T00:00Z', [
      '2027-03-31T00:00Z',
      '2027-05-31T00:00Z',
      '2027-07-31T00:00Z',
    ]);
    expectSlots('0 0 29 2 *', 'UTC', '2027-01-01T00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']);
    expectSlots('0 0 29 2 *', 'UTC', '2096-03-01T00:00Z', ['2104-02-29T00:00Z']);
  });

  it('CE7: keeps 1 March after a February that lacks the next listed day', () => {
    expectSlots('0 0 */5 * *', 'UTC', '2027-02-21T00:00Z', [
      '2027-02-26T00:00Z',
      '2027-03-01T00:00Z',
      '2027-03-06T00:00Z',
    ]);
    expectSlots('0 0 1,31 * *', 'UTC', '2027-02-01T00:00Z', [
      '2027-03-01T00:00Z',
      '2027-03-31T00:00Z',
      '2027-04-01T00:00Z',
    ]);
    expectSlots('0 0 1,30,31 2,3 *', 'Europe/Paris', '2027-02-01T00:00+01:00', [
      '2027-03-01T00:00+01:00',
      '2027-03-30T00:00+02:00',
    ]);
  });

  it('CE7: takes either day field when both are restricted, */2 included', () => {
    expectSlots('0 0 */2 * TUE', 'UTC', '2027-01-03T00:00Z', [
      '2027-01-05T00:00Z',
      '2027-01-07T00:00Z',
      '2027-01-09T00:00Z',
    ]);
    expectSlots('0 0 13 * FRI', 'UTC', '2027-01-08T00:00Z', ['2027-01-13T00:00Z', '2027-01-15T00:00Z']);
    expectSlots('0 0 ? * FRI', 'UTC', '2027-01-08T00:00Z', ['2027-01-15T00:00Z']);
  });

  it('CE7: asks both day fields to agree with dayMatch, a plus, or in the object form', () => {
    const fridays13 = ['2027-08-13T00:00:00.000Z', '2028-10-13T00:00:00.000Z'];
    expect(slots(2, '0 0 13 * FRI', '2027-01-01T00:00Z', { dayMatch: 'and' })).toEqual(fridays13);
    expect(slots(2, '0 0 13 * +FRI', '2027-01-01T00:00Z')).toEqual(fridays13);
    expect(slots(2, { day: 13, weekday: 'FRI' }, '2027-01-01T00:00Z')).toEqual(fridays13);
    expect(slots(1, { day: 13, weekday: 'FRI' }, '2027-01-08T00:00Z', { dayMatch: 'or' })).toEqual([
      '2027-01-13T00:00:00.000Z',
    ]);
  });

  it('SC4: goes by ISO weeks, across the turn of the year', () => {
    // 2026 has 53 weeks; the last one ends on 3 January 2027.
    expectSlots({ week: 53, weekday: 'sun' }, 'UTC', '2026-01-01T00:00Z', ['2027-01-03T00:00Z', '2033-01-02T00:00Z']);
    expectSlots({ week: 1, weekday: 'mon', hour: 9 }, 'UTC', '2027-06-01T00:00Z', [
      '2028-01-03T09:00Z',
      '2029-01-01T09:00Z',
      '2029-12-31T09:00Z',
    ]);
  });

  it('SC4: goes by wrapping ranges', () => {
    expectSlots({ hour: '23-1' }, 'UTC', '2027-01-01T22:00Z', [
      '2027-01-01T23:00Z',
      '2027-01-02T00:00Z',
      '2027-01-02T01:00Z',
      '2027-01-02T23:00Z',
    ]);
  });

  it('CE8: is strictly later than the moment given, to the millisecond', () => {
    const pattern = parseCron('0 3 * * *');
    const slot = instant('2027-01-02T03:00Z');
    expect(nextCron(pattern, slot - 1)).toBe(slot);
    expect(nextCron(pattern, slot - 0.5)).toBe(slot);
    expect(nextCron(pattern, slot)).toBe(slot + 86_400_000);
    expect(nextCron(pattern, slot + 1)).toBe(slot + 86_400_000);
  });

  it('CE8: never goes back or stands still over a year of changes', () => {
    const pattern = parseCron('*/30 * * * *', { timeZone: 'Australia/Lord_Howe' });
    const end = instant('2028-01-01T00:00Z');
    let count = 0;
    for (let last = instant('2027-01-01T00:00Z'); last < end; count++) {
      const next = nextCron(pattern, last)!;
      expect(next - last).toBe(1_800_000);
      last = next;
    }
    expect(count).toBe(365 * 48);
  });

  it.each(['0 0 30 2 *', '*/5 * 31 2,4,6,9,11 *', '* * * * * * 1999', '0 0 31W 4 *', '0 0 1-7 * +MON#2'])(
    'CE9: answers null for %s, which never fires',
    (expression) => {
      for (const timeZone of ['UTC', 'Europe/Paris', 'Pacific/Apia']) {
        expect(nextCron(parseCron(expression, { timeZone }), instant('2027-01-01T00:00Z'))).toBeNull();
      }
    },
  );

  it('CE9: looks ahead 50 years', () => {
    const pattern = parseCron('0 0 0 1 6 * 2090');
    expect(nextCron(pattern, instant('2040-06-01T00:00Z'))).toBe(instant('2090-06-01T00:00Z'));
    expect(nextCron(pattern, instant('2040-05-31T23:59Z'))).toBeNull();
  });

  it('CE9: finds nothing where all of a flowing pattern lies in gaps', () => {
    expectSlots('*/30 2 * 3 SUN#L', 'Europe/Paris', '2027-01-01T00:00Z', [null]);
  });

  it('CE9: answers null for moments no calendar reaches', () => {
    const pattern = parseCron('* * * * *');
    for (const after of [NaN, Infinity, -Infinity, 8.64e15, -8.64e15, 9e15])
      expect(nextCron(pattern, after)).toBeNull();
  });

  it('CE10: gives the same slot to everyone who wakes on the way to it', () => {
    const pattern = parseCron('0 9 1 3 *', { timeZone: 'America/New_York' });
    const slot = instant('2027-03-01T09:00-05:00');
    for (let now = instant('2027-01-01T00:00Z'); now < slot; now += 7 * 3_600_000)
      expect(nextCron(pattern, now)).toBe(slot);
  });

  it('CE11: keeps a fixed time in the gap once, at its end', () => {
    expectSlots('0,30 2 * * *', 'Europe/Paris', '2027-03-27T12:00+01:00', [
      '2027-03-28T03:00+02:00',
      '2027-03-29T02:00+02:00',
    ]);
    expectSlots('0 2,3,4 * * *', 'Europe/Paris', '2027-03-28T00:00+01:00', [
      '2027-03-28T03:00+02:00',
      '2027-03-28T04:00+02:00',
    ]);
    expectSlots('59 1 * * *', 'Europe/Paris', '2027-03-28T00:00+01:00', [
      '2027-03-28T01:59+01:00',
      '2027-03-29T01:59+02:00',
    ]);
  });

  it('CE11: lets a flowing pattern go on evenly over the gap', () => {
    expectSlots('30 * * * *', 'Europe/Paris', '2027-03-28T01:00+01:00', [
      '2027-03-28T01:30+01:00',
      '2027-03-28T03:30+02:00',
    ]);
    expectSlots('*/10 2 * * *', 'Europe/Paris', '2027-03-27T02:50+01:00', ['2027-03-29T02:00+02:00']);
  });

  it('CE11: knows gaps at midnight', () => {
    expectSlots('0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00-03:00', [
      '2018-11-04T01:00-02:00',
      '2018-11-05T00:00-02:00',
    ]);
    expectSlots('30 0 4 * *', 'America/Sao_Paulo', '2018-11-03T12:00-03:00', [
      '2018-11-04T01:00-02:00',
      '2018-12-04T00:30-02:00',
    ]);
    expectSlots('0 0 * * SUN', 'Asia/Beirut', '2022-03-26T12:00+02:00', [
      '2022-03-27T01:00+03:00',
      '2022-04-03T00:00+03:00',
    ]);
    expectSlots('@hourly', 'America/Havana', '2027-03-13T22:30-05:00', [
      '2027-03-13T23:00-05:00',
      '2027-03-14T01:00-04:00',
    ]);
  });

  it('CE11: knows gaps of half an hour and of odd seconds', () => {
    expectSlots('15 2 * * *', 'Australia/Lord_Howe', '2027-10-02T12:00+10:30', [
      '2027-10-03T02:30+11:00',
      '2027-10-04T02:15+11:00',
    ]);
    expectSlots('*/15 * * * *', 'Australia/Lord_Howe', '2027-10-03T01:30+10:30', [
      '2027-10-03T01:45+10:30',
      '2027-10-03T02:30+11:00',
    ]);
    expectSlots('30 0 * * *', 'Africa/Monrovia', '1972-01-06T12:00Z', ['1972-01-07T00:44:30Z', '1972-01-08T00:30Z']);
  });

  it('CE12: keeps a fixed time once, in the first pass', () => {
    expectSlots('0 1,2,3 * * *', 'Europe/Paris', '2027-10-31T00:30+02:00', [
      '2027-10-31T01:00+02:00',
      '2027-10-31T02:00+02:00',
      '2027-10-31T03:00+01:00',
    ]);
    expectSlots('30 23 * * *', 'America/Sao_Paulo', '2018-02-17T12:00-02:00', [
      '2018-02-17T23:30-02:00',
      '2018-02-18T23:30-03:00',
    ]);
    expectSlots('45 1 * * *', 'Australia/Lord_Howe', '2027-04-03T12:00+11:00', [
      '2027-04-04T01:45+11:00',
      '2027-04-05T01:45+10:30',
    ]);
  });

  it('CE12: does not repeat a fixed time for a start inside the second pass', () => {
    expectSlots('15 2 * * *', 'Europe/Paris', '2027-10-31T02:05+01:00', ['2027-11-01T02:15+01:00']);
    expectSlots('15,45 2 * * *', 'Europe/Paris', '2027-10-31T02:50+02:00', ['2027-11-01T02:15+01:00']);
  });

  it('CE12: lets a flowing pattern fire in both passes', () => {
    expectSlots('*/30 2 * * *', 'Europe/Paris', '2027-10-31T01:00+02:00', [
      '2027-10-31T02:00+02:00',
      '2027-10-31T02:30+02:00',
      '2027-10-31T02:00+01:00',
      '2027-10-31T02:30+01:00',
      '2027-11-01T02:00+01:00',
    ]);
    expectSlots('*/15 * * * *', 'Australia/Lord_Howe', '2027-04-04T01:30+11:00', [
      '2027-04-04T01:45+11:00',
      '2027-04-04T01:30+10:30',
      '2027-04-04T01:45+10:30',
      '2027-04-04T02:00+10:30',
    ]);
  });

  it('CE12: fires in the second pass even when it is the last the pattern ever does', () => {
    expectSlots('0 * 2 31 10 * 2027', 'Europe/Paris', '2027-10-31T02:58+02:00', [
      '2027-10-31T02:59+02:00',
      '2027-10-31T02:00+01:00',
    ]);
    expectSlots('0 * 2 31 10 * 2027', 'Europe/Paris', '2027-10-31T02:59+01:00', [null]);
  });

  it('CE13: has no slot on a date the zone skipped', () => {
    expectSlots('0 9 * * *', 'Pacific/Apia', '2011-12-29T12:00-10:00', [
      '2011-12-31T09:00+14:00',
      '2012-01-01T09:00+14:00',
    ]);
    expectSlots('0 9 30 12 *', 'Pacific/Apia', '2011-12-29T12:00-10:00', ['2012-12-30T09:00+14:00']);
    expectSlots('0 0 * * *', 'Pacific/Apia', '2011-12-29T12:00-10:00', [
      '2011-12-31T00:00+14:00',
      '2012-01-01T00:00+14:00',
    ]);
    expectSlots('0 */6 * * *', 'Pacific/Apia', '2011-12-29T12:00-10:00', [
      '2011-12-29T18:00-10:00',
      '2011-12-31T00:00+14:00',
    ]);
    expectSlots('*/5 * 30 12 *', 'Pacific/Apia', '2011-12-29T12:00-10:00', ['2012-12-30T00:00+14:00']);
  });
});
