import { createJobId } from '../../job/id.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { ClaimedJob, NewJob, Settlement, Store, WorkerRecord } from '../store.js';
import { Database, type Row, type Value } from './database.js';
import { storeOn } from './sqlite-store.js';

const lane = { queue: 'mill', shard: 0 };
const lease = 15_000;

/** Knows which statements were run. */
class Recording extends Database {
  names: string[] = [];

  override run(name: string, ...values: Value[]): number {
    this.names.push(name);
    return super.run(name, ...values);
  }

  override insertUnlessKnown(name: string, values: Value[]): boolean {
    this.names.push(name);
    return super.insertUnlessKnown(name, values);
  }

  override row(name: string, ...values: Value[]): Row | undefined {
    this.names.push(name);
    return super.row(name, ...values);
  }

  override rows(name: string, ...values: Value[]): Row[] {
    this.names.push(name);
    return super.rows(name, ...values);
  }

  override gathered(name: string, ...values: Value[]): Row[] {
    this.names.push(name);
    return super.gathered(name, ...values);
  }
}

describe('a limit on SQLite', () => {
  let db: Recording;
  let store: Store;
  beforeEach(async () => {
    db = new Recording({ path: ':memory:', synchronous: 'normal', busyTimeout: 20 });
    store = storeOn(db, new ManualClock());
    await store.open();
    await store.register({ id: 'w1', lanes: [lane], lease } as WorkerRecord);
  });
  afterEach(() => store.close());

  const job = (more: Partial<NewJob> = {}): NewJob => ({
    id: createJobId('mill', 0, 0),
    task: 'grind',
    body: '{}',
    priority: 2,
    ...more,
  });
  const limited = (key = 'k', max = 1) => job({ limit: { key, max } });
  const exchange = (settle: Settlement[], want: number) => store.exchange({ worker: 'w1', lane, settle, want, lease });

  /** Adds jobs and answers those that a worker gets. */
  async function claim(jobs: NewJob[]) {
    await store.enqueue(jobs);
    return (await exchange([], 100)).jobs;
  }

  const completed = ({ id, fence }: ClaimedJob) => ({ id, fence, outcome: 'completed' as const });

  it('is asked about by no job that has none', async () => {
    const lives = async (jobs: NewJob[]) => {
      db.names = [];
      const held = await claim(jobs);
      await exchange(
        held.map((one, i) => (i % 2 ? completed(one) : { ...completed(one), outcome: 'retry', in: 0, error: 'oops' })),
        0,
      );
      await store.find(jobs.map(({ id }) => ({ id })));
      await store.list({});
      await store.cancel(jobs.map(({ id }) => id));
      await store.remove(jobs.map(({ id }) => id));
      return db.names.filter((name) => name.startsWith('limit.') || name.startsWith('lane.park'));
    };

    expect(await lives(Array.from({ length: 12 }, () => job()))).toEqual([]);
    expect(await lives([job(), job(), limited()])).not.toEqual([]);
  });

  it.each(['a', 'a!', 'a b', ' ', '', '%', "'", 'ü', 'a\u0000b', '_'])(
    'keeps the key %j apart from all others',
    async (key) => {
      const others = ['a', 'a ', 'a!', 'a~', 'A', '%20', 'b'].filter((other) => other !== key);
      const waiting = [limited(key), ...others.map((other) => limited(other))];
      const held = await claim([limited(key), ...others.map((other) => limited(other)), ...waiting]);
      expect(held).toHaveLength(others.length + 1);

      const { jobs } = await exchange([completed(held[0]!)], 100);

      expect(jobs.map((next) => next.id)).toEqual([waiting[0]!.id]);
      expect(await store.fsck()).toEqual([]);
    },
  );

  it('goes with the record, so that the next one in its row has none', async () => {
    const [held] = await claim([limited()]);
    await exchange([{ ...completed(held!), keep: 0 }], 0);

    const jobs = [job(), job(), limited()];

    expect(await claim(jobs)).toHaveLength(3);
    expect(await store.fsck()).toEqual([]);
  });

  it('holds for jobs that follow from a settled one, and from a schedule', async () => {
    const [held] = await claim([limited()]);
    await store.putSchedule({ id: 'daily', body: '{}', paused: false, next: 1 }, 0);
    const [then, fired] = [limited(), limited()];

    const { jobs } = await exchange([{ ...completed(held!), then: [then] }], 9);
    await store.fire([{ id: 'daily', seen: 1, slots: [], jobs: [fired], next: 2 }]);

    expect(jobs.map((next) => next.id)).toEqual([then.id]);
    expect(await exchange([], 9)).toMatchObject({ jobs: [], more: false });
    expect((await store.counts())[0]!.counts).toMatchObject({ active: 1, ready: 1 });
  });

  describe('fsck', () => {
    it('finds a wrong count of places, and jobs that are parked for no reason (I13)', async () => {
      const [first, second] = [limited(), limited()];
      await store.enqueue([first, second]);
      expect(await store.fsck()).toEqual([]);

      db.run('limit.admit', 1, 'k', 2);
      expect(await store.fsck()).toMatchObject([{ invariant: 'I13', jobs: [] }]);

      db.run('limit.admit_none', 1, 'k');
      db.run('limit.forget', 1);
      expect(await store.fsck()).toMatchObject([
        { invariant: 'I1', jobs: [first.id] },
        { invariant: 'I13', jobs: [second.id] },
      ]);
    });

    it('finds a parked job without a ticket (I13), and a record without its limit (I1)', async () => {
      const [first, second] = [limited(), limited()];
      await store.enqueue([first, second]);

      db.run('limit.park', undefined, 2);
      expect(await store.fsck()).toMatchObject([{ invariant: 'I13', jobs: [second.id] }]);

      db.run('limit.forget', 2);
      expect(await store.fsck()).toMatchObject([{ invariant: 'I1', jobs: [second.id] }]);
    });

    it('finds a limit whose job is gone (I1)', async () => {
      await store.enqueue([limited(), limited()]);

      db.run('lane.park', -1, 1);
      db.run('job.delete', '[2]');

      const violations = await store.fsck();
      expect(violations).toContainEqual({ invariant: 'I1', says: 'a job with the limit k is gone', jobs: [] });
    });
  });
});
