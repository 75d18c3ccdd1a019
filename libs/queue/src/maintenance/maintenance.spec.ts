import { Events } from '../events/events.js';
import { seal } from '../job/envelope.js';
import { createJobId } from '../job/id.js';
import { limits } from '../job/limits.js';
import { StoreUnavailable } from '../job/errors.js';
import type { JobRecord, Lane, NewJob, Store } from '../store/store.js';
import { ManualClock } from '../time/manual-clock.js';
import { knownLanes, LaneBook } from './lanes.js';
import { Maintenance } from './maintenance.js';
import { Pruner } from './pruner.js';
import { Reaper } from './reaper.js';
import { Relay } from './relay.js';

/** A store that answers what a test lays out, and remembers what it was asked. */
class ScriptedStore {
  away = false;
  readonly asked: string[] = [];
  readonly enqueued: NewJob[] = [];
  reaps: { released: string[]; failed: { id: string; task: string }[]; lost: string[]; more: boolean }[] = [];
  prunes: number[] = [];

  counts = async () => this.answer('counts', [{ queue: 'orders', shards: 2 }]);
  reap = async ({ lane }: { lane: Lane }) =>
    this.answer(`reap ${lane.queue}/${lane.shard}`, {
      ...{ released: [], failed: [], lost: [], more: false, cancelled: [] },
      ...this.reaps.shift(),
    });
  prune = async ({ lane }: { lane: Lane }) =>
    this.answer(`prune ${lane.queue}/${lane.shard}`, this.prunes.shift() ?? 0);
  relay = async (lane: Lane) => this.answer(`relay ${lane.queue}/${lane.shard}`, 0);
  find = async (keys: { id: string }[]) =>
    this.answer(
      'find',
      keys.map(({ id }) => ({ id, task: 'work' }) as JobRecord),
    );
  enqueue = async (jobs: NewJob[]) => {
    this.enqueued.push(...jobs);
    return this.answer('enqueue', []);
  };

  private answer<T>(what: string, value: T): Promise<T> {
    this.asked.push(what);
    return this.away ? Promise.reject(new StoreUnavailable('scripted:')) : Promise.resolve(value);
  }
}

describe('maintenance', () => {
  function setup() {
    const store = new ScriptedStore();
    const clock = new ManualClock();
    const events = new Events(clock);
    const asStore = store as unknown as Store;
    const lanes = new LaneBook(asStore, clock);
    return { store, clock, events, options: { store: asStore, clock, events, lanes } };
  }

  it('knows every shard of every queue, and that a queue asked for has one at least', async () => {
    const { options } = setup();
    expect(await knownLanes(options.store)).toEqual([
      { queue: 'orders', shard: 0 },
      { queue: 'orders', shard: 1 },
    ]);
    expect(await knownLanes(options.store, ['new'])).toEqual([{ queue: 'new', shard: 0 }]);
  });

  describe('reap', () => {
    it('looks at every lane, page by page until there is no more, and tells what it found', async () => {
      const { store, events, options } = setup();
      store.reaps = [
        { released: ['a'], failed: [], lost: [], more: true },
        { released: ['b'], failed: [], lost: ['dead'], more: false },
      ];
      const [told, lost] = [events.next('job.reaped', (fact) => fact.lost.length > 0), events.next('worker.lost')];
      await new Reaper(options).runOnce();

      expect(store.asked).toEqual(['counts', 'reap orders/0', 'reap orders/0', 'reap orders/1']);
      expect(await told).toMatchObject({ queue: 'orders', released: ['b'], lost: ['dead'] });
      expect(await lost).toMatchObject({ worker: 'dead' });
    });

    it('begins a round every second, give or take, so that jobs are back within the lease and 2 s', async () => {
      const { options } = setup();
      const wait = await new Reaper(options).runOnce();
      expect(wait).toBeGreaterThanOrEqual(900);
      expect(wait).toBeLessThanOrEqual(1100);
    });

    it('leaves lanes that this worker serves alone until an exchange says that leases have run out there', async () => {
      const { store, options } = setup();
      const reaper = new Reaper(options);
      reaper.serves([{ queue: 'orders', shard: 0 }]);
      await reaper.runOnce(); // the first round looks everywhere
      store.asked.length = 0;
      await reaper.runOnce();
      expect(store.asked).toEqual(['reap orders/1']);
      reaper.isOverdue({ queue: 'orders', shard: 0 });
      await reaper.runOnce();
      await reaper.runOnce();
      expect(store.asked).toEqual(['reap orders/1', 'reap orders/0', 'reap orders/1', 'reap orders/1']);
    });

    it('writes the dead letters of jobs that failed with their workers', async () => {
      const { store, options } = setup();
      store.reaps = [{ released: [], failed: [{ id: 'x', task: 'work' }], lost: [], more: false }];
      const letter = (failed: JobRecord): NewJob => ({
        id: createJobId('ops', 0, 0),
        task: 'ops.failed',
        body: seal({ payload: failed.id }),
        priority: 2,
      });
      await new Reaper(options, letter).runOnce();

      expect(store.enqueued).toMatchObject([{ task: 'ops.failed' }]);
    });
  });

  describe('prune', () => {
    it('takes small bites until one is not full', async () => {
      const { store, options } = setup();
      store.prunes = [limits.page, limits.page, 3];
      await new Pruner(options).runOnce();

      expect(store.asked).toEqual(['counts', 'prune orders/0', 'prune orders/0', 'prune orders/0', 'prune orders/1']);
    });
  });

  describe('relay', () => {
    it('carries on what is left in the outbox of every lane', async () => {
      const { store, options } = setup();
      await new Relay(options).runOnce();

      expect(store.asked).toEqual(['counts', 'relay orders/0', 'relay orders/1']);
    });
  });

  it('goes on after an outage, having told of it once per duty, and stops clean', async () => {
    const { store, clock, events, options } = setup();
    const told: string[] = [];
    events.on('error', (fact) => told.push(fact.doing));
    const maintenance = new Maintenance(options);
    store.away = true;
    maintenance.start();
    await clock.advance('30s');
    expect(told.sort()).toEqual(['prune', 'reap', 'relay']);
    store.away = false;
    store.asked.length = 0;
    await clock.advance('30s');
    expect(store.asked).toEqual(expect.arrayContaining(['reap orders/1', 'prune orders/1', 'relay orders/1']));
    await maintenance.stop();
    expect(clock.waiting).toBe(0);
  });
});
