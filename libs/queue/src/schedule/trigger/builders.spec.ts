import { ScheduleInvalid } from '../../job/errors.js';
import { allOf, anyOf, at, calendar, checkTrigger, cron, defineTrigger, every, type Trigger } from './index.js';

const march = Date.parse('2027-03-01T09:00+01:00');

/** The field that a builder refuses; fails when it accepts. */
function refusedField(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    if (error instanceof ScheduleInvalid) return error.field;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the builders', () => {
  it('SC4: write a cron trigger with single blanks and without defaults', () => {
    expect(cron(' 0  3 * * *')).toEqual({ cron: '0 3 * * *' });
    expect(cron('@daily', { timeZone: 'UTC', dayMatch: 'or', from: undefined })).toEqual({ cron: '@daily' });
    expect(cron({ hour: 3, minute: undefined }, { dayMatch: 'and' })).toEqual({ cron: { hour: 3 } });
    expect(cron('0 3 * * *', { timeZone: 'Europe/Paris', dayMatch: 'and', from: march, until: march })).toEqual({
      cron: '0 3 * * *',
      timeZone: 'Europe/Paris',
      dayMatch: 'and',
      from: march,
      until: march,
    });
    expect(cron({ hour: 3 }, { dayMatch: 'or' })).toEqual({ cron: { hour: 3 }, dayMatch: 'or' });
  });

  it('SC5: write an interval in milliseconds', () => {
    expect(every('15m')).toEqual({ every: 900_000 });
    expect(every(1000, { first: 'now' })).toEqual({ every: 1000, first: 'now' });
    expect(every('1.1m')).toEqual({ every: 66_000 });
  });

  it('SC5: leave out that the first is now where `from` says so already', () => {
    expect(every('1h', { from: march, first: 'now' })).toEqual({ every: 3_600_000, from: march });
  });

  it('SC6: write a moment as epoch milliseconds, however it was told', () => {
    for (const moment of [
      march,
      new Date(march),
      '2027-03-01T08:00Z',
      '2027-03-01T08:00:00.000Z',
      '2027-03-01T09:00+0100',
    ]) {
      expect(at(moment)).toEqual({ at: march });
    }
    expect(at('2028-02-29T23:59:59.999-12:00')).toEqual({ at: Date.parse('2028-03-01T11:59:59.999Z') });
  });

  it('SC7: write a calendar interval without units that are 0, and without defaults', () => {
    expect(calendar({ days: 1, months: 0, at: '00:00:00', overflow: 'skip', timeZone: 'UTC' })).toEqual({
      calendar: { days: 1 },
    });
    expect(calendar({ months: 1, at: '09:00:00', overflow: 'clip', timeZone: 'Asia/Tokyo', until: march })).toEqual({
      calendar: { months: 1, at: '09:00', overflow: 'clip' },
      timeZone: 'Asia/Tokyo',
      until: march,
    });
    expect(calendar({ days: 1, at: '09:00:30' })).toEqual({ calendar: { days: 1, at: '09:00:30' } });
  });

  it('SC8: write combinations of what was built, or of plain data', () => {
    expect(anyOf(every('1h'), { at: '2027-03-01T08:00Z' })).toEqual({ anyOf: [{ every: 3_600_000 }, { at: march }] });
    expect(allOf(cron('@daily'), { every: '1h' })).toEqual({ allOf: [{ cron: '@daily' }, { every: 3_600_000 }] });
    expect(allOf(at(march), { within: '5m' })).toEqual({ allOf: [{ at: march }], within: 300_000 });
    expect(allOf(at(march), { within: '1s' })).toEqual({ allOf: [{ at: march }] });
    expect(allOf(at(march), { within: 0 })).toEqual({ allOf: [{ at: march }], within: 0 });
    expect(allOf(at(march), allOf(at(march)))).toEqual({ allOf: [{ at: march }, { allOf: [{ at: march }] }] });
  });

  it('write JSON that means itself, and is checked again without a change', () => {
    const moon = defineTrigger<{ phase: string }>('builders.moon', (after) => after + 1);
    const built: Trigger[] = [
      cron('0 3 * * MON', { timeZone: 'Europe/Paris', from: march }),
      cron({ hour: '22-2' }, { dayMatch: 'or' }),
      every('90s', { first: 'now', until: march }),
      at(march),
      calendar({ years: 1, days: 3, at: '12:30', overflow: 'clip', timeZone: 'America/New_York' }),
      anyOf(at(march), allOf(every('1h'), cron('@hourly'), { within: '2s' })),
      moon({ phase: 'full' }),
    ];
    for (const trigger of built) {
      expect(JSON.parse(JSON.stringify(trigger))).toEqual(trigger);
      expect(JSON.stringify(checkTrigger(JSON.parse(JSON.stringify(trigger))))).toBe(JSON.stringify(trigger));
    }
  });

  it('write the same for the same meaning, whatever the order of the fields', () => {
    const one = checkTrigger({ until: march, timeZone: 'Asia/Tokyo', cron: '@daily', from: march });
    const other = cron('@daily', { from: new Date(march), until: '2027-03-01T08:00Z', timeZone: 'Asia/Tokyo' });
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect(JSON.stringify(cron({ minute: 5, hour: 3 }))).toBe(JSON.stringify(cron({ hour: 3, minute: 5 })));
    expect(JSON.stringify(calendar({ at: '09:00', days: 1, months: 2 }))).toBe(
      JSON.stringify(calendar({ months: 2, days: 1, at: '09:00' })),
    );
  });

  it('refuse at once, in types as in values', () => {
    // @ts-expect-error a duration has no long unit
    expect(refusedField(() => every('5 minutes'))).toBe('trigger.every');
    // @ts-expect-error there is no first but now
    expect(refusedField(() => every('5m', { first: 'later' }))).toBe('trigger.first');
    // @ts-expect-error an interval has no zone
    expect(refusedField(() => every('5m', { timeZone: 'UTC' }))).toBe('trigger.timeZone');
    // @ts-expect-error a number is no expression
    expect(refusedField(() => cron(5))).toBe('trigger.cron');
    // @ts-expect-error the field is called hour
    expect(refusedField(() => cron({ hours: 5 }))).toBe('trigger.cron');
    // @ts-expect-error the option is called timeZone
    expect(refusedField(() => cron('@daily', { timezone: 'UTC' }))).toBe('trigger.timezone');
    // @ts-expect-error there is no such moment
    expect(refusedField(() => at(true))).toBe('trigger.at');
    // @ts-expect-error a time of day has a colon
    expect(refusedField(() => calendar({ days: 1, at: 'noon' }))).toBe('trigger.calendar.at');
    // @ts-expect-error the unit is called days
    expect(refusedField(() => calendar({ day: 1 }))).toBe('trigger.calendar');
    // @ts-expect-error nothing at all is no interval
    expect(refusedField(() => calendar())).toBe('trigger.calendar');
    // @ts-expect-error nor is null
    expect(refusedField(() => calendar(null))).toBe('trigger.calendar');
    // @ts-expect-error a text is no trigger
    expect(refusedField(() => anyOf('@daily'))).toBe('trigger.anyOf.0');
    expect(refusedField(() => anyOf())).toBe('trigger.anyOf');
    // @ts-expect-error options alone combine nothing
    expect(refusedField(() => allOf())).toBe('trigger.allOf');
    expect(refusedField(() => allOf({ within: '1s' }))).toBe('trigger.allOf');
    // @ts-expect-error the option is called within
    expect(refusedField(() => allOf(at(0), { threshold: '1s' }))).toBe('trigger.allOf.1.threshold');
  });
});
