import { allOf, anyOf, at, calendar, cron, describeTrigger, every, type Trigger } from './index.js';

const march = '2027-03-01T09:00+01:00';

describe('describeTrigger', () => {
  it.each<[string, Trigger]>([
    ['at 03:00, Monday to Friday, Europe/Paris', cron('0 3 * * MON-FRI', { timeZone: 'Europe/Paris' })],
    ['at 03:00, every day, UTC', cron({ hour: 3 })],
    ['at 00:00, on day 13, if it is Friday, UTC', cron('0 0 13 * FRI', { dayMatch: 'and' })],
    ['at 03:00, every day, UTC, from 2027-03-01 08:00 UTC', cron('0 3 * * *', { from: march })],
    ['every 15 minutes', every('15m')],
    ['every minute', every('60s')],
    ['every 90 minutes', every('1.5h')],
    ['every day', every('24h')],
    ['every 14 days', every('2w')],
    ['every 1500 milliseconds', every('1.5s')],
    ['every hour, the first at once', every('1h', { first: 'now' })],
    [
      'every hour, from 2027-03-01 08:00 UTC, until 2027-03-01 08:00:05.250 UTC',
      every('1h', { from: march, until: '2027-03-01T08:00:05.250Z' }),
    ],
    ['once, at 2027-03-01 08:00 UTC', at(march)],
    ['once, at 2027-03-01 08:00:30 UTC', at('2027-03-01T08:00:30Z')],
    ['every month at 09:00, Asia/Tokyo', calendar({ months: 1, at: '09:00', timeZone: 'Asia/Tokyo' })],
    ['every day at 00:00, UTC, until 2027-03-01 08:00 UTC', calendar({ days: 1, until: march })],
    ['(every hour) or (at 03:00, every day, UTC)', anyOf(every('1h'), cron('0 3 * * *'))],
    ['(every hour) and (every minute), within 1 second', allOf(every('1h'), every('1m'))],
    ['(every hour) and (every minute), within 5 minutes', allOf(every('1h'), every('1m'), { within: '5m' })],
    ['(every hour) and (every minute), at the same time', allOf(every('1h'), every('1m'), { within: 0 })],
    ['((every hour) or (every minute)) or (every day)', anyOf(anyOf(every('1h'), every('1m')), every('1d'))],
    ['by sunrise', { trigger: 'sunrise' }],
    ['by sunrise with {"latitude":48.85}', { trigger: 'sunrise', data: { latitude: 48.85 } }],
    [`by sunrise with "${'x'.repeat(79)}…`, { trigger: 'sunrise', data: 'x'.repeat(1000) }],
  ])('SC20: says %j', (words, trigger) => {
    expect(describeTrigger(trigger)).toBe(words);
  });

  it('checks what it describes', () => {
    expect(describeTrigger({ every: '2h' })).toBe('every 2 hours');
    expect(() => describeTrigger({ every: 0 })).toThrow('trigger.every');
  });
});
