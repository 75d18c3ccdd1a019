import { anyOf, at, calendar, cron, every, ScheduleInvalid, type Trigger } from 'millrace';
import { checkPace } from './pace.js';

const now = Date.parse('2026-11-20T12:00:00Z');

describe('checkPace', () => {
  it.each<[string, Trigger]>([
    ['every minute', every('1m')],
    ['a cron of minutes', cron('* * * * *')],
    ['a cron of one second in each minute', cron('15 * * * * *')],
    ['a calendar', calendar({ days: 1, at: '09:00' })],
    ['one date', at('2026-12-24T18:00:00Z')],
    ['two that meet', anyOf(cron('0 * * * *'), cron('*/15 * * * *'))],
    ['one date that is past, and fires at once', at('2026-01-01T00:00:00Z')],
  ])('takes %s', (_, trigger) => expect(() => checkPace(trigger, '1m', now)).not.toThrow());

  it.each<[string, Trigger, string]>([
    ['an interval', every('59s'), 'trigger'],
    ['a cron of seconds', cron('*/30 * * * * *'), 'trigger'],
    ['what never fires', cron('0 0 30 2 *'), 'trigger'],
    ['what has ended', every('1h', { until: now - 1 }), 'trigger'],
    ['seconds that come only next summer', cron('* * * 1 7 *'), 'trigger'],
    ['seconds of a year far away', cron('* * * * * * 2040'), 'trigger'],
    [
      'two members half a minute apart',
      anyOf(every('1m', { from: now }), every('1m', { from: now + 30_000 })),
      'trigger',
    ],
    [
      'a member that rushes once the others have kept us waiting',
      anyOf(cron('0 * * * *'), anyOf(every('1s', { from: now + 365 * 86_400_000 }))),
      'trigger.anyOf.1',
    ],
  ])('refuses %s', (_, trigger, field) => {
    expect(() => checkPace(trigger, '1m', now)).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID', field }));
  });

  it('says which slots, how far apart they are, and what is allowed', () => {
    expect(() => checkPace(every('10s'), '5m', now)).toThrow(
      'trigger: its slots 2026-11-20T12:00:10.000Z and 2026-11-20T12:00:20.000Z are 10s apart. At least 5m must lie between two of them.',
    );
  });

  it('refuses what takes too long to look at', () => {
    expect(() => checkPace(cron('0 9 * * *'), '1m', now, -1)).toThrow('trigger: its slots take too long to find.');
  });

  it('says what is wrong with a trigger that is none', () => {
    expect(() => checkPace({ anyOf: [null] } as never, '1m', now)).toThrow(ScheduleInvalid);
  });
});
