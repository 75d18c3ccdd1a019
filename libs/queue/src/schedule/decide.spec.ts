import { limits } from '../job/limits.js';
import { decide, type Previous } from './decide.js';
import type { Definition } from './definition.js';
import type { SlotSequence } from './slots.js';

const minute = 60_000;

/** A slot at every whole minute up to `until`. */
function minutes(until = Infinity): SlotSequence {
  const next = (after: number) => {
    const slot = (Math.floor(after / minute) + 1) * minute;
    return slot <= until ? slot : null;
  };
  return { next, first: (now) => next(now - 1) };
}

interface Asked extends Partial<Definition> {
  /** The first slot nobody has dealt with. */
  first?: number;
  now: number;
  previous?: Previous;
  until?: number;
  enqueued?: number;
}

function decided({ first = 10 * minute, now, previous = 'none', until, enqueued = 0, ...definition }: Asked) {
  const record = { next: first, counts: { enqueued, skipped: 0, missed: 0 } };
  const answer = decide(definition as Definition, minutes(until), record, now, previous);
  const slots = answer.slots.map(({ slot, outcome, why, behind }) =>
    [slot / minute, outcome, why ?? (behind ? 'behind' : undefined)].filter((word) => word !== undefined).join(' '),
  );
  return { ...answer, slots };
}

describe('decide', () => {
  it('enqueues the slot that is due, and says which comes next', () => {
    const answer = decided({ now: 10 * minute + 3 });

    expect(answer).toMatchObject({ slots: ['10 enqueued'], missed: 0, last: 10 * minute, next: 11 * minute });
  });

  it('has no next slot when the trigger has none', () => {
    expect(decided({ now: 10 * minute, until: 10 * minute })).toMatchObject({ slots: ['10 enqueued'], next: null });
  });

  it('gives each slot its job while the first is not late yet, whatever misfire says', () => {
    const seconds: SlotSequence = { next: (after) => (Math.floor(after / 1000) + 1) * 1000, first: (now) => now };
    const record = { next: 1000, counts: { enqueued: 0, skipped: 0, missed: 0 } };

    const { slots } = decide({ misfire: 'latest' } as Definition, seconds, record, 1000 + limits.punctual, 'none');

    expect(slots.map(({ slot, outcome }) => [slot, outcome])).toEqual(
      [1, 2, 3, 4, 5, 6].map((second) => [second * 1000, 'enqueued']),
    );
  });
});

describe('decide after a downtime', () => {
  const now = 13 * minute + 2000;

  it.each([
    [undefined, ['10 missed misfire', '11 missed misfire', '12 missed misfire', '13 enqueued']],
    ['latest', ['10 missed misfire', '11 missed misfire', '12 missed misfire', '13 enqueued']],
    ['earliest', ['10 enqueued', '11 missed misfire', '12 missed misfire', '13 missed misfire']],
    ['all', ['10 enqueued', '11 enqueued', '12 enqueued', '13 enqueued']],
    ['skip', ['10 missed misfire', '11 missed misfire', '12 missed misfire', '13 enqueued']],
  ] as const)('with misfire %s', (misfire, slots) => {
    expect(decided({ now, misfire })).toMatchObject({ slots, last: 13 * minute, next: 14 * minute });
  });

  it('with skip makes no job when the latest slot is late as well', () => {
    expect(decided({ now: 10 * minute + 5001, misfire: 'skip' }).slots).toEqual(['10 missed misfire']);
  });

  it('catches up the newest of all, at most so many', () => {
    expect(decided({ now, misfire: 'all', catchUp: 2 }).slots).toEqual([
      '10 missed misfire',
      '11 missed misfire',
      '12 enqueued',
      '13 enqueued',
    ]);
  });

  it('misses what was found later than grace, before misfire has its say', () => {
    expect(decided({ now, misfire: 'earliest', grace: 2 * minute }).slots).toEqual([
      '10 missed grace',
      '11 missed grace',
      '12 enqueued',
      '13 missed misfire',
    ]);
  });

  it('misses a slot whose grace ends just now, as its job would be expired', () => {
    expect(decided({ now: 10 * minute + 4000, grace: 4000 }).slots).toEqual(['10 missed grace']);
    expect(decided({ now: 10 * minute + 3999, grace: 4000 }).slots).toEqual(['10 enqueued']);
  });

  it('misses all when grace is over for each of them', () => {
    expect(decided({ now: 10 * minute + 5000, grace: 4000 })).toMatchObject({
      slots: ['10 missed grace'],
      last: 10 * minute,
      next: 11 * minute,
    });
  });

  it('lists the newest missed slots and counts the others', () => {
    const answer = decided({ first: minute, now: 100 * minute + 1, misfire: 'latest' });

    expect(answer.slots).toHaveLength(limits.slots + 1);
    expect(answer.slots.at(-1)).toBe('100 enqueued');
    expect(answer.missed).toBe(99 - limits.slots);
  });

  it('catches up a thousand slots, and no more, after a year', () => {
    const year = 366 * 24 * 60;
    const answer = decided({ first: minute, now: year * minute, misfire: 'all' });

    const made = answer.slots.filter((slot) => slot.endsWith('enqueued'));
    expect(made).toHaveLength(limits.catchUp);
    expect([made[0], made.at(-1)]).toEqual([`${year - limits.catchUp + 1} enqueued`, `${year} enqueued`]);
    expect(answer).toMatchObject({ last: year * minute, next: (year + 1) * minute });
  });

  it('finds the earliest of a year', () => {
    const answer = decided({ first: minute, now: 366 * 24 * 60 * minute, misfire: 'earliest' });

    expect(answer.slots.filter((slot) => slot.endsWith('enqueued'))).toEqual(['1 enqueued']);
    expect(answer.last).toBe(366 * 24 * 60 * minute);
  });
});

describe('decide with a count', () => {
  it('is finished with the last job', () => {
    expect(decided({ now: 10 * minute, count: 3, enqueued: 2 })).toMatchObject({ slots: ['10 enqueued'], next: null });
  });

  it('goes on before that', () => {
    expect(decided({ now: 10 * minute, count: 3, enqueued: 1 }).next).toBe(11 * minute);
  });

  it('counts from where it was put', () => {
    expect(decided({ now: 10 * minute, count: 3, enqueued: 102, made: 100 }).next).toBeNull();
  });

  it('makes no more jobs than are left when it catches up', () => {
    const answer = decided({ now: 13 * minute + 2000, misfire: 'all', count: 2 });

    expect(answer).toMatchObject({ slots: ['10 enqueued', '11 enqueued'], next: null });
  });

  it('does not count skipped slots', () => {
    const answer = decided({ now: 10 * minute, count: 1, overlap: 'skip', previous: 'unfinished' });

    expect(answer).toMatchObject({ slots: ['10 skipped overlap'], next: 11 * minute });
  });
});

describe('decide while the job before is unfinished', () => {
  const now = 12 * minute + 2000;

  it.each([
    ['allow', 'unfinished', ['10 enqueued', '11 enqueued', '12 enqueued'], false],
    ['skip', 'unfinished', ['10 skipped overlap', '11 skipped overlap', '12 skipped overlap'], false],
    ['skip', 'none', ['10 enqueued', '11 skipped overlap', '12 skipped overlap'], false],
    ['wait', 'unfinished', ['10 enqueued behind', '11 skipped overlap', '12 skipped overlap'], false],
    ['wait', 'blocked', ['10 skipped overlap', '11 skipped overlap', '12 skipped overlap'], false],
    ['wait', 'none', ['10 enqueued', '11 enqueued behind', '12 skipped overlap'], false],
    ['cancel', 'unfinished', ['10 skipped overlap', '11 skipped overlap', '12 enqueued behind'], true],
    ['cancel', 'blocked', ['10 skipped overlap', '11 skipped overlap', '12 enqueued behind'], true],
    ['cancel', 'none', ['10 skipped overlap', '11 skipped overlap', '12 enqueued'], false],
  ] as const)('with overlap %s and the job before %s', (overlap, previous, slots, cancelPrevious) => {
    expect(decided({ now, misfire: 'all', overlap, previous })).toMatchObject({ slots, cancelPrevious });
  });
});
