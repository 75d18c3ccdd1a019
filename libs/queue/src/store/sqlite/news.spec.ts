import { createJobId } from '../../job/id.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { Store, WorkerRecord } from '../store.js';
import { Database } from './database.js';
import { storeOn } from './sqlite-store.js';

const lane = { queue: 'mill', shard: 0 };
const id = createJobId('mill', 0, 0);
const worker: WorkerRecord = {
  id: 'w1',
  name: 'miller',
  host: 'here',
  pid: 1,
  version: '1',
  startedAt: 0,
  queues: ['mill'],
  lanes: [lane],
  tasks: ['grind'],
  concurrency: 1,
  lease: 15_000,
};

describe('news', () => {
  let db: Database;
  let store: Store;
  beforeEach(async () => {
    db = new Database({ path: ':memory:', synchronous: 'normal', busyTimeout: 20 });
    store = storeOn(db, new ManualClock());
    await store.open();
    await store.register(worker);
  });
  afterEach(() => store.close());

  const exchange = (want: number) => store.exchange({ worker: 'w1', lane, settle: [], want, lease: 15_000 });
  const add = () => store.enqueue([{ id, task: 'grind', body: '{}', priority: 2 }]);

  /** Whether `verb` is news. */
  async function isNews(verb: () => Promise<unknown>): Promise<boolean> {
    const before = db.news();
    await verb();
    return db.news() !== before;
  }

  it.each([
    ['an exchange that moves no job', () => exchange(1)],
    ['a round of the reaper that finds nobody dead', () => store.reap({ lane })],
    ['a round of the pruner that finds nothing old', () => store.prune({ lane })],
  ])('%s is none', async (_, verb) => {
    expect(await isNews(verb)).toBe(false);
  });

  it('a job that is added is news, and so is its start, its progress and its end', async () => {
    expect(await isNews(add)).toBe(true);
    expect(await isNews(() => exchange(1))).toBe(true);
    const [record] = await store.find([{ id }]);
    expect(await isNews(() => store.note(id, record!.fence!, { progress: '1' }))).toBe(true);
    expect(await isNews(() => store.cancel([id]))).toBe(true);
    expect(await isNews(() => store.retire('w1'))).toBe(true);
  });

  it('a queue that is paused or resumed is news', async () => {
    expect(await isNews(() => store.configure('mill', { paused: true }))).toBe(true);
  });

  it('a schedule that is due sooner than all others is news, and so is a firing that makes one so', async () => {
    const put = (id: string, next: number | undefined, seen = 0) =>
      store.putSchedule({ id, body: '{}', next, paused: next === undefined }, seen);
    const fire = (id: string, next: number, seen: number) => store.fire([{ id, seen, slots: [], jobs: [], next }]);

    expect(await isNews(() => put('a', 100))).toBe(true);
    expect(await isNews(() => put('b', 99))).toBe(true);
    expect(await isNews(() => fire('a', 98, 1))).toBe(true);

    expect(await isNews(() => put('c', 98))).toBe(false);
    expect(await isNews(() => put('c', undefined, 1))).toBe(false);
    expect(await isNews(() => put('b', 100, 7))).toBe(false);
    expect(await isNews(() => fire('b', 200, 1))).toBe(false);
    expect(await isNews(() => store.removeSchedule('b'))).toBe(false);
  });

  it('tells of schedules before any lane is there', async () => {
    const empty = new Database({ path: ':memory:', synchronous: 'normal', busyTimeout: 20 });
    const fresh = storeOn(empty, new ManualClock());
    await fresh.open();
    const before = empty.news();

    await fresh.putSchedule({ id: 'a', body: '{}', next: 1, paused: false }, 0);

    expect(empty.news()).toBe(before! + 1);
    await fresh.close();
  });
});
