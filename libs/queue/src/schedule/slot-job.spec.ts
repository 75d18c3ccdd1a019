import { seal, open } from '../job/envelope.js';
import { parseJobId } from '../job/id.js';
import type { Definition } from './definition.js';
import { delayOf, extraJob, nameOfSlot, slotJob, tagOf } from './slot-job.js';

const slot = Date.UTC(2026, 10, 20, 3);
const definition = {
  job: { task: 'reports.sweep', queue: 'low', body: seal({ payload: { days: 30 } }), priority: 3, tags: ['night'] },
} as unknown as Definition;
const at = { slot, now: slot + 5, next: slot + 60_000 };

describe('the job of a slot', () => {
  it('has a name that tells schedule and slot, taken until it has ended', () => {
    const job = slotJob('nightly', definition, at);

    expect(nameOfSlot('nightly', slot)).toBe('schedule:nightly@2026-11-20T03:00:00.000Z');
    expect(job.keys).toEqual([{ key: `=${nameOfSlot('nightly', slot)}`, until: 'settled' }]);
  });

  it('knows its slot and its schedule, and keeps what the task and the payload say', () => {
    const job = slotJob('nightly', definition, at);

    expect(open(job.body)).toEqual({ payload: { days: 30 }, slot, schedule: 'nightly' });
    expect(job).toMatchObject({ task: 'reports.sweep', priority: 3, tags: ['night', tagOf('nightly')] });
    expect(parseJobId(job.id)).toMatchObject({ queue: 'low', shard: 0 });
    expect(job).not.toHaveProperty('queue');
    expect(job.due ?? job.expires ?? job.after).toBeUndefined();
  });

  it('is sealed by the codec', () => {
    const codec = { encode: (text: string) => `*${text}`, decode: (text: string) => text.slice(1) };

    expect(slotJob('nightly', definition, { ...at, codec }).body[0]).toBe('*');
  });

  it('waits for the jitter, and expires with the grace that follows it', () => {
    const job = slotJob('nightly', { ...definition, jitter: 30_000, grace: 1000 }, { ...at, now: slot });
    const delay = delayOf('nightly', slot, 30_000, at.next);

    expect(job).toMatchObject({ due: { at: slot + delay }, expires: { at: slot + delay + 1000 } });
  });

  it('waits behind others, however they end', () => {
    expect(slotJob('nightly', definition, { ...at, behind: ['low~0~1'] })).toMatchObject({
      after: ['low~0~1'],
      anyEnding: true,
    });
  });

  it('has neither name nor grace when it is started by hand', () => {
    const job = extraJob('nightly', { ...definition, grace: 1000 } as Definition, slot);

    expect(open(job.body)).toMatchObject({ slot, schedule: 'nightly' });
    expect(job.keys ?? job.expires ?? job.due).toBeUndefined();
  });
});

describe('jitter', () => {
  const drawn = Array.from({ length: 2000 }, (_, i) => delayOf('nightly', slot + i * 60_000, 30_000, null));

  it('is the same whoever draws it, and another one for another slot or schedule', () => {
    expect(delayOf('nightly', slot, 30_000, null)).toBe(drawn[0]);
    expect(delayOf('nightly', slot + 60_000, 30_000, null)).not.toBe(drawn[0]);
    expect(delayOf('weekly', slot, 30_000, null)).not.toBe(drawn[0]);
  });

  it('is spread over all of its time', () => {
    const quarters = [0, 1, 2, 3].map((n) => drawn.filter((delay) => Math.floor(delay / 7501) === n).length);

    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(30_000);
    for (const quarter of quarters) expect(quarter).toBeGreaterThan(400);
  });

  it('ends before the next slot', () => {
    const delays = Array.from({ length: 500 }, (_, i) =>
      delayOf('tick', slot + i * 1000, 30_000, slot + (i + 1) * 1000),
    );

    expect(Math.max(...delays)).toBeLessThan(1000);
  });
});
