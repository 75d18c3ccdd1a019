import { ManualClock } from '../../time/manual-clock.js';
import type { Lane, NewJob, UniqueKey } from '../store.js';
import { configure } from './control.js';
import { enqueue } from './enqueue.js';
import { exchange } from './exchange.js';
import { fsck } from './fsck.js';
import { putSchedule } from './schedules.js';
import { register } from './workers.js';
import { World } from './world.js';

describe('fsck', () => {
  const lane: Lane = { queue: 'mill', shard: 0 };
  const keys: UniqueKey[] = [{ key: 'k', until: 'settled' }];

  /** A store with a ready job, a scheduled one under a key, and two that ann holds. */
  function setup() {
    const world = new World(new ManualClock());
    let ids = 0;
    const job = (more: Partial<NewJob> = {}): NewJob => ({
      id: `mill~0~${String(++ids).padStart(24, '0')}`,
      task: 'grind',
      body: '{}',
      priority: 2,
      ...more,
    });
    const worker = { name: 'ann', host: 'host', pid: 1, version: '1', startedAt: 0, queues: ['mill'], tasks: [] };
    register(world, { ...worker, id: 'ann', lanes: [lane], concurrency: 10, lease: 15_000 });
    enqueue(world, [job(), job(), job(), job({ due: { in: 1000 }, keys })]);
    exchange(world, { worker: 'ann', lane, settle: [], want: 2, lease: 15_000 });
    const shard = world.shard(lane)!;
    const inState = (state: string) => [...shard.jobs.values()].filter((found) => found.state === state);
    return { world, shard, job, inState };
  }

  const invariants = (world: World) => fsck(world).map((violation) => violation.invariant);

  it('finds nothing in a store that is sound', () => {
    expect(fsck(setup().world)).toEqual([]);
  });

  it('finds a job that is in no place, and names it (I1)', () => {
    const { world, shard, inState } = setup();
    const [scheduled] = inState('scheduled');
    shard.scheduled.delete(scheduled!);

    expect(fsck(world)).toMatchObject([{ invariant: 'I1', jobs: [scheduled!.id] }]);
  });

  it('finds a job that is in two places (I1)', () => {
    const { world, shard, inState } = setup();
    const [ready] = inState('ready');
    shard.bands[0]!.joinTail(ready!);

    expect(fsck(world)).toMatchObject([{ invariant: 'I1', jobs: [ready!.id] }]);
  });

  it('finds a blocked job that nobody will tell (I1)', () => {
    const { world, inState, job } = setup();
    const parent = inState('ready')[0]!;
    enqueue(world, [job({ after: [parent.id] })]);
    const [blocked] = inState('blocked');
    expect(fsck(world)).toEqual([]);

    parent.dependents = undefined;
    expect(fsck(world)).toMatchObject([{ invariant: 'I1', jobs: [blocked!.id] }]);

    blocked!.waitsFor = [];
    expect(fsck(world)).toMatchObject([{ invariant: 'I1', jobs: [blocked!.id] }]);
  });

  it('finds an id in a place without a record (I1)', () => {
    const { world, shard, inState } = setup();
    shard.jobs.delete(inState('ready')[0]!.id);

    expect(invariants(world)).toContain('I1');
  });

  it('finds a wrong count (I1), and the ledger that it upsets (I12)', () => {
    const { world, shard } = setup();
    shard.counts.ready++;

    expect(invariants(world)).toEqual(['I1', 'I12']);
  });

  it('finds what is held by a worker without a lease (I2)', () => {
    const { world, shard } = setup();
    shard.leases.end('ann');

    expect(fsck(world)).toMatchObject([{ invariant: 'I2', jobs: [expect.any(String), expect.any(String)] }]);
  });

  it('finds fences that are shared, or were never given (I3)', () => {
    const { world, shard, inState } = setup();
    const [first, second] = inState('active');
    first!.fence = second!.fence;
    expect(invariants(world)).toEqual(['I3']);

    shard.fence = 0;
    expect(invariants(world)).toEqual(['I3', 'I3']);
  });

  it('finds two live jobs under one key (I8)', () => {
    const { world, inState } = setup();
    const [ready] = inState('ready');
    ready!.keys = keys;

    expect(fsck(world)).toMatchObject([{ invariant: 'I8', jobs: [ready!.id, inState('scheduled')[0]!.id] }]);
  });

  it('takes a job that follows one that has begun under its key for sound (I8)', () => {
    const { world, inState } = setup();
    inState('active')[0]!.keys = keys;

    expect(fsck(world)).toEqual([]);
  });

  it('finds a key that points to nothing (I8)', () => {
    const { world, shard, inState } = setup();
    const [scheduled] = inState('scheduled');
    scheduled!.keys = [];
    shard.forget(scheduled!, 0);

    expect(fsck(world)).toEqual([{ invariant: 'I8', says: 'the key k points to nothing', jobs: [] }]);
  });

  it('finds a schedule whose next slot was dealt with before (I9)', () => {
    const { world } = setup();
    putSchedule(world, { id: 'daily', body: '{}', paused: false, next: 5 }, 0);
    expect(fsck(world)).toEqual([]);

    world.book.byId.get('daily')!.last = 5;
    expect(fsck(world)).toEqual([
      { invariant: 'I9', says: 'schedules whose next slot was dealt with: daily', jobs: [] },
    ]);
  });

  it('finds a schedule that nobody will fire, or that fires at the wrong time (I9)', () => {
    const { world } = setup();
    putSchedule(world, { id: 'daily', body: '{}', paused: false, next: 5 }, 0);
    const schedule = world.book.byId.get('daily')!;
    const says = 'schedules that are due at another time than theirs: daily';

    world.book.due.delete(schedule);
    expect(fsck(world)).toEqual([{ invariant: 'I9', says, jobs: [] }]);

    world.book.due.add({ ...schedule, next: 6 });
    expect(fsck(world)).toEqual([{ invariant: 'I9', says, jobs: [] }]);

    world.book.byId.clear();
    expect(fsck(world)).toEqual([{ invariant: 'I9', says: 'due, but no schedules: daily', jobs: [] }]);
  });

  describe('of gates', () => {
    /** Two jobs have passed their gate, a third is parked in front of it. */
    function gated() {
      const made = setup();
      const jobs = [1, 2, 3].map(() => made.job({ gates: [{ kind: 'task', key: 'grind', max: 2 }] }));
      enqueue(made.world, jobs);
      const [a, b, parked] = jobs.map(({ id }) => made.shard.jobs.get(id)!);
      const [gate] = made.shard.gates.figures();
      expect(fsck(made.world)).toEqual([]);
      return { ...made, a: a!, b: b!, parked: parked!, gate: gate as { taken: number; wake?: number } };
    }

    const counts = { invariant: 'I13', says: 'what is counted of the gate tgrind is wrong', jobs: [] };

    it('finds a job that does not stand where its gates say, and the count that it upsets (I13)', () => {
      const { world, a, parked } = gated();
      a.passed = 0;
      expect(fsck(world)).toMatchObject([{ invariant: 'I13', jobs: [a.id] }, counts]);

      a.passed = 1;
      parked.ticket = parked.ticket!.replace('2', '1');
      expect(fsck(world)).toMatchObject([{ invariant: 'I13', jobs: [parked.id] }, counts]);
    });

    it('finds a gate that counts something else than its jobs say (I13)', () => {
      const { world, gate } = gated();
      gate.taken++;

      expect(fsck(world)).toEqual([counts]);
    });

    it('finds a job that keeps a gate it should not (I13)', () => {
      const { world, inState } = gated();
      const [scheduled] = inState('scheduled');
      scheduled!.gates = [{ kind: 'order', key: 'a' }];
      scheduled!.passed = 1;
      expect(fsck(world)).toMatchObject([{ says: 'nothing is known of the gate oa' }]);

      scheduled!.gates = [{ kind: 'group', key: 'a' }];
      expect(fsck(world)).toMatchObject([{ says: 'do not stand where their gates say', jobs: [scheduled!.id] }]);
    });

    it('finds jobs that wait where nobody will look, unless their task is paused (I13)', () => {
      const { world, shard, a, b, parked } = gated();
      configure(world, 'mill', { tasks: { grind: { paused: true } } });
      shard.forget(a, 0);
      shard.forget(b, 0);
      expect(fsck(world)).toEqual([]);

      world.configure('mill', { ...world.settings('mill'), tasks: {} });
      const says = 'nobody will look at the gate tgrind';
      expect(fsck(world)).toEqual([{ invariant: 'I13', says, jobs: [parked.id] }]);
    });

    it('finds a gate that nobody needs (I13)', () => {
      const { world, shard, inState } = setup();
      const [held] = inState('active');
      held!.gates = [{ kind: 'group', key: 'a' }];
      shard.gates.pause(held!, 1);
      held!.gates = [];

      expect(fsck(world)).toEqual([{ invariant: 'I13', says: 'nobody needs the gate ga', jobs: [] }]);
    });

    it('finds a ready job that is neither in a line nor parked, or both (I1)', () => {
      const { world, shard, a, parked } = gated();
      shard.bands[2]!.joinTail(parked);
      expect(fsck(world)).toMatchObject([{ invariant: 'I1', jobs: [parked.id] }]);

      shard.bands[2]!.leave(a.place!);
      expect(fsck(world)).toMatchObject([{ invariant: 'I1', jobs: [a.id, parked.id] }]);
    });
  });

  it('finds a job that went without being booked (I12)', () => {
    const { world, shard } = setup();
    shard.totals.enqueued++;

    expect(fsck(world)).toMatchObject([{ invariant: 'I12' }]);
  });
});
