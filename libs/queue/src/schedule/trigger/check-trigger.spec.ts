import { MillraceError, ScheduleInvalid } from '../../job/errors.js';
import { checkTrigger } from './index.js';

/** The refusal of something from outside; fails when it is accepted. */
function refusal(value: unknown, field?: string): ScheduleInvalid {
  try {
    checkTrigger(value, field);
  } catch (error) {
    if (error instanceof ScheduleInvalid) return error;
    throw error;
  }
  throw new Error('the trigger was accepted');
}

const long = 'x'.repeat(10_240);
const digits = '1'.repeat(10_240);
const nested = (levels: number): unknown => (levels === 0 ? { every: '1m' } : { anyOf: [nested(levels - 1)] });
const list = (length: number) => Array.from({ length }, () => ({ every: '1m' }));
const cyclic: { anyOf: unknown[] } = { anyOf: [] };
cyclic.anyOf.push(cyclic);

describe('checkTrigger', () => {
  it.each<[name: string, value: unknown, field: string, says: string]>([
    // No trigger at all.
    ['nothing', undefined, 'trigger', 'one of cron, every, at, calendar, anyOf, allOf, trigger'],
    ['null', null, 'trigger', 'is not a trigger'],
    ['a text', '0 3 * * *', 'trigger', "'0 3 * * *' is not a trigger"],
    ['a number', 5, 'trigger', 'is not a trigger'],
    ['a list', [{ every: '1m' }], 'trigger', 'is not a trigger'],
    ['a Date', new Date(0), 'trigger', 'is not a trigger'],
    ['a Map', new Map([['every', '1m']]), 'trigger', 'says no kind'],
    ['no kind', {}, 'trigger', 'says no kind'],
    ['a kind without a value', { cron: undefined, timeZone: undefined }, 'trigger.cron', 'is not a cron expression'],
    ['no kind beside options', { timeZone: 'UTC' }, 'trigger', 'says no kind'],
    ['two kinds', { cron: '@daily', every: '1d' }, 'trigger', 'cron and every'],
    ['a slip of the hand', { evry: '5m' }, 'trigger.evry', "Did you mean 'every'?"],
    ['another case', { cron: '@daily', timezone: 'UTC' }, 'trigger.timezone', "Did you mean 'timeZone'?"],
    ['an unknown key', { every: '5m', colour: 1 }, 'trigger.colour', 'Known are: cron, every'],
    ['a key of another kind', { every: '5m', timeZone: 'UTC' }, 'trigger.timeZone', 'Allowed: from, until, first.'],
    ['an option of at', { at: 0, from: 0 }, 'trigger.from', 'Allowed: nothing else.'],
    ['a prototype', JSON.parse('{"every":"5m","__proto__":{"from":0}}'), 'trigger.__proto__', 'Unknown field'],
    ['a constructor', JSON.parse('{"every":"5m","constructor":{}}'), 'trigger.constructor', 'Unknown field'],
    ['a long key', { [long]: 1 }, `trigger.${long.slice(0, 40)}…`, 'Unknown field'],
    // Cron.
    ['4 fields', { cron: '* * * *' }, 'trigger.cron', 'has 4 fields'],
    ['8 fields', { cron: '* * * * * * * *' }, 'trigger.cron', 'has 8 fields'],
    ['no field', { cron: '' }, 'trigger.cron', 'has 0 fields'],
    ['a long expression', { cron: long }, 'trigger.cron', 'is too long'],
    ['a long field', { cron: `${digits.slice(0, 800)} * * * *` }, 'trigger.minute', 'is too long'],
    ['a long field of the object form', { cron: { minute: digits } }, 'trigger.minute', 'is too long'],
    ['a minute out of range', { cron: '60 * * * *' }, 'trigger.minute', '0 to 59'],
    ['a reversed range', { cron: '* 5-3 * * *' }, 'trigger.hour', 'reversed range'],
    ['a step of zero', { cron: '*/0 * * * *' }, 'trigger.minute', 'steps from 1 to 60'],
    ['a negative step', { cron: '*/-5 * * * *' }, 'trigger.minute', 'steps from 1 to 60'],
    ['an empty item', { cron: '1,,2 * * * *' }, 'trigger.minute', 'empty item'],
    ['an impossible day', { cron: '0 0 32 * *' }, 'trigger.day', 'out of range'],
    ['a date', { cron: '2027-03-01 09:00' }, 'trigger.cron', 'at(date)'],
    ['an unknown nickname', { cron: '@fortnightly' }, 'trigger.cron', 'is not a known nickname'],
    ['no cron field', { cron: {} }, 'trigger.cron', 'names no field'],
    ['an unknown cron field', { cron: { hours: 1 } }, 'trigger.cron', "'hours' is not a field"],
    ['a prototype of fields', { cron: JSON.parse('{"__proto__":1}') }, 'trigger.cron', "'__proto__' is not a field"],
    ['a null expression', { cron: null }, 'trigger.cron', 'is not a cron expression'],
    ['an unknown zone', { cron: '@daily', timeZone: 'Mars/Olympus' }, 'trigger.timeZone', "'Europe/Paris'"],
    ['a long zone', { cron: '@daily', timeZone: long }, 'trigger.timeZone', 'is not a time zone'],
    ['a zone by offset', { cron: '@daily', timeZone: '+02:00' }, 'trigger.timeZone', 'is not a time zone'],
    ['an empty zone', { cron: '@daily', timeZone: '' }, 'trigger.timeZone', 'is not a time zone'],
    ['a zone that is no text', { cron: '@daily', timeZone: 2 }, 'trigger.timeZone', 'is not a time zone'],
    ['an unknown day rule', { cron: '@daily', dayMatch: 'xor' }, 'trigger.dayMatch', "'or', 'and'"],
    // Intervals.
    ['a short interval', { every: '999ms' }, 'trigger.every', '1s to 18262d'],
    ['no interval', { every: 0 }, 'trigger.every', 'out of range'],
    ['a negative interval', { every: -60_000 }, 'trigger.every', 'out of range'],
    ['no number', { every: NaN }, 'trigger.every', 'NaN is not a duration'],
    ['no end', { every: Infinity }, 'trigger.every', 'is not a duration'],
    ['parts of a millisecond', { every: 1000.5 }, 'trigger.every', 'whole milliseconds'],
    ['a long interval', { every: '18263d' }, 'trigger.every', 'out of range'],
    ['a long text', { every: `${digits}s` }, 'trigger.every', 'out of range'],
    ['an unknown unit', { every: '5 minutes' }, 'trigger.every', "'15m'"],
    ['a list of intervals', { every: ['5m'] }, 'trigger.every', 'is not a duration'],
    ['an unknown first', { every: '5m', first: true }, 'trigger.first', "'now'"],
    // Moments.
    ['a date without an offset', { at: '2027-03-01T09:00' }, 'trigger.at', 'with an offset'],
    ['a date without a time', { at: '2027-03-01' }, 'trigger.at', 'with an offset'],
    ['an impossible date', { at: '2027-02-29T09:00Z' }, 'trigger.at', 'is not a moment'],
    ['an impossible month', { at: '2027-13-01T09:00Z' }, 'trigger.at', 'is not a moment'],
    ['an impossible hour', { at: '2027-03-01T25:00Z' }, 'trigger.at', 'is not a moment'],
    ['a text of milliseconds', { at: '1801383330000' }, 'trigger.at', 'is not a moment'],
    ['words', { at: 'tomorrow' }, 'trigger.at', 'is not a moment'],
    ['a long text of digits', { at: digits }, 'trigger.at', 'is not a moment'],
    ['an invalid Date', { at: new Date(NaN) }, 'trigger.at', 'is not a moment'],
    ['parts of a millisecond', { at: 0.5 }, 'trigger.at', 'is not a moment'],
    ['before 1970', { at: -1 }, 'trigger.at', 'from 1970 to 9999'],
    ['after 9999', { at: 253_402_300_800_000 }, 'trigger.at', 'from 1970 to 9999'],
    ['true', { at: true }, 'trigger.at', 'is not a moment'],
    ['a bad beginning', { every: '5m', from: 'now' }, 'trigger.from', 'is not a moment'],
    ['a null beginning', { every: '5m', from: null }, 'trigger.from', 'is not a moment'],
    ['a bad end', { cron: '@daily', until: '2027-02-30T00:00Z' }, 'trigger.until', 'is not a moment'],
    ['an end before the beginning', { every: '5m', from: 5, until: 4 }, 'trigger.until', 'before from'],
    // Calendar intervals.
    ['no calendar', { calendar: null }, 'trigger.calendar', 'is not a calendar interval'],
    ['no units', { calendar: { at: '09:00' } }, 'trigger.calendar', 'above 0'],
    ['a negative unit', { calendar: { days: -1 } }, 'trigger.calendar.days', 'whole numbers'],
    ['half a unit', { calendar: { months: 0.5 } }, 'trigger.calendar.months', 'whole numbers'],
    ['too many units', { calendar: { years: 51 } }, 'trigger.calendar.years', '0 to 50'],
    ['an impossible time', { calendar: { days: 1, at: '25:00' } }, 'trigger.calendar.at', "'23:59'"],
    ['an unknown overflow', { calendar: { days: 1, overflow: 'up' } }, 'trigger.calendar.overflow', "'clip'"],
    ['an unknown unit', { calendar: { [long]: 1 } }, 'trigger.calendar', 'is not a field'],
    ['a zone inside', { calendar: { days: 1, timeZone: 'UTC' } }, 'trigger.calendar', 'is not a field'],
    ['an unknown zone', { calendar: { days: 1 }, timeZone: 'X' }, 'trigger.timeZone', 'is not a time zone'],
    // Combinations.
    ['an empty union', { anyOf: [] }, 'trigger.anyOf', 'one trigger or more'],
    ['an empty agreement', { allOf: [] }, 'trigger.allOf', 'one trigger or more'],
    ['no list', { anyOf: { every: '1m' } }, 'trigger.anyOf', 'is not a list'],
    ['a bad member', { anyOf: [{ every: '1m' }, { every: '0s' }] }, 'trigger.anyOf.1.every', 'out of range'],
    [
      'a bad member within',
      { allOf: [{ anyOf: [{ cron: '* * * *' }] }] },
      'trigger.allOf.0.anyOf.0.cron',
      'has 4 fields',
    ],
    ['within of a union', { anyOf: [{ every: '1m' }], within: '1s' }, 'trigger.within', 'does not go with anyOf'],
    ['a negative within', { allOf: [{ every: '1m' }], within: -1 }, 'trigger.within', '0 to 366d'],
    ['33 members', { anyOf: list(33) }, 'trigger.anyOf', '32 triggers in all'],
    ['32 members and their union', { anyOf: list(32) }, 'trigger.anyOf.31', '32 triggers in all'],
    ['millions of members', { anyOf: new Array(1e6) }, 'trigger.anyOf', '32 triggers in all'],
    ['a hole', { anyOf: new Array(1) }, 'trigger.anyOf.0', 'is not a trigger'],
    ['nine levels', nested(9), `trigger${'.anyOf.0'.repeat(8)}.anyOf`, 'at most 8 deep'],
    ['a thousand levels', nested(1000), `trigger${'.anyOf.0'.repeat(8)}.anyOf`, 'at most 8 deep'],
    ['itself', cyclic, `trigger${'.anyOf.0'.repeat(8)}.anyOf`, 'at most 8 deep'],
    // Custom triggers.
    ['no name', { trigger: '' }, 'trigger.trigger', '1 to 128 letters'],
    ['a long name', { trigger: long }, 'trigger.trigger', '1 to 128 letters'],
    ['a name with blanks', { trigger: 'full moon' }, 'trigger.trigger', '1 to 128 letters'],
    ['a function', { trigger: () => 0 }, 'trigger.trigger', '1 to 128 letters'],
    ['data that is no JSON', { trigger: 'sun', data: { at: new Date(0) } }, 'trigger.data', 'is not plain data'],
    ['data without a number', { trigger: 'sun', data: [NaN] }, 'trigger.data', 'NaN is not plain data'],
    ['long data', { trigger: 'sun', data: [long, long] }, 'trigger.data', 'is too long'],
    ['much data', { trigger: 'sun', data: new Array(1e6).fill(0) }, 'trigger.data', 'is too much'],
    ['deep data', { trigger: 'sun', data: nested(20) }, 'trigger.data', 'is too much'],
    ['data that holds itself', { trigger: 'sun', data: cyclic }, 'trigger.data', 'is too much'],
    ['a prototype of data', { trigger: 'sun', data: JSON.parse('{"__proto__":1}') }, 'trigger.data', "'__proto__'"],
  ])('refuses %s', (_name, value, field, says) => {
    const error = refusal(value);
    expect({ field: error.field, message: error.message }).toEqual({ field, message: expect.stringContaining(says) });
    expect(error.message.length).toBeLessThan(400);
    expect(MillraceError.is(error, 'SCHEDULE_INVALID')).toBe(true);
  });

  it('names the place that the caller names', () => {
    expect(refusal({ every: 0 }, 'body.trigger').field).toBe('body.trigger.every');
    expect(refusal({ anyOf: [{ at: 'x' }] }, 'trigger').message).toMatch(/^trigger\.anyOf\.0\.at: 'x' is not a moment/);
  });

  it('takes 32 triggers, 8 levels and what JSON can hold, and no less', () => {
    expect(checkTrigger({ anyOf: list(31) })).toEqual({ anyOf: list(31).map(() => ({ every: 60_000 })) });
    expect(JSON.stringify(checkTrigger(nested(8)))).toBe(JSON.stringify(nested(8)).replace('"1m"', '60000'));
    const data = { text: 'ä\ud83d\ude00', list: [1, -0.5, null, true, { deep: [] }] };
    expect(checkTrigger({ trigger: 'sun', data: { ...data, none: undefined } })).toEqual({ trigger: 'sun', data });
  });

  it('takes the names of triggers that this process does not know', () => {
    expect(checkTrigger({ trigger: 'unheard.of' })).toEqual({ trigger: 'unheard.of' });
  });

  it('takes what has no prototype, or a class', () => {
    class Body {
      every = '5m';
      until = undefined;
    }
    expect(checkTrigger(new Body())).toEqual({ every: 300_000 });
    expect(checkTrigger(Object.assign(Object.create(null), { at: 0 }))).toEqual({ at: 0 });
  });

  it('keeps nothing of what it was given', () => {
    const data = { steps: [1] };
    const given = { anyOf: [{ cron: { hour: 3 } }, { trigger: 'sun', data }] };
    const checked = JSON.stringify(checkTrigger(given));
    const copy = checkTrigger(given);
    data.steps.push(2);
    given.anyOf[0]!.cron!.hour = 4;
    expect(JSON.stringify(copy)).toBe(checked);
  });
});
