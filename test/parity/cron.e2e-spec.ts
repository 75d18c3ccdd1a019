import { jest } from '@jest/globals';
import { cron, systemClock, type Trigger } from 'millrace';
import { ManualClock, memory } from 'millrace/testing';
import { closeAll, mill, refusal } from './mill.js';
import { iso, ticking, Ticks, times } from './ticking.js';

type CronOptions = Parameters<typeof cron>[1];

// A Friday.
const start = '2027-01-01T00:00:00Z';

afterEach(closeAll);

/** The next slots of a cron expression, in UTC. */
async function next(expression: string, n = 3, options: CronOptions = {}, from = start): Promise<string[]> {
  const { schedules } = await mill({ worker: false });
  return times(...schedules.preview(cron(expression, options), n, { from }));
}

/** The refusal of a trigger as it comes from outside, say over HTTP; nothing was stored. */
async function refused(trigger: Trigger) {
  const { schedules } = await mill({ worker: false });
  const error = await refusal(() => schedules.put('it', { task: Ticks.tick, trigger }));
  expect(await schedules.get('it')).toBeUndefined();
  return error as Error & { field?: string };
}

describe('the cron engine', () => {
  it.each([
    ['5 fields', '5 4 3 2 *', '2027-02-03T04:05:00Z'],
    ['5 fields, the last is the weekday', '5 4 * 2 3', '2027-02-03T04:05:00Z'],
    ['6 fields, second first', '6 5 4 3 2 *', '2027-02-03T04:05:06Z'],
    ['7 fields, year last', '6 5 4 3 2 * 2031', '2031-02-03T04:05:06Z'],
    ['7 fields, the first year', '0 0 0 2 1 * 1970', '1970-01-02T00:00:00Z', '1970-01-01T00:00:00Z'],
    ['7 fields, the last year', '59 59 23 31 12 * 9999', '9999-12-31T23:59:59Z', '9990-01-01T00:00:00Z'],
    ['blanks and tabs between and around', '  5 \t 4\t\t3   2 * ', '2027-02-03T04:05:00Z'],
  ])('CE1: %s', async (_, expression, slot, from = start) => {
    expect(await next(expression, 1, {}, from)).toEqual([slot]);
  });

  it.each([
    ['4 fields', '* * * *', 'has 4 fields'],
    ['8 fields', '0 0 0 1 1 * 2030 *', 'has 8 fields'],
    ['none', '', 'has 0 fields'],
    ['a line break between', '0 3 *\n* * *', "'*\n*' is not understood"],
    ['a year too early', '0 0 0 1 1 * 1969', 'is out of range'],
    ['a year too late', '0 0 0 1 1 * 10000', 'is out of range'],
  ])('CE1: no other count: %s', async (_, expression, problem) => {
    expect(await refused({ cron: expression })).toMatchObject({ code: 'SCHEDULE_INVALID' });
    expect((await refused({ cron: expression })).message).toContain(problem);
  });

  it('CE1, M7: a field has at most 128 characters and 64 items', async () => {
    const items = (n: number) => Array.from({ length: n }, (_, i) => i % 10).join(',');
    const long = (n: number) => `${'0'.repeat(n - 1)}7`;
    expect(await next(`${items(64)} 0 * * *`, 1)).toEqual(['2027-01-01T00:00:00Z']);
    expect(await next(`${long(128)} 0 * * *`, 1)).toEqual(['2027-01-01T00:07:00Z']);

    expect(await refused({ cron: `${items(65)} 0 * * *` })).toMatchObject({ field: 'trigger.minute' });
    expect(await refused({ cron: `${long(129)} 0 * * *` })).toMatchObject({ field: 'trigger.minute' });
    expect((await refused({ cron: '1'.repeat(10_240) })).message.length).toBeLessThan(300);
  });

  it.each([
    ['*', '* 0 * * *', ['00:00', '00:01', '00:02', '00:03']],
    ['n', '7 * * * *', ['00:07', '01:07', '02:07', '03:07']],
    ['a-b', '7-9 * * * *', ['00:07', '00:08', '00:09', '01:07']],
    ['*/s', '*/25 * * * *', ['00:00', '00:25', '00:50', '01:00']],
    ['a-b/s', '7-20/6 * * * *', ['00:07', '00:13', '00:19', '01:07']],
    ['lists', '50,7-8,*/30 * * * *', ['00:00', '00:07', '00:08', '00:30']],
    ['leading zeros', '007 01 * * *', ['01:07']],
  ])('CE2: an item is %s', async (_, expression, found) => {
    expect(await next(expression, found.length)).toEqual(times(...found.map((time) => `2027-01-01T${time}Z`)));
  });

  it.each([
    ['second', 60, (step: number) => `*/${step} 0 0 1 1 *`],
    ['minute', 60, (step: number) => `*/${step} 0 1 1 *`],
    ['hour', 24, (step: number) => `0 */${step} 1 1 *`],
    ['day', 31, (step: number) => `0 0 */${step} 1 *`],
    ['month', 12, (step: number) => `0 0 1 */${step} *`],
    ['weekday', 7, (step: number) => `0 0 * 1 */${step}`],
  ])('CE2: a step of the field %s is from 1 to %i', async (field, size, expression) => {
    expect(await next(expression(1), 1, {}, '2026-12-31T00:00Z')).toHaveLength(1);
    expect(await next(expression(size), 1, {}, '2026-12-31T00:00Z')).toHaveLength(1);
    expect(await refused({ cron: expression(size + 1) })).toMatchObject({ field: `trigger.${field}` });
    expect(await refused({ cron: expression(0) })).toMatchObject({ field: `trigger.${field}` });
  });

  it('CE2: digits are those of ASCII', async () => {
    expect(await refused({ cron: '٣ 0 * * *' })).toMatchObject({ field: 'trigger.minute' });
    expect(await refused({ cron: '０ 0 * * *' })).toMatchObject({ field: 'trigger.minute' });
  });

  it.each([
    ['months', '0 0 1 jan,APR-jun/2,Dec *', ['2027-01-01', '2027-04-01', '2027-06-01', '2027-12-01']],
    ['weekdays', '0 0 * * sun,WED-fri/2', ['2027-01-01', '2027-01-03', '2027-01-06', '2027-01-08']],
    ['a step after a named range', '0 0 * * mon-fri/2', ['2027-01-01', '2027-01-04', '2027-01-06', '2027-01-08']],
    ['Sunday as 0', '0 0 * * 0', ['2027-01-03', '2027-01-10']],
    ['Sunday as 7', '0 0 * * 7', ['2027-01-03', '2027-01-10']],
    ['5-7, Friday to Sunday', '0 0 * * 5-7', ['2027-01-01', '2027-01-02', '2027-01-03', '2027-01-08']],
  ])('CE3: names and numbers: %s', async (_, expression, found) => {
    expect(await next(expression, found.length)).toEqual(times(...found));
  });

  it.each(['0 0 1 sept *', '0 0 1 january *', '0 0 1 ja *', '0 0 * * monday', '0 0 * * mo', '0 0 * * xyz'])(
    'CE3: names have three letters, those of the field: %s is refused',
    async (expression) => {
      expect(await refused({ cron: expression })).toMatchObject({
        code: 'SCHEDULE_INVALID',
        field: expression.startsWith('0 0 1') ? 'trigger.month' : 'trigger.weekday',
      });
    },
  );

  it.each([
    ['? for any day', '0 0 ? * MON', ['2027-01-04', '2027-01-11']],
    ['? for any weekday', '0 0 15 * ?', ['2027-01-15', '2027-02-15']],
    ['L', '0 0 L * *', ['2027-01-31', '2027-02-28', '2027-03-31']],
    ['15W: Friday before a Saturday, Monday after a Sunday', '0 0 15W * *', ['2027-01-15', '2027-02-15', '2027-03-15']],
    ['15W on a Saturday and a Sunday', '0 0 15W 5,8 *', ['2027-05-14', '2027-08-16']],
    ['1W, not into the month before', '0 0 1W 5 *', ['2027-05-03']],
    ['31W, not into the month after', '0 0 31W 1 *', ['2027-01-29']],
    ['31W, months without a 31st left out', '0 0 31W 1-4 *', ['2027-01-29', '2027-03-31', '2028-01-31']],
    ['LW', '0 0 LW 1-2 *', ['2027-01-29', '2027-02-26']],
    ['MON#1 and MON#5', '0 0 * * MON#1,MON#5', ['2027-01-04', '2027-02-01', '2027-03-01', '2027-03-29']],
    ['FRI#L', '0 0 * * FRI#L', ['2027-01-29', '2027-02-26']],
    ['a mixed list of days', '0 0 2,15W,L 5 *', ['2027-05-02', '2027-05-14', '2027-05-31']],
    [
      'a mixed list of weekdays',
      '0 0 * 1 WED,MON#2,5#L',
      ['2027-01-06', '2027-01-11', '2027-01-13', '2027-01-20', '2027-01-27', '2027-01-29'],
    ],
  ])('CE4: %s', async (_, expression, found) => {
    expect(await next(expression, found.length)).toEqual(times(...found));
  });

  it.each([
    ['@yearly', ['2027-01-01T00:00Z', '2028-01-01T00:00Z']],
    ['@annually', ['2027-01-01T00:00Z', '2028-01-01T00:00Z']],
    ['@monthly', ['2027-01-01T00:00Z', '2027-02-01T00:00Z']],
    ['@weekly', ['2027-01-03T00:00Z', '2027-01-10T00:00Z']],
    ['@daily', ['2027-01-01T00:00Z', '2027-01-02T00:00Z']],
    ['@midnight', ['2027-01-01T00:00Z', '2027-01-02T00:00Z']],
    ['@hourly', ['2027-01-01T00:00Z', '2027-01-01T01:00Z']],
    ['@HOURLY', ['2027-01-01T00:00Z', '2027-01-01T01:00Z']],
    ['@Daily', ['2027-01-01T00:00Z', '2027-01-02T00:00Z']],
  ])('CE5: %s', async (nickname, found) => {
    expect(await next(nickname, 2)).toEqual(times(...found));
  });

  it.each([
    ['60 * * * *', 'minute', "'60'", '0 to 59'],
    ['* 24 * * *', 'hour', "'24'", '0 to 23'],
    ['* * 0 * *', 'day', "'0'", '1 to 31'],
    ['* * 32 * *', 'day', "'32'", '1 to 31'],
    ['* * * 13 *', 'month', "'13'", '1 to 12'],
    ['* * * * 8', 'weekday', "'8'", '0 to 7'],
    ['60 * * * * *', 'second', "'60'", '0 to 59'],
    ['*/0 * * * *', 'minute', "'*/0'", 'steps from 1 to 60'],
    ['30-10 * * * *', 'minute', "'30-10'", '0 to 59'],
    ['* * * * FRI-MON', 'weekday', "'FRI-MON'", '0 to 7'],
    ['5/15 * * * *', 'minute', "'5/15'", 'a-b/s'],
    ['1,,2 * * * *', 'minute', "'1,,2'", '0 to 59'],
    [', * * * *', 'minute', "','", '0 to 59'],
    ['-5 * * * *', 'minute', "'-5'", '0 to 59'],
    ['+5 * * * *', 'minute', "'+5'", '0 to 59'],
    ['1.5 * * * *', 'minute', "'1.5'", '0 to 59'],
    ['1e1 * * * *', 'minute', "'1e1'", '0 to 59'],
    ['0 0 1 january *', 'month', "'january'", 'JAN to DEC'],
    ['0 0 L-3 * *', 'day', "'L-3'", '1 to 31'],
    ['0 0 * * L', 'weekday', "'L'", 'FRI#L'],
    ['0 0 * * MON#6', 'weekday', "'MON#6'", 'MON#1 to MON#5'],
    ['H * * * *', 'minute', "'H'", '0 to 59'],
    ['2027-01-01T00:00:00Z', 'cron', "'2027-01-01T00:00:00Z'", 'at(date)'],
    ['@reboot', 'cron', "'@reboot'", 'onBoot'],
    ['@every 5m', 'cron', "'@every 5m'", 'every('],
    ['@fortnightly', 'cron', "'@fortnightly'", '@hourly'],
  ])(
    'CE6: %s is refused: the error names field, part and what is allowed',
    async (expression, field, part, allowed) => {
      const error = await refused({ cron: expression });

      expect(error).toMatchObject({ code: 'SCHEDULE_INVALID', field: `trigger.${field}` });
      const [problem, rest] = error.message.split('Allowed: ');
      expect(problem).toContain(part);
      expect(rest).toContain(allowed);
    },
  );

  it('CE6: unknown zones are refused, by their name; the object form may wrap where an expression may not', async () => {
    for (const timeZone of ['Europe/Atlantis', '', '../Europe/Paris', 'CET0CEST']) {
      const error = await refused({ cron: '0 3 * * *', timeZone });
      expect(error).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'trigger.timeZone' });
      expect(error.message).toContain(`'${timeZone}'`);
    }
    const { schedules } = await mill({ worker: false });
    expect(times(...schedules.preview(cron({ weekday: 'FRI-MON' }), 4, { from: start }))).toEqual(
      times('2027-01-01', '2027-01-02', '2027-01-03', '2027-01-04'),
    );
  });

  it.each([
    ['both restricted: either', '0 8 1,15 * MON', {}, ['2027-01-01', '2027-01-04', '2027-01-11', '2027-01-15']],
    ['dayMatch: and', '0 8 1,15 * MON', { dayMatch: 'and' }, ['2027-02-01', '2027-02-15', '2027-03-01', '2027-03-15']],
    ['+ before the weekday', '0 8 1,15 * +MON', {}, ['2027-02-01', '2027-02-15', '2027-03-01', '2027-03-15']],
    ['only the day', '0 8 15 * *', {}, ['2027-01-15', '2027-02-15']],
    ['only the weekday', '0 8 * * MON', {}, ['2027-01-04', '2027-01-11']],
    ['*/2 counts as restricted', '0 8 */10 * MON', {}, ['2027-01-01', '2027-01-04', '2027-01-11', '2027-01-18']],
    ['and so it does with +', '0 8 */10 * +MON', {}, ['2027-01-11', '2027-02-01', '2027-03-01', '2027-05-31']],
  ] as const)('CE7: %s', async (_, expression, options, dates) => {
    const found = await next(expression, dates.length, options);
    expect(found).toEqual(times(...dates.map((date) => `${date}T08:00Z`)));
  });

  it.each([
    ['*/7 * * * * *', 'UTC', start],
    ['0,30 1-3 * * *', 'Europe/Paris', '2027-03-27T12:00Z'],
    ['0,30 1-3 * * *', 'Europe/Paris', '2027-10-30T12:00Z'],
    ['*/20 * * * *', 'Australia/Lord_Howe', '2027-04-03T12:00Z'],
    ['15 2 29 2 *', 'America/New_York', start],
  ])(
    'CE8: slots strictly increase, and the one after a slot is strictly later: %s in %s',
    async (expression, zone, from) => {
      const { schedules } = await mill({ worker: false });
      const trigger = cron(expression, { timeZone: zone });
      const found = schedules.preview(trigger, 12, { from });

      expect(found).toHaveLength(12);
      found.forEach((slot, i) => {
        expect(Number.isInteger(slot)).toBe(true);
        expect(slot).toBeGreaterThan(found[i - 1] ?? Date.parse(from) - 1);
        expect(schedules.preview(trigger, 1, { from: slot + 1 })).not.toEqual([slot]);
        expect(schedules.preview(trigger, 1, { from: slot })).toEqual([slot]);
      });
    },
  );

  it.each([
    ['30 February', '0 0 30 2 *'],
    ['31 April', '0 0 31 4 *'],
    ['a year that is over', '0 0 0 1 1 * 2020'],
    ['a leap day of a common year', '0 0 0 29 2 * 2027'],
    ['a year beyond the next 50', '0 0 0 1 1 * 2078'],
    ['a fifth Monday that is the 1st', '0 0 1 * +MON#5'],
  ])('CE9: %s never comes: no slots to preview, and put throws', async (_, expression) => {
    const m = await mill({ worker: false, clock: new ManualClock(start) });
    expect(m.schedules.preview(cron(expression))).toEqual([]);
    expect(
      await refusal(() => m.schedules.put('never', { task: Ticks.tick, trigger: { cron: expression } })),
    ).toMatchObject({
      code: 'SCHEDULE_INVALID',
      field: 'trigger',
      message: expect.stringMatching(/never fire/) as string,
    });
    expect(await m.schedules.get('never')).toBeUndefined();
  });

  it('CE9: a pattern that runs out finishes its schedule', async () => {
    const m = await ticking({ clock: new ManualClock('2027-12-31T23:58:50Z') });
    const finished: string[] = [];
    m.events.on('schedule.changed', ({ id, change, at }) => void finished.push(`${id} ${change} ${iso(at)}`));
    await m.schedules.put('years', { task: Ticks.tick, trigger: cron('*/30 59 23 31 12 * 2020-2027') });
    await m.turn('2m');

    expect(m.ran.map(({ slot }) => slot)).toEqual(['2027-12-31T23:59:00Z', '2027-12-31T23:59:30Z']);
    expect(finished).toEqual(['years put 2027-12-31T23:58:50Z', 'years finished 2027-12-31T23:59:30Z']);
    expect(await m.schedules.get('years')).toBeUndefined();
  });

  it('CE10: no wait overflows a timer: one beyond an hour is set again, hour by hour', () => {
    jest.useFakeTimers();
    const set = jest.spyOn(globalThis, 'setTimeout');
    try {
      const wait = 60 * 86_400_000;
      const rung = jest.fn();
      systemClock.after(wait, rung);
      jest.advanceTimersByTime(wait - 1);
      expect(rung).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(rung).toHaveBeenCalledTimes(1);
      expect(new Set(set.mock.calls.map(([, ms]) => ms))).toEqual(new Set([3_600_000]));
    } finally {
      set.mockRestore();
      jest.useRealTimers();
    }
  });

  it('CE10: a slot 60 days away fires then, and not before', async () => {
    const m = await ticking({ clock: new ManualClock(start) });
    await m.schedules.put('far', { task: Ticks.tick, trigger: cron('0 9 2 3 *') });
    for (const day of ['2027-01-26', '2027-02-20', '2027-03-02T08:59:59Z']) await m.until(day);
    expect(m.ran).toEqual([]);
    await m.until('2027-03-02T09:00Z');

    expect(m.ran).toMatchObject([{ slot: '2027-03-02T09:00:00Z', at: '2027-03-02T09:00:00Z' }]);
  });

  it.each([
    ['the machine sleeps', (clock: ManualClock) => clock.freeze('150m')],
    ['the clock jumps ahead', (clock: ManualClock) => clock.jump('150m')],
  ])('CE10: when %s, no slot is lost and none comes twice', async (_, leap) => {
    const m = await ticking({ clock: new ManualClock(start) });
    await m.schedules.put('hourly', { task: Ticks.tick, trigger: cron('@hourly'), misfire: 'all' });
    await m.until('2027-01-01T00:10Z');
    leap(m.clock);
    await m.turn('5s');
    const hours = times('2027-01-01T00:00Z', '2027-01-01T01:00Z', '2027-01-01T02:00Z', '2027-01-01T03:00Z');
    expect(m.ran.map(({ slot }) => slot)).toEqual(hours.slice(0, 3));
    await m.until('2027-01-01T03:00Z');

    expect(m.ran.map(({ slot }) => slot)).toEqual(hours);
  });

  it('CE10: when the clock is set back, what has fired does not fire again', async () => {
    const m = await ticking({ clock: new ManualClock(start) });
    await m.schedules.put('hourly', { task: Ticks.tick, trigger: cron('@hourly'), misfire: 'all' });
    for (const hour of ['00', '01', '02']) await m.until(`2027-01-01T${hour}:00Z`);
    m.clock.jump(-90 * 60_000);
    for (const time of ['01:00', '02:00', '02:30']) await m.until(`2027-01-01T${time}Z`);
    const hours = times('2027-01-01T00:00Z', '2027-01-01T01:00Z', '2027-01-01T02:00Z', '2027-01-01T03:00Z');
    expect(m.ran.map(({ slot }) => slot)).toEqual(hours.slice(0, 3));
    await m.until('2027-01-01T03:00Z');

    expect(m.ran.map(({ slot }) => slot)).toEqual(hours);
  });

  it('CE10: it is the clock of the store that says when: that of the process may be wrong by a day', async () => {
    const storeClock = new ManualClock(start);
    const m = await ticking({ store: memory({ clock: storeClock }), clock: new ManualClock('2027-01-02T00:00:01Z') });
    await m.schedules.put('minutely', { task: Ticks.tick, trigger: cron('* * * * *'), misfire: 'all' });
    // From now on the store's minute passes while the machine believes that nothing, or an hour, has gone by.
    storeClock.freeze('59s');
    await m.turn('1h');
    expect(m.ran.map(({ slot }) => slot)).toEqual(['2027-01-01T00:00:00Z']);
    storeClock.freeze('1s');
    await m.turn('5s');

    expect(m.ran.map(({ slot }) => slot)).toEqual(['2027-01-01T00:00:00Z', '2027-01-01T00:01:00Z']);
  });

  it.each([
    [
      'the table',
      ...['15 2 * * *', 'Europe/Paris', '2027-03-27T12:00+01:00'],
      ['2027-03-28T03:00+02:00', '2027-03-29T02:15+02:00'],
    ],
    [
      'the table',
      ...['0 2,14 * * *', 'Europe/Paris', '2027-03-27T15:00+01:00'],
      ['2027-03-28T03:00+02:00', '2027-03-28T14:00+02:00', '2027-03-29T02:00+02:00'],
    ],
    [
      'times that meet after the gap are one slot',
      ...['15,45 2 * * *', 'Europe/Paris', '2027-03-27T12:00+01:00'],
      ['2027-03-28T03:00+02:00', '2027-03-29T02:15+02:00', '2027-03-29T02:45+02:00'],
    ],
    [
      'also with a time that stands there anyway',
      ...['0-59/30 1-3 * * *', 'Europe/Paris', '2027-03-28T00:00+01:00'],
      ['2027-03-28T01:00+01:00', '2027-03-28T01:30+01:00', '2027-03-28T03:00+02:00', '2027-03-28T03:30+02:00'],
    ],
    [
      'half an hour',
      ...['15 2 * * *', 'Australia/Lord_Howe', '2027-10-02T12:00+10:30'],
      ['2027-10-03T02:30+11:00', '2027-10-04T02:15+11:00'],
    ],
    [
      'at midnight',
      ...['0 0 * * *', 'America/Santiago', '2027-09-04T12:00-04:00'],
      ['2027-09-05T01:00-03:00', '2027-09-06T00:00-03:00'],
    ],
  ] as [string, string, string, string, string[]][])(
    'CE11: in the gap of spring a fixed time comes once, at the first instant after it: %s, %s in %s',
    async (_, expression, timeZone, after, found) => {
      expect(await next(expression, found.length, { timeZone }, after)).toEqual(times(...found));
    },
  );

  it.each([
    [
      '*/20 * * * *',
      ...['America/Chicago', '2027-03-14T01:20:01-06:00'],
      ['2027-03-14T01:40-06:00', '2027-03-14T03:00-05:00', '2027-03-14T03:20-05:00'],
    ],
    [
      '*/15 2 * * *',
      ...['Europe/Paris', '2027-03-28T00:00+01:00'],
      ['2027-03-29T02:00+02:00', '2027-03-29T02:15+02:00', '2027-03-29T02:30+02:00'],
    ],
    [
      '10,40 * * * *',
      ...['Australia/Lord_Howe', '2027-10-03T01:30+10:30'],
      ['2027-10-03T01:40+10:30', '2027-10-03T02:40+11:00', '2027-10-03T03:10+11:00'],
    ],
  ] as [string, string, string, string[]][])(
    'CE11: a flowing pattern skips the gap, and real time goes on evenly: %s in %s',
    async (expression, timeZone, after, found) => {
      expect(await next(expression, found.length, { timeZone }, after)).toEqual(times(...found));
    },
  );

  it.each([
    [
      'the table',
      ...['15 2 * * *', 'Europe/Paris', '2027-10-30T12:00+02:00'],
      ['2027-10-31T02:15+02:00', '2027-11-01T02:15+01:00'],
    ],
    [
      'a start inside the second pass',
      '15 2 * * *',
      'Europe/Paris',
      '2027-10-31T02:10+01:00',
      ['2027-11-01T02:15+01:00'],
    ],
    [
      'ranges',
      ...['0-59/30 1-3 * * *', 'Europe/Paris', '2027-10-31T01:30+02:00'],
      [
        ...['2027-10-31T01:30+02:00', '2027-10-31T02:00+02:00', '2027-10-31T02:30+02:00'],
        ...['2027-10-31T03:00+01:00', '2027-10-31T03:30+01:00', '2027-11-01T01:00+01:00'],
      ],
    ],
    [
      'half an hour',
      ...['45 1 * * *', 'Australia/Lord_Howe', '2027-04-03T12:00+11:00'],
      ['2027-04-04T01:45+11:00', '2027-04-05T01:45+10:30'],
    ],
    [
      'at midnight',
      ...['30 23 * * *', 'America/Santiago', '2027-04-03T12:00-03:00'],
      ['2027-04-03T23:30-03:00', '2027-04-04T23:30-04:00'],
    ],
  ] as [string, string, string, string, string[]][])(
    'CE12: in the overlap of autumn a fixed time comes once, in the first pass: %s, %s in %s',
    async (_, expression, timeZone, after, found) => {
      expect(await next(expression, found.length, { timeZone }, after)).toEqual(times(...found));
    },
  );

  it.each([
    [
      '0 * * * *',
      ...['Europe/Paris', '2027-10-31T01:30+02:00'],
      ['2027-10-31T02:00+02:00', '2027-10-31T02:00+01:00', '2027-10-31T03:00+01:00'],
    ],
    [
      '*/30 2 * * *',
      ...['Europe/Paris', '2027-10-31T01:30+02:00'],
      [
        ...['2027-10-31T02:00+02:00', '2027-10-31T02:30+02:00'],
        ...['2027-10-31T02:00+01:00', '2027-10-31T02:30+01:00', '2027-11-01T02:00+01:00'],
      ],
    ],
    [
      '*/15 * * * *',
      ...['Australia/Lord_Howe', '2027-04-04T01:31+11:00'],
      [...['2027-04-04T01:45+11:00', '2027-04-04T01:30+10:30', '2027-04-04T01:45+10:30'], '2027-04-04T02:00+10:30'],
    ],
  ] as [string, string, string, string[]][])(
    'CE12: a flowing pattern keeps firing in both passes: %s in %s',
    async (expression, timeZone, after, found) => {
      expect(await next(expression, found.length, { timeZone }, after)).toEqual(times(...found));
    },
  );

  it.each([
    ['fixed', '0 12 * * *', '2011-12-29T12:00-10:00', ['2011-12-29T12:00-10:00', '2011-12-31T12:00+14:00']],
    ['fixed', '0 12 30 12 *', '2011-12-01T00:00-10:00', ['2012-12-30T12:00+14:00']],
    ['flowing', '0 */12 * * *', '2011-12-29T12:00-10:00', ['2011-12-29T12:00-10:00', '2011-12-31T00:00+14:00']],
    ['flowing', '*/20 * 30 12 *', '2011-12-01T00:00-10:00', ['2012-12-30T00:00+14:00']],
  ])('CE13: a date that the zone skipped entirely has no slot, %s: %s', async (_, expression, after, found) => {
    expect(await next(expression, found.length, { timeZone: 'Pacific/Apia' }, after)).toEqual(times(...found));
  });

  it('CE7, CE9: the rest of the table of examples', async () => {
    const after = '2027-01-31T12:00Z';
    const mornings = (...dates: string[]) => times(...dates.map((date) => `2027-${date}T08:00Z`));
    expect(await next('0 8 1,15 * MON', 4, {}, after)).toEqual(mornings('02-01', '02-08', '02-15', '02-22'));
    expect(await next('0 8 1,15 * +MON', 3, {}, after)).toEqual(mornings('02-01', '02-15', '03-01'));
    expect(await next('0 0 31 4 *', 1, {}, after)).toEqual([]);
  });

  it('CE11, CE12, S2: jobs come when the slots do: one on each of the two days, hourly ones without a hole', async () => {
    for (const [day, nightly, hourly] of [
      ['2027-03-28', ['2027-03-28T03:00+02:00'], ['2027-03-28T01:00+01:00', '2027-03-28T03:00+02:00']],
      [
        '2027-10-31',
        ['2027-10-31T02:15+02:00'],
        ['2027-10-31T01:00+02:00', '2027-10-31T02:00+02:00', '2027-10-31T02:00+01:00', '2027-10-31T03:00+01:00'],
      ],
    ] as const) {
      const from = Date.parse(hourly[0]) - 60_000;
      const m = await ticking({ clock: new ManualClock(from) });
      const timeZone = 'Europe/Paris';
      await m.schedules.put('nightly', { task: Ticks.tick, trigger: cron('15 2 * * *', { timeZone }) });
      await m.schedules.put('hourly', { task: Ticks.tick, trigger: cron('0 * * * *', { timeZone }) });
      const ends = Date.parse(hourly.at(-1)!) + 60_000;
      for (let at = Date.parse(hourly[0]); at < ends; at += 15 * 60_000) await m.until(at);

      const slotsOf = (id: string) => m.ran.filter(({ schedule }) => schedule === id).map(({ slot }) => slot);
      expect([day, slotsOf('nightly')]).toEqual([day, times(...nightly)]);
      expect([day, slotsOf('hourly')]).toEqual([day, times(...hourly)]);
    }
  });
});
