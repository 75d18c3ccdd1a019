import { ScheduleInvalid } from '../../job/errors.js';
import { at, calendar, cron, every, preview } from './index.js';

const from = Date.parse('2027-01-31T08:00Z');
const iso = (slots: number[]) => slots.map((slot) => new Date(slot).toISOString());

describe('preview', () => {
  it('SC20: shows the next slots, one at this very moment included', () => {
    expect(iso(preview(cron('0 8 * * *'), 3, { from }))).toEqual([
      '2027-01-31T08:00:00.000Z',
      '2027-02-01T08:00:00.000Z',
      '2027-02-02T08:00:00.000Z',
    ]);
  });

  it('SC20: counts intervals from now, or from when the schedule was put', () => {
    expect(preview(every('1h'), 2, { from })).toEqual([from + 3_600_000, from + 7_200_000]);
    expect(preview(every('1h'), 2, { from, anchor: from - 1000 })).toEqual([from + 3_599_000, from + 7_199_000]);
    expect(iso(preview(calendar({ months: 1 }), 2, { from, anchor: Date.parse('2026-12-15T00:00Z') }))).toEqual([
      '2027-02-15T00:00:00.000Z',
      '2027-03-15T00:00:00.000Z',
    ]);
  });

  it('SC20: shows fewer when the trigger ends before, and none when it never fires', () => {
    expect(preview(every('1h', { until: from + 7_200_000 }), 5, { from })).toHaveLength(2);
    expect(preview(at(0), 5, { from })).toEqual([0]);
    expect(preview(cron('0 0 31 4 *'), 5, { from })).toEqual([]);
  });

  it('shows up to 1000', () => {
    const slots = preview(every('1s'), 1000, { from });
    expect(slots).toHaveLength(1000);
    expect(slots.at(-1)).toBe(from + 1_000_000);
  });

  it.each([0, -1, 1.5, 1001, NaN, Infinity, '5'])('refuses to show %p', (n) => {
    const show = () => preview(every('1s'), n as number, { from });
    expect(show).toThrow(ScheduleInvalid);
    expect(show).toThrow('1 to 1000 slots');
  });
});
