import { createJobId } from '../../job/id.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { NewJob, Settlement } from '../store.js';
import { Database } from './database.js';
import { storeOn } from './sqlite-store.js';

const lane = { queue: 'mill', shard: 0 };

/** A file that fails after so many more transactions. */
class Failing extends Database {
  left = Infinity;

  override write<T>(work: () => T): T {
    return super.write(() => {
      if (this.left-- <= 0) throw Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' });
      return work();
    });
  }
}

describe('jobs that wait for others, on SQLite', () => {
  async function setup(children: number, child: Partial<NewJob> = {}) {
    const clock = new ManualClock();
    const db = new Failing({ path: ':memory:', synchronous: 'normal', busyTimeout: 1000 });
    const store = storeOn(db, clock);
    await store.open();
    const job = (more: Partial<NewJob> = {}): NewJob => ({
      id: createJobId('mill', 0, clock.now()),
      task: 'grind',
      body: '{}',
      priority: 2,
      ...more,
    });
    const about = { name: 'ann', host: 'host', pid: 1, version: '0.1.0', startedAt: 0, tasks: [], concurrency: 10 };
    await store.register({ ...about, id: 'ann', queues: ['mill'], lanes: [lane], lease: 15_000 });
    const parent = job();
    await store.enqueue([parent]);
    for (let left = children; left > 0; left -= 1000) {
      await store.enqueue(Array.from({ length: Math.min(left, 1000) }, () => job({ ...child, after: [parent.id] })));
    }
    const exchange = { worker: 'ann', lane, lease: 15_000 };
    const [held] = (await store.exchange({ ...exchange, settle: [], want: 1 })).jobs;
    const hold = { id: held!.id, fence: held!.fence };
    const settle = (settlement: Settlement) => store.exchange({ ...exchange, settle: [settlement], want: 0 });
    const complete = () => settle({ ...hold, outcome: 'completed' });
    const fail = () => settle({ ...hold, outcome: 'failed', reason: 'exhausted', error: 'oops' });
    const counts = async () => (await store.counts())[0]!.counts;
    return { db, store, complete, fail, counts };
  }

  it('tell no more than a thousand in one transaction, and the rest in the next', async () => {
    const { db, store, complete, counts } = await setup(2500);
    db.left = 1;

    expect((await complete()).settled).toEqual(['completed']);

    expect(await counts()).toMatchObject({ ready: 1000, blocked: 1500 });
    expect(await store.fsck()).toEqual([]);
  });

  it('leave to relay what a crash, or a full disk, left undone', async () => {
    const { db, store, complete, counts } = await setup(2500);
    db.left = 1;
    await complete();
    db.left = Infinity;

    await store.relay(lane);

    expect(await counts()).toMatchObject({ ready: 2500, blocked: 0 });
    expect(await store.relay(lane)).toBe(0);
    expect(await store.fsck()).toEqual([]);
    await store.close();
  });

  it('begin after any ending when that will do, also those that are told in the next transaction', async () => {
    const { db, store, fail, counts } = await setup(1200, { anyEnding: true });
    db.left = 1;
    await fail();
    expect(await counts()).toMatchObject({ ready: 1000, blocked: 200, cancelled: 0 });
    db.left = Infinity;

    await store.relay(lane);

    expect(await counts()).toMatchObject({ ready: 1200, blocked: 0, cancelled: 0, failed: 1 });
    expect(await store.fsck()).toEqual([]);
    await store.close();
  });
});
