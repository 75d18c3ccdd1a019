import { type CalendarFields, describeCalendar, parseCalendar } from './index.js';

describe('describeCalendar', () => {
  it.each<[CalendarFields, string]>([
    [{ days: 1 }, 'every day at 00:00, UTC'],
    [{ days: 10, at: '09:00:05' }, 'every 10 days at 09:00:05, UTC'],
    [{ weeks: 1, at: '09:00' }, 'every week at 09:00, UTC'],
    [{ days: 14 }, 'every 2 weeks at 00:00, UTC'],
    [{ months: 1 }, 'every month at 00:00, UTC'],
    [{ months: 18 }, 'every 18 months at 00:00, UTC'],
    [{ months: 24 }, 'every 2 years at 00:00, UTC'],
    [{ years: 1, days: 1 }, 'every year and day at 00:00, UTC'],
    [{ months: 3, weeks: 2 }, 'every 3 months and 2 weeks at 00:00, UTC'],
    [
      { months: 1, at: '09:00', overflow: 'clip' },
      'every month at 09:00, or the last day of a month that is too short, UTC',
    ],
    [{ days: 2, overflow: 'clip' }, 'every 2 days at 00:00, UTC'],
  ])('says %j as %j', (fields, words) => {
    expect(describeCalendar(parseCalendar(fields))).toBe(words);
  });

  it('names the zone', () => {
    expect(describeCalendar(parseCalendar({ days: 1 }, 'Asia/Tokyo'))).toBe('every day at 00:00, Asia/Tokyo');
  });
});
