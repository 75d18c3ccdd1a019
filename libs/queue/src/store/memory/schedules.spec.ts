import { jest } from '@jest/globals';
import { limits } from '../../job/limits.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { Store } from '../store.js';
import { memory } from './index.js';

describe('putSchedule in memory', () => {
  const put = (store: Store, id: string, seen = 0) =>
    store.putSchedule({ id, body: '{}', paused: false, next: 1 }, seen);

  it('adds none beyond limits.schedules, but changes those that are there', async () => {
    const bounds: { schedules: number } = limits;
    const replaced = jest.replaceProperty(bounds, 'schedules', 2);
    try {
      const store = memory({ clock: new ManualClock() });
      await put(store, 'a');
      await put(store, 'b');

      expect(await put(store, 'c')).toEqual({ outcome: 'full', schedule: undefined });
      expect((await put(store, 'a', 1)).outcome).toBe('put');
      expect((await put(store, 'c', 1)).outcome).toBe('stale');

      await store.removeSchedule('b');
      expect((await put(store, 'c')).outcome).toBe('put');
    } finally {
      replaced.restore();
    }
  });
});
