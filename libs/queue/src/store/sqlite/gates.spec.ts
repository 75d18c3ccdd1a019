import { createJobId } from '../../job/id.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { ClaimedJob, Gate, NewJob, Settlement, Store, WorkerRecord } from '../store.js';
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

describe('gates on SQLite', () => {
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
  const group = (key: string, more: Partial<Gate> = {}): Gate => ({ kind: 'group', key, max: 1, ...more });
  const gated = (key = 'k', more: Partial<Gate> = {}) => job({ gates: [group(key, more)] });
  const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  const exchange = (settle: Settlement[], want: number) => store.exchange({ worker: 'w1', lane, settle, want, lease });
  const completed = ({ id, fence }: ClaimedJob) => ({ id, fence, outcome: 'completed' as const });

  /** Adds jobs and answers those that a worker gets. */
  async function claim(jobs: NewJob[], want = 100) {
    await store.enqueue(jobs);
    return (await exchange([], want)).jobs;
  }

  /** The statements that `act` takes. */
  async function statements(act: () => Promise<unknown>): Promise<string[]> {
    db.names = [];
    await act();
    return db.names;
  }

  it('are asked about by no job that has none', async () => {
    const lives = async (jobs: NewJob[]) => {
      const names = await statements(async () => {
        const held = await claim(jobs);
        await exchange(
          held.map((one, i) =>
            i % 2 ? completed(one) : { ...completed(one), outcome: 'retry', in: 0, error: 'oops' },
          ),
          0,
        );
        await store.find(jobs.map(({ id }) => ({ id })));
        await store.list({});
        await store.cancel(jobs.map(({ id }) => id));
        await store.remove(jobs.map(({ id }) => id));
      });
      return names.filter((name) => name.startsWith('gate.') || name.endsWith('_gated'));
    };

    expect(await lives(many(12, () => job()))).toEqual([]);
    expect(await lives([job(), job(), gated()])).not.toEqual([]);
    expect(await lives(many(12, () => job()))).toEqual([]);
  });

  it('cost nothing in an exchange of jobs that have none', async () => {
    const jobs = await claim(
      many(20, () => job()),
      10,
    );

    expect(await statements(() => exchange(jobs.map(completed), 10))).toEqual([
      'lane.load',
      'leases.longest',
      'leases.running',
      'job.usual',
      ...many(10, () => 'job.complete'),
      'leases.renew',
      'claim.look',
      'claim.take',
      'exchange.cancels',
      'leases.ended',
      'lane.save',
      'history.add',
    ]);
  });

  it('of a batch of one group are read once, and its jobs added ten at a time', async () => {
    const names = await statements(() => store.enqueue(many(1000, () => gated())));

    expect(names.filter((name) => name === 'enqueue.insert_ten_gated')).toHaveLength(100);
    expect(names).toHaveLength(104);
    expect((await store.counts())[0]!.counts.ready).toBe(1000);
    expect(await store.fsck()).toEqual([]);
  });

  it('of a hundred groups are read and written together as their jobs come and go', async () => {
    const jobs = many(400, (i) => gated(`tenant ${i % 200}`, { max: 2, turn: 1 }));
    const held = await claim(jobs);

    const names = await statements(() =>
      exchange(
        held.map((one) => ({ ...completed(one), keep: 0 })),
        100,
      ),
    );

    expect(held).toHaveLength(100);
    expect(names.filter((name) => name.startsWith('gate.')).sort()).toEqual([
      'gate.heads',
      'gate.let_in',
      'gate.load',
      'gate.load',
      'gate.save_sleeping',
    ]);
    expect((await exchange([], 0)).more).toBe(true);
    expect(await store.fsck()).toEqual([]);
  });

  it('of a lone group let in, one by one, jobs that begin at once and are written once', async () => {
    const turns = many(50, () => gated('k', { max: undefined, turn: 1 }));
    const jobs = turns.map((one, i) => ({ ...one, body: `body ${i}`, ...(i % 2 && { tags: ['odd'], attempts: i }) }));
    let held: ClaimedJob[] = [];
    const names = await statements(async () => (held = await claim(jobs)));

    expect(held).toMatchObject(jobs.map(({ id, body, priority }) => ({ id, body, priority })));
    expect(held.map(({ tags, attempts }) => [tags, attempts])).toEqual(
      jobs.map(({ tags, attempts = 0 }) => [tags, attempts]),
    );
    const fences = held.map(({ fence }) => fence);
    expect(fences).toEqual(many(50, (i) => fences[0]! + i));
    expect(names.filter((name) => /^(claim|gate)\./.test(name))).toEqual([
      ...['gate.save_sleeping', 'claim.look_gated', 'gate.load', 'gate.heads', 'claim.take'],
      ...[
        'gate.let_in',
        'gate.head',
        'gate.let_in',
        'gate.begin',
        'gate.head',
        'gate.let_in',
        'gate.begin',
        'gate.head',
      ],
      ...['claim.look_begun', 'gate.begin', 'gate.save_sleeping'],
    ]);
    expect(await store.fsck()).toEqual([]);

    await exchange(held.map(completed), 0);
    expect((await store.find(held.map(({ id }) => ({ id })))).every((record) => record!.state === 'completed')).toBe(
      true,
    );
    expect(await store.fsck()).toEqual([]);
  });

  it('let jobs in behind others of their line that are yet to begin, in the order in which they came', async () => {
    const alone = { max: undefined, turn: 1 };
    const [a1, b1, a2, plain, b2, a3] = [
      gated('a', alone),
      gated('b', alone),
      gated('a', alone),
      job(),
      gated('b', alone),
      gated('a', alone),
    ];
    await store.enqueue([a1, b1, a2, plain, b2, a3]);

    const claims = [await exchange([], 2), await exchange([], 2), await exchange([], 9)];

    expect(claims.map(({ jobs }) => jobs.map(({ id }) => id))).toEqual([
      [a1.id, b1.id],
      [plain.id, a2.id],
      [b2.id, a3.id],
    ]);
    expect(await store.fsck()).toEqual([]);
  });

  it('let in whoever comes next as a job ends, behind what follows from that', async () => {
    const [held] = await claim([gated('k')]);
    const [next, last] = [gated('k'), job()];
    await store.enqueue([next]);

    const { jobs } = await exchange([{ ...completed(held!), then: [last] }], 9);

    expect(jobs.map(({ id }) => id)).toEqual([next.id, last.id]);
    expect(await store.fsck()).toEqual([]);
  });

  it.each(['a', 'a!', 'a b', ' ', '%', "'", 'ü', 'a\u0000b', 'a\u0001b', '_', '2'])(
    'keep the key %j apart from all others',
    async (key) => {
      const others = ['a', 'a ', 'a!', 'a~', 'A', '%20', 'b', 'a 2', '2 2'].filter((other) => other !== key);
      const waiting = [gated(key), ...others.map((other) => gated(other))];
      const held = await claim([gated(key), ...others.map((other) => gated(other)), ...waiting]);
      expect(held).toHaveLength(others.length + 1);
      expect((await store.find([{ id: waiting[0]!.id }]))[0]!.parked).toEqual(group(key));

      const { jobs } = await exchange([completed(held[0]!)], 100);

      expect(jobs.map((next) => next.id)).toEqual([waiting[0]!.id]);
      expect(await store.fsck()).toEqual([]);
    },
  );

  it('are given back by jobs that complete together, each with its own result and time to stay', async () => {
    const results = ['"a\u0000b"', undefined, '{"a":"\\"ü"}', '', 'null'];
    const held = await claim(results.map((_, i) => gated(`k${i}`)));

    await exchange(
      held.map((one, i) => ({ ...completed(one), result: results[i], keep: 1000 + (i % 2) })),
      0,
    );

    const records = await store.find(held.map(({ id }) => ({ id })));
    expect(records).toMatchObject(results.map((result) => ({ state: 'completed', attempts: 1, result })));
    expect(db.rows('fsck.gates', 1)).toEqual([]);
    expect(await store.fsck()).toEqual([]);
  });

  it('go with the record, so that the next one in its row has none', async () => {
    const [held] = await claim([gated()]);
    await exchange([{ ...completed(held!), keep: 0 }], 0);
    expect(db.rows('fsck.gates', 1)).toEqual([]);

    expect(await claim([job(), job(), gated()])).toHaveLength(3);
    expect(await store.fsck()).toEqual([]);
  });

  it('are not climbed twice by a job that comes again', async () => {
    const [first, second] = [gated(), gated()];
    await store.enqueue([first, second, first, ...many(20, () => gated()), second]);
    await store.enqueue([second, first, ...many(20, () => gated('other'))]);

    expect((await store.counts())[0]!.counts.ready).toBe(42);
    expect(await store.fsck()).toEqual([]);
  });

  it('hold for jobs that follow from a settled one, in the same exchange', async () => {
    const [held] = await claim([job()]);
    const [first, second] = [gated(), gated()];

    const { jobs } = await exchange([{ ...completed(held!), then: [first, second] }], 9);

    expect(jobs.map(({ id }) => id)).toEqual([first.id]);
    expect(await store.fsck()).toEqual([]);
  });

  it('whose jobs differ are opened by what the first of them says', async () => {
    const [first, strict, lax, last] = [gated(), gated(), gated('k', { max: 3 }), gated()];
    const [held] = await claim([first, strict, lax, last]);
    expect((await exchange([], 9)).jobs).toEqual([]);

    await store.remove([strict.id]);
    const { jobs } = await exchange([], 9);
    expect(jobs.map(({ id }) => id)).toEqual([lax.id]);

    const { jobs: next } = await exchange([completed(held!), completed(jobs[0]!)], 9);
    expect(next.map(({ id }) => id)).toEqual([last.id]);
    expect(await store.fsck()).toEqual([]);
  });

  it.each([0, 1, 2, 3])('of groups let more in as settings say so, who waits in band %d', async (priority) => {
    const jobs = many(3, () => job({ priority, gates: [group('k', { max: 1 })] }));
    expect(await claim(jobs)).toHaveLength(1);

    await store.configure('mill', { tasks: { grind: { group: { max: 2 } } } });

    expect((await exchange([], 9)).jobs.map(({ id }) => id)).toEqual([jobs[1]!.id]);
    expect(await store.fsck()).toEqual([]);
  });

  describe('fsck', () => {
    it('finds a gate that counts something else than its jobs say, and one that nobody needs (I13)', async () => {
      await store.enqueue([gated(), gated()]);
      expect(await store.fsck()).toEqual([]);

      db.run('gate.save', 1, 'gk', undefined, '["gk",null,2,0,0,1,0,0,0,1,0,0,0,""]');
      expect(await store.fsck()).toMatchObject([{ invariant: 'I13', says: 'what is counted of the gate gk is wrong' }]);

      await store.remove((await store.list({})).jobs.map(({ id }) => id));
      expect(await store.fsck()).toMatchObject([
        { invariant: 'I13', says: 'what is counted of the gate gk is wrong' },
        { invariant: 'I13', says: 'nobody needs the gate gk' },
      ]);
    });

    it('finds gates that the lane does not count, or that would wake unnoticed (I13)', async () => {
      db.run('gate.save', 1, 'gk', 5000, '["gk",5000,0,0,0,0,0,0,0,0,0,0,0,""]');

      expect(await store.fsck()).toMatchObject([
        { invariant: 'I13', says: 'the count of gates is wrong' },
        { invariant: 'I13', says: 'gates wake unnoticed' },
      ]);
    });

    it('finds a parked job without a ticket (I13), and one that does not know of its gates (I1)', async () => {
      const [first, second] = [gated(), gated()];
      await store.enqueue([first, second]);

      db.run('gate.move', JSON.stringify([[2, null, null, 0, null]]));
      expect(await store.fsck()).toMatchObject([
        { invariant: 'I1', jobs: [second.id] },
        { invariant: 'I13', jobs: [second.id] },
        { invariant: 'I13', says: 'what is counted of the gate gk is wrong' },
      ]);

      await store.remove([second.id]);
      db.run('gate.give', undefined, undefined, 1);
      expect(await store.fsck()).toContainEqual({
        invariant: 'I1',
        says: 'know of other gates than they have',
        jobs: [first.id],
      });
    });
  });
});
