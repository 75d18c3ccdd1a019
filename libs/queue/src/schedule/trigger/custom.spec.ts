import { ConfigInvalid, ScheduleInvalid } from '../../job/errors.js';
import { anyOf, at, defineTrigger, slotsOf } from './index.js';

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** What the code of 'answering' answers. */
const answers: { current: unknown } = { current: null };

describe('defineTrigger', () => {
  it('SC9: stores a name and data, and asks the code with them', () => {
    const asked: unknown[] = [];
    const tides = defineTrigger<{ port: string }>('tides', (after, data) => {
      asked.push([after, data]);
      return after + 100;
    });
    const trigger = tides({ port: 'Brest' });
    expect(trigger).toEqual({ trigger: 'tides', data: { port: 'Brest' } });

    const slots = slotsOf(JSON.parse(JSON.stringify(trigger)));
    expect(slots.next(1000, 0)).toBe(1100);
    // A slot at this very moment may be the first.
    expect(slots.first(2000, 0)).toBe(2099);
    expect(asked).toEqual([
      [1000, { port: 'Brest' }],
      [1999, { port: 'Brest' }],
    ]);
  });

  it('SC9: needs no data', () => {
    const ticks = defineTrigger<void>('ticks', (after) => after + 1);
    expect(ticks()).toEqual({ trigger: 'ticks' });
    const typed = defineTrigger<{ port: string }>('ticks.typed', (after) => after + 1);
    // @ts-expect-error the data has a type
    expect(typed({ port: 5 })).toEqual({ trigger: 'ticks.typed', data: { port: 5 } });
    // @ts-expect-error and is needed
    expect(typed()).toEqual({ trigger: 'ticks.typed' });
  });

  it('SC9: ends with null, and beyond the year 9999', () => {
    const ends = defineTrigger<number>('ends', (after, last) => (after < last ? last : null));
    expect(slotsOf(ends(5000)).next(4999, 0)).toBe(5000);
    expect(slotsOf(ends(5000)).next(5000, 0)).toBeNull();
    expect(slotsOf(ends(1e300)).next(0, 0)).toBeNull();
  });

  it('SC9: takes the next whole millisecond, so that no slot comes twice', () => {
    const thirds = defineTrigger<void>('thirds', (after) => (Math.floor((after * 3) / 1000) + 1) * (1000 / 3));
    const slots = slotsOf(thirds());
    expect(slots.next(0, 0)).toBe(334);
    expect(slots.next(334, 0)).toBe(667);
    expect(slots.next(667, 0)).toBe(1000);
  });

  it('says which code is missing, and where', () => {
    const error = thrownBy(() => slotsOf({ trigger: 'nobody.knows' }));
    expect(error).toBeInstanceOf(ScheduleInvalid);
    expect(error).toMatchObject({ field: 'trigger', message: expect.stringContaining("'nobody.knows' has no code") });
    expect(thrownBy(() => slotsOf({ anyOf: [{ at: 0 }, { trigger: 'nobody.knows' }] }))).toMatchObject({
      field: 'trigger.anyOf.1',
    });
  });

  it('finds code that was defined after it was missed', () => {
    const trigger = { trigger: 'late.comer' };
    expect(() => slotsOf(trigger)).toThrow(ScheduleInvalid);
    defineTrigger('late.comer', (after) => after + 1);
    expect(slotsOf(trigger).next(5, 0)).toBe(6);
  });

  it.each<[string, unknown]>([
    ['the same moment', 1000],
    ['an earlier one', 999],
    ['nothing', undefined],
    ['no number', NaN],
    ['no end', Infinity],
    ['a text', '1001'],
    ['a Date', new Date(1001)],
    ['a promise', Promise.resolve(1001)],
  ])('refuses code that answers %s', (name, answer) => {
    const answering = defineTrigger<{ case: string }>('answering', () => answers.current as number);
    answers.current = answer;
    const error = thrownBy(() => slotsOf(anyOf(at(5000), answering({ case: name }))).next(1000, 0));
    expect(error).toBeInstanceOf(ScheduleInvalid);
    expect(error).toMatchObject({ field: 'trigger.anyOf.1', message: expect.stringContaining("'answering' answered") });
  });

  it('turns what the code throws into a refusal that keeps the cause', () => {
    const cause = new Error('no such port');
    const broken = defineTrigger<void>('broken', () => {
      throw cause;
    });
    const error = thrownBy(() => slotsOf(broken()).next(0, 0));
    expect(error).toBeInstanceOf(ScheduleInvalid);
    expect(error).toMatchObject({ field: 'trigger', cause, message: expect.stringContaining('no such port') });
  });

  it('turns what code does to its data into a refusal', () => {
    const counting = defineTrigger<{ count: number }>('counting', (after, data) => after + ++data.count);
    expect(thrownBy(() => slotsOf(counting({ count: 0 })).next(0, 0))).toBeInstanceOf(ScheduleInvalid);
  });

  it('takes the same code twice and refuses another one', () => {
    const define = (step: number) => defineTrigger<void>('twice', (after) => after + step);
    expect(slotsOf(define(1)()).next(0, 0)).toBe(1);
    expect(slotsOf(define(2)()).next(0, 0)).toBe(2);
    const error = thrownBy(() => defineTrigger<void>('twice', (after) => after + 3));
    expect(error).toBeInstanceOf(ConfigInvalid);
    expect(error).toMatchObject({ message: expect.stringContaining("'twice' is defined twice") });
    expect(slotsOf({ trigger: 'twice' }).next(0, 0)).toBe(2);
  });

  it.each(['', 'full moon', 'ä', 'x'.repeat(129)])('refuses the name %j', (name) => {
    expect(thrownBy(() => defineTrigger(name, () => null))).toBeInstanceOf(ConfigInvalid);
  });

  it('refuses data that JSON cannot hold', () => {
    const dated = defineTrigger<Date>('dated', () => null);
    expect(thrownBy(() => dated(new Date(0)))).toMatchObject({ field: 'trigger.data' });
  });
});
