import { PatternInvalid } from '../refusal.js';
import { type CalendarFields, parseCalendar } from './index.js';

/** The refusal of an interval; fails when there is none. */
function refusal(fields: unknown, timeZone?: string): PatternInvalid {
  try {
    parseCalendar(fields as CalendarFields, timeZone);
  } catch (error) {
    if (error instanceof PatternInvalid) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(fields)} was accepted`);
}

describe('parseCalendar', () => {
  it('SC7: reads years as months and weeks as days, at midnight UTC unless told otherwise', () => {
    expect(parseCalendar({ years: 1, months: 2, weeks: 3, days: 4 })).toEqual({
      months: 14,
      days: 25,
      time: 0,
      overflow: 'skip',
      timeZone: 'UTC',
    });
    expect(parseCalendar({ days: 1, at: '09:05:30', overflow: 'clip' }, 'Asia/Tokyo')).toEqual({
      months: 0,
      days: 1,
      time: 9 * 3600 + 5 * 60 + 30,
      overflow: 'clip',
      timeZone: 'Asia/Tokyo',
    });
  });

  it.each([
    [null, 'calendar', 'is not a calendar interval'],
    [undefined, 'calendar', 'is not a calendar interval'],
    ['monthly', 'calendar', 'is not a calendar interval'],
    [[1], 'calendar', 'is not a calendar interval'],
    [{}, 'calendar', 'names no step'],
    [{ days: 0 }, 'calendar', 'names no step'],
    [{ at: '09:00' }, 'calendar', 'names no step'],
    [{ day: 1 }, 'calendar', "'day' is not a field"],
    [JSON.parse('{"days":1,"__proto__":1}'), 'calendar', "'__proto__' is not a field"],
    [{ days: -1 }, 'days', '-1 is out of range'],
    [{ days: 1.5 }, 'days', '1.5 is out of range'],
    [{ days: NaN }, 'days', 'NaN is out of range'],
    [{ days: Infinity }, 'days', 'Infinity is out of range'],
    [{ days: '1' }, 'days', "'1' is out of range"],
    [{ days: null }, 'days', 'is out of range'],
    [{ days: 18_263 }, 'days', 'whole numbers from 0 to 18262'],
    [{ weeks: 2609 }, 'weeks', 'is out of range'],
    [{ months: 601 }, 'months', 'whole numbers from 0 to 600'],
    [{ years: 51 }, 'years', 'whole numbers from 0 to 50'],
    [{ years: 50, days: 1 }, 'calendar', '50 years in all'],
    [{ years: 30, months: 300 }, 'calendar', '50 years in all'],
    [{ days: 1, at: '9:00' }, 'at', "'9:00' is not a time of day"],
    [{ days: 1, at: '24:00' }, 'at', 'is not a time of day'],
    [{ days: 1, at: '09:60' }, 'at', 'is not a time of day'],
    [{ days: 1, at: '09:00:60' }, 'at', 'is not a time of day'],
    [{ days: 1, at: '09:00Z' }, 'at', 'is not a time of day'],
    [{ days: 1, at: '09:00\n' }, 'at', 'is not a time of day'],
    [{ days: 1, at: '' }, 'at', 'is not a time of day'],
    [{ days: 1, at: 9 }, 'at', '9 is not a time of day'],
    [{ days: 1, at: null }, 'at', 'is not a time of day'],
    [{ days: 1, at: '0'.repeat(10_240) }, 'at', 'is not a time of day'],
    [{ days: 1, overflow: 'last' }, 'overflow', "Allowed: 'skip', 'clip'"],
  ])('refuses %j', (fields, field, problem) => {
    const { field: found, message } = refusal(fields);
    expect({ field: found, message }).toEqual({ field, message: expect.stringContaining(problem) });
    expect(message.length).toBeLessThan(300);
  });

  it('refuses time zones that nobody knows', () => {
    expect(refusal({ days: 1 }, 'Mars/Olympus')).toMatchObject({ field: 'timeZone', code: 'SCHEDULE_INVALID' });
    expect(refusal({ days: 1 }, '+02:00')).toMatchObject({ field: 'timeZone' });
  });
});
