import { MillraceError } from '../../job/errors.js';
import { PatternInvalid } from '../refusal.js';
import { type CronFields, type CronOptions, type CronPattern, parseCron } from './index.js';

const everyHour = Array.from({ length: 24 }, (_, hour) => hour);

/** The refusal of a pattern; fails when there is none. */
function refusal(written: unknown, options?: unknown): PatternInvalid {
  try {
    parseCron(written as string, options as CronOptions);
  } catch (error) {
    if (error instanceof PatternInvalid) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(written)} was accepted`);
}

const minutes = (text: string) => parseCron(`${text} * * * *`).minutes;
const days = (text: string) => parseCron(`0 0 ${text} * *`).days;
const weekdays = (text: string) => parseCron(`0 0 * * ${text}`).weekdays;
const months = (text: string) => parseCron(`0 0 1 ${text} *`).months;

describe('parseCron', () => {
  it('CE1: reads 5 fields, 6 with seconds first, 7 with years last', () => {
    expect(parseCron('15 3 * * *')).toEqual({
      source: '15 3 * * *',
      timeZone: 'UTC',
      dayMatch: 'or',
      flowing: false,
      seconds: [0],
      minutes: [15],
      hours: [3],
      months: everyHour.slice(1, 13),
    });
    expect(parseCron('30 15 3 * * *')).toMatchObject({ seconds: [30], minutes: [15], hours: [3] });
    expect(parseCron('30 15 3 * * * 2030-2040/5')).toMatchObject({
      seconds: [30],
      years: [{ from: 2030, to: 2040, step: 5 }],
    });
  });

  it('CE1: takes any number of blanks and tabs between and around fields', () => {
    expect(parseCron(' \t15  3\t*\t * *  ')).toEqual(parseCron('15 3 * * *'));
  });

  it.each(['', ' ', '*', '* * * *', '* * * * * * * *', '* * * *\n*'])(
    'CE1: refuses %j for its count of fields',
    (text) => {
      expect(refusal(text)).toMatchObject({
        field: 'expression',
        message: expect.stringContaining('7 (second first, year last)'),
      });
    },
  );

  it('CE1: takes 64 items and 128 characters per field, and no more', () => {
    const list = (items: number, item: string) => Array<string>(items).fill(item).join();
    expect(minutes(list(64, '5'))).toEqual([5]);
    expect(minutes('0'.repeat(127) + '5')).toEqual([5]);
    expect(refusal(`${list(65, '')} * * * *`)).toMatchObject({
      field: 'minute',
      message: expect.stringContaining('64 items'),
    });
    expect(refusal(`${'0'.repeat(128)}5 * * * *`).message).toContain('128 characters');
  });

  it.each([
    ['*', Array.from({ length: 60 }, (_, minute) => minute)],
    ['7', [7]],
    ['007', [7]],
    ['5-8', [5, 6, 7, 8]],
    ['*/20', [0, 20, 40]],
    ['*/60', [0]],
    ['10-30/10', [10, 20, 30]],
    ['10-29/10', [10, 20]],
    ['30,5,5,*/30', [0, 5, 30]],
  ])('CE2: reads %s', (text, expected) => {
    expect(minutes(text)).toEqual(expected);
  });

  it.each([
    ['second', '*/60 * * * * *', '*/61 * * * * *'],
    ['minute', '*/60 * * * *', '*/61 * * * *'],
    ['hour', '0 */24 * * *', '0 */25 * * *'],
    ['day', '0 0 */31 * *', '0 0 */32 * *'],
    ['month', '0 0 1 */12 *', '0 0 1 */13 *'],
    ['weekday', '0 0 * * */7', '0 0 * * */8'],
  ])('CE2: takes steps in %s up to the size of the field', (field, largest, beyond) => {
    expect(() => parseCron(largest)).not.toThrow();
    expect(refusal(beyond)).toMatchObject({ field, message: expect.stringContaining('steps from 1 to') });
  });

  it('CE3: reads names of any case in lists, ranges and stepped ranges', () => {
    expect(months('jan,Mar,DEC')).toEqual([1, 3, 12]);
    expect(months('FEB-apr')).toEqual([2, 3, 4]);
    expect(months('jan-dec/6')).toEqual([1, 7]);
    expect(weekdays('sun,Wed')?.listed).toEqual([0, 3]);
    expect(weekdays('mon-fri/2')?.listed).toEqual([1, 3, 5]);
  });

  it('CE3: knows Sunday as 0 and 7, at the beginning and at the end of the week', () => {
    expect(weekdays('0')).toEqual(weekdays('7'));
    expect(weekdays('5-7')?.listed).toEqual([0, 5, 6]);
    expect(weekdays('FRI-SUN')?.listed).toEqual([0, 5, 6]);
    expect(weekdays('SUN-TUE')?.listed).toEqual([0, 1, 2]);
    expect(weekdays('0-7')?.listed).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(weekdays('1-7/2')?.listed).toEqual([0, 1, 3, 5]);
  });

  it('CE4: reads ? as * in the two day fields, and nowhere else', () => {
    expect(parseCron('0 0 ? * ?')).toEqual({ ...parseCron('0 0 * * *'), source: '0 0 ? * ?' });
    expect(refusal('? 0 * * *').field).toBe('minute');
    expect(refusal('0 0 1 ? *').field).toBe('month');
  });

  it('CE4: reads L, 15W, LW, MON#1 and FRI#L, mixed with numbers', () => {
    expect(days('L,15W,LW,3-5')).toEqual({ listed: [3, 4, 5], nearest: [15], last: true, lastWorkday: true });
    expect(days('l,1w,lw')).toEqual({ listed: [], nearest: [1], last: true, lastWorkday: true });
    expect(weekdays('MON#1,fri#l,7#5,WED')).toEqual({
      listed: [3],
      nth: [
        { weekday: 1, n: 1 },
        { weekday: 0, n: 5 },
      ],
      last: [5],
    });
  });

  it.each([
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * 0'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@hourly', '0 * * * *'],
    ['@HoUrLy', '0 * * * *'],
  ])('CE5: reads %s as %s', (nickname, expression) => {
    expect(parseCron(nickname)).toEqual({ ...parseCron(expression), source: nickname });
  });

  it.each([
    ['60 * * * *', 'minute', "'60' is out of range", '0 to 59'],
    ['* 24 * * *', 'hour', "'24' is out of range", '0 to 23'],
    ['* * 0 * *', 'day', "'0' is out of range", '1 to 31'],
    ['* * 32W * *', 'day', "'32W' is out of range", '1W to 31W'],
    ['* * * 13 *', 'month', "'13' is out of range", 'JAN to DEC'],
    ['* * * * 8', 'weekday', "'8' is out of range", 'SUN to SAT'],
    ['* * * * * * 1969', 'year', "'1969' is out of range", '1970 to 9999'],
    ['1,*/0 * * * *', 'minute', "'*/0' has a step out of range", '1 to 60'],
    ['30-10 * * * *', 'minute', "'30-10' is a reversed range", '0 to 59'],
    ['0 22-2 * * *', 'hour', "'22-2' is a reversed range", '0 to 23'],
    ['0 0 * * SAT-MON', 'weekday', "'SAT-MON' is a reversed range", 'SUN to SAT'],
    ['0 0 * * 5-0', 'weekday', "'5-0' is a reversed range", '0 to 7'],
    ['5/15 * * * *', 'minute', "'5/15' has a step without a range", 'a-b/s'],
    ['*/5/5 * * * *', 'minute', "'*/5/5' has two steps", '*/s'],
    ['1,,2 * * * *', 'minute', "'1,,2' has an empty item", 'separated by commas'],
    ['0 0 * * +', 'weekday', "'' has an empty item", 'SUN to SAT'],
    ['+5 * * * *', 'minute', "'+5' is not understood", '0 to 59'],
    ['-5 * * * *', 'minute', "'-5' is not understood", '0 to 59'],
    ['5- * * * *', 'minute', "'5-' is not understood", '0 to 59'],
    ['1.5 * * * *', 'minute', "'1.5' is not understood", '0 to 59'],
    ['1e1 * * * *', 'minute', "'1e1' is not understood", '0 to 59'],
    ['0x5 * * * *', 'minute', "'0x5' is not understood", '0 to 59'],
    ['٣ * * * *', 'minute', "'٣' is not understood", '0 to 59'],
    ['* * * JANUARY *', 'month', "'JANUARY' is not understood", 'JAN to DEC'],
    ['* * * * MONDAY', 'weekday', "'MONDAY' is not understood", 'SUN to SAT'],
    ['* * * * ſun', 'weekday', "'ſun' is not understood", 'SUN to SAT'],
    ['* * * MON *', 'month', "'MON' is not understood", 'JAN to DEC'],
    ['0 0 L-3 * *', 'day', "'L-3' is not understood", '1 to 31, L'],
    ['0 0 W * *', 'day', "'W' is not understood", '1W to 31W'],
    ['0 0 1-5W * *', 'day', "'1-5W' is not understood", '1W to 31W'],
    ['0 0 * * L', 'weekday', "'L' is not understood", 'FRI#L'],
    ['0 0 * * 5L', 'weekday', "'5L' is not understood", 'FRI#L'],
    ['0 0 * * MON#6', 'weekday', "'MON#6' is not understood", 'MON#1 to MON#5'],
    ['0 0 * * MON#0', 'weekday', "'MON#0' is not understood", 'MON#1 to MON#5'],
    ['H * * * *', 'minute', "'H' is not understood", '0 to 59'],
    ['2027-01-01T00:00:00Z', 'expression', 'is a date', 'at(date)'],
    ['@reboot', 'expression', "'@reboot' is not a cron expression", 'onBoot: true'],
    ['@every 5m', 'expression', "'@every 5m' is not a cron expression", "every('5m')"],
    ['@fortnightly', 'expression', "'@fortnightly' is not a known nickname", '@weekly'],
    ['@daily 5', 'expression', "'@daily 5' is not a known nickname", '@daily'],
    ['@constructor', 'expression', "'@constructor' is not a known nickname", '@daily'],
  ])('CE6: refuses %s', (text, field, problem, allowed) => {
    const error = refusal(text);
    expect(error.field).toBe(field);
    expect(error.message).toContain(problem);
    expect(error.message.split('Allowed: ')[1]).toContain(allowed);
  });

  it.each(['Mars/Olympus', '', '+02:00', 'Europe/Paris ', 'Asia/\u212Aolkata', 5, null])(
    'CE6: refuses the zone %j, also next to one it knows',
    (timeZone) => {
      parseCron('@daily', { timeZone: 'Asia/Kolkata' });
      expect(refusal('@daily', { timeZone })).toMatchObject({
        field: 'timeZone',
        message: expect.stringContaining('is not a time zone'),
      });
    },
  );

  it('CE6: takes zones in any case, and keeps them as written', () => {
    expect(parseCron('@daily', { timeZone: 'europe/PARIS' }).timeZone).toBe('europe/PARIS');
  });

  it('CE6: is known as the error of an invalid schedule', () => {
    const error = refusal('nonsense');
    expect(MillraceError.is(error, 'SCHEDULE_INVALID')).toBe(true);
    expect(error.name).toBe('ScheduleInvalid');
  });

  it.each([
    ['one field of digits', '1'.repeat(10_000)],
    ['one field of commas', `${','.repeat(10_000)} * * * *`],
    ['ranges without end', `${'1-'.repeat(5000)} * * * *`],
    ['steps without end', `${'*/'.repeat(5000)} * * * *`],
    ['blanks', `${' '.repeat(10_000)}x`],
    ['fields', '* '.repeat(5000)],
    ['a nickname', `@${'a'.repeat(10_000)}`],
  ])('CE6: refuses 10 kB of %s in few words', (_, text) => {
    expect(refusal(text).message.length).toBeLessThan(250);
  });

  it.each([10_000, 160])('CE6: refuses a zone of %i characters in few words', (length) => {
    expect(refusal('@daily', { timeZone: 'A'.repeat(length) }).message.length).toBeLessThan(200);
  });

  it('CE7: takes either day field in expressions, both with dayMatch or a plus', () => {
    expect(parseCron('0 8 1 * MON').dayMatch).toBe('or');
    expect(parseCron('0 8 1 * MON', { dayMatch: 'and' }).dayMatch).toBe('and');
    expect(parseCron('0 8 1 * +MON')).toMatchObject({ dayMatch: 'and', weekdays: { listed: [1] } });
    expect(refusal('0 8 1 * MON', { dayMatch: 'both' }).field).toBe('dayMatch');
  });

  it('CE11: calls a pattern flowing when its second, minute or hour begins with a star', () => {
    const flowing = (text: string) => parseCron(text).flowing;
    expect(
      ['* 2 * * *', '*/5 2 * * *', '0 * * * *', '0 */2 * * *', '* 0 2 * * *', '0 *,5 * * *'].map(flowing),
    ).not.toContain(false);
    expect(['0 2 * * *', '0-59 2 * * *', '0 0-23 * * *', '0 5,*/2 * * *', '0 2 */2 * *'].map(flowing)).not.toContain(
      true,
    );
  });

  it('survives JSON', () => {
    const patterns = ['0 0 * * *', '*/5 1 2 L,15W,LW 3 MON#1,FRI#L 2030-2040', '@weekly'].map((text) =>
      parseCron(text),
    );
    expect(JSON.parse(JSON.stringify(patterns))).toStrictEqual(patterns);
  });
});

describe('parseCron with fields', () => {
  const parts = (fields: CronFields): Partial<CronPattern> => {
    const { seconds, minutes, hours, days, months, weekdays, years, weeks } = parseCron(fields);
    return JSON.parse(JSON.stringify({ seconds, minutes, hours, days, months, weekdays, years, weeks })) as CronPattern;
  };
  const start = { seconds: [0], minutes: [0], hours: [0] };
  const anyMonth = parseCron('@daily').months;

  it('SC4: sets the fields after the last one given to their minimum, those before it to any', () => {
    expect(parts({ hour: 3 })).toEqual({ ...start, hours: [3], months: anyMonth });
    expect(parts({ hour: 3, minute: 30 })).toEqual({ ...start, hours: [3], minutes: [30], months: anyMonth });
    expect(parts({ minute: 30 })).toEqual({ ...start, hours: everyHour, minutes: [30], months: anyMonth });
    expect(parts({ month: 6 })).toMatchObject({ ...start, days: { listed: [1] }, months: [6] });
    expect(parts({ day: 'L' })).toMatchObject({ ...start, days: { last: true }, months: anyMonth });
    expect(parts({ year: 2030 })).toMatchObject({ ...start, days: { listed: [1] }, months: [1] });
    expect(parts({ week: 5 })).toEqual({ ...start, months: anyMonth, weeks: [5] });
    expect(parts({ weekday: 'mon-fri' })).toMatchObject({ ...start, weekdays: { listed: [1, 2, 3, 4, 5] } });
    expect(parts({ second: '*' })).toMatchObject({ hours: everyHour, minutes: minutes('*'), seconds: minutes('*') });
  });

  it('SC4: lets ranges wrap, steps included', () => {
    expect(parts({ hour: '22-2' }).hours).toEqual([0, 1, 2, 22, 23]);
    expect(parts({ hour: '22-4/2' }).hours).toEqual([0, 2, 4, 22]);
    expect(parts({ month: 'nov-feb' }).months).toEqual([1, 2, 11, 12]);
    expect(parts({ day: '30-2' }).days?.listed).toEqual([1, 2, 30, 31]);
    expect(parts({ weekday: 'fri-mon' }).weekdays?.listed).toEqual([0, 1, 5, 6]);
    expect(parts({ weekday: '7-2' }).weekdays?.listed).toEqual([0, 1, 2]);
    expect(parts({ week: '52-2' }).weeks).toEqual([1, 2, 52, 53]);
    expect(refusal({ year: '2040-2030' }).message).toContain('reversed');
  });

  it('SC4: asks all fields to agree, unless dayMatch says otherwise', () => {
    expect(parseCron({ day: '1-7', weekday: 'MON' }).dayMatch).toBe('and');
    expect(parseCron({ day: '1-7', weekday: 'MON' }, { dayMatch: 'or' }).dayMatch).toBe('or');
  });

  it('SC4: keeps what was written as one line', () => {
    expect(parseCron({ minute: 0, hour: 3, weekday: 'FRI#L' }).source).toBe('weekday=FRI#L hour=3 minute=0');
  });

  it.each([
    [{}, 'expression', 'names no field'],
    [{ hour: undefined }, 'expression', 'names no field'],
    [{ hours: 3 }, 'expression', "'hours' is not a field"],
    [{ hour: 24 }, 'hour', "'24' is out of range"],
    [{ hour: 1.5 }, 'hour', "'1.5' is not understood"],
    [{ hour: -1 }, 'hour', "'-1' is not understood"],
    [{ hour: NaN }, 'hour', "'NaN' is not understood"],
    [{ hour: '' }, 'hour', 'has an empty item'],
    [{ hour: null }, 'hour', 'a value of type object is not understood'],
    [{ hour: [1, 2] }, 'hour', 'a value of type object is not understood'],
    [{ week: 54 }, 'week', "'54' is out of range"],
    [new Date(0), 'expression', 'is a date'],
    [['0', '3'], 'expression', 'is not a cron expression'],
    [null, 'expression', 'is not a cron expression'],
    [undefined, 'expression', 'is not a cron expression'],
    [5, 'expression', 'is not a cron expression'],
  ])('SC4: refuses %j', (fields, field, problem) => {
    expect(refusal(fields)).toMatchObject({ field, message: expect.stringContaining(problem) });
  });
});
