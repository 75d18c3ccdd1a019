import { jest } from '@jest/globals';
import { limits } from '../../job/limits.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { NewSchedule, Store } from '../store.js';
import { Database } from './database.js';
import { storeOn } from './sqlite-store.js';

describe('schedules on SQLite', () => {
  let db: Database;
  let store: Store;
  beforeEach(async () => {
    db = new Database({ path: ':memory:', synchronous: 'normal', busyTimeout: 20 });
    store = storeOn(db, new ManualClock());
    await store.open();
  });
  afterEach(() => store.close());

  const put = (id: string, seen = 0, more: Partial<NewSchedule> = {}) =>
    store.putSchedule({ id, body: '{}', paused: false, next: 1, ...more }, seen);

  it('are none beyond limits.schedules, but those that are there may change', async () => {
    const bounds: { schedules: number } = limits;
    const replaced = jest.replaceProperty(bounds, 'schedules', 2);
    try {
      await put('a');
      await put('b');

      expect(await put('c')).toEqual({ outcome: 'full', schedule: undefined });
      expect((await put('a', 1)).outcome).toBe('put');
      expect((await put('c', 1)).outcome).toBe('stale');

      await store.removeSchedule('b');
      expect((await put('c')).outcome).toBe('put');

      await store.fire([{ id: 'c', seen: 1, slots: [], jobs: [], finished: true }]);
      expect((await put('d')).outcome).toBe('put');
      expect((await put('e')).outcome).toBe('full');
    } finally {
      replaced.restore();
    }
  });

  it('keep whatever characters they are made of', async () => {
    const odd = 'nul \u0000 soh \u0001 quote " slash \\u0001';

    await put('a', 0, { body: odd, owner: odd });
    await store.fire([
      { id: 'a', seen: 1, slots: [{ slot: 1, outcome: 'skipped', why: odd }], jobs: [], last: 1, next: 2 },
    ]);

    const { schedules } = await store.schedules({ owner: odd });
    expect(schedules).toMatchObject([{ id: 'a', body: odd, owner: odd, slots: [{ slot: 1, why: odd }] }]);
  });

  it('are added together with their jobs, or not at all', async () => {
    await put('a');
    const job = { id: 'no id of a job', task: 'grind', body: '{}', priority: 2 };

    await expect(store.fire([{ id: 'a', seen: 1, slots: [], jobs: [job], next: 2 }])).rejects.toThrow(RangeError);

    expect((await store.schedules({})).schedules).toMatchObject([{ id: 'a', version: 1, next: 1 }]);
  });

  describe('fsck', () => {
    it('finds a schedule whose next slot was dealt with before (I9)', async () => {
      await put('a');
      expect(await store.fsck()).toEqual([]);

      db.run('schedules.fire', 2, 5, 5, undefined, 0, 0, 0, '[]', 'a');

      expect(await store.fsck()).toEqual([
        { invariant: 'I9', says: 'schedules whose next slot was dealt with: a', jobs: [] },
      ]);
    });

    it('finds that there are more schedules than are counted (I9)', async () => {
      await put('a');

      db.run('schedules.grow', -1);

      expect(await store.fsck()).toEqual([{ invariant: 'I9', says: 'the count of schedules is wrong', jobs: [] }]);
    });
  });
});
