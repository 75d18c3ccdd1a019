import { cron, Events, every, Schedules, systemClock, type Trigger } from 'millrace';
import { SlotTasks } from '../fixtures/schedules.tasks.js';
import { eventually } from '../support/eventually.js';
import { setup, stores, type WorkerProcess } from './world.js';

const second = 1000;
/** Of every schedule, before the story ends. */
const wanted = 12;

describe.each(stores)('schedulers that die, on %s', (kind) => {
  let world: Awaited<ReturnType<typeof setup>>;
  let schedules: Schedules;
  beforeEach(async () => {
    world = await setup(kind);
    const { store, queue } = world;
    schedules = new Schedules({ store, queue, clock: systemClock, events: new Events() });
  });
  afterEach(() => world.close());

  const start = (role: 'scheduler' | 'runner') => world.worker({ ROLE: role }, 'schedules.worker');

  /** A job for every slot, whoever is late. Answers the first slot. */
  async function put(id: string, trigger: Trigger): Promise<number> {
    const { next } = await schedules.put(id, { task: SlotTasks.tick, trigger, misfire: 'all' });
    return next!;
  }

  /** Of one schedule, or of all; as often as the ledger has them. */
  const slots = (what: 'fired' | 'ran', id = '') =>
    world.lines(what).flatMap(({ name }) => (name.startsWith(`${id}@`) || !id ? [name] : []));

  /** Whoever was the first at the latest slot, once there are `n` more. */
  async function lastToFire(n: number, among: readonly WorkerProcess[]): Promise<WorkerProcess> {
    const before = world.lines('fired').length;
    await eventually(() => world.lines('fired').length >= before + n, { within: 15_000, what: `${n} more slots` });
    const latest = world.lines('fired').at(-1)!;
    return among.find(({ pid }) => pid === latest.pid)!;
  }

  /** Until the store's clock is so much further. */
  async function passes(ms: number): Promise<void> {
    const until = (await world.store.time()) + ms;
    await eventually(async () => (await world.store.time()) >= until, { what: `${ms} ms` });
  }

  it('SC2, SC3, S1: of processes that only fire one is killed and one frozen, and every slot has one job', async () => {
    const [runner, ...schedulers] = await Promise.all([
      start('runner'),
      ...Array.from({ length: 4 }, () => start('scheduler')),
    ]);
    const firsts = { cron: await put('cron', cron('* * * * * *')), interval: await put('interval', every('1s')) };

    const killed = await lastToFire(4, schedulers);
    killed.signal('SIGKILL');
    const frozen = await lastToFire(
      4,
      schedulers.filter((one) => one !== killed),
    );
    frozen.signal('SIGSTOP');
    await passes(3 * second);
    frozen.signal('SIGCONT');
    await eventually(() => Object.keys(firsts).every((id) => slots('ran', id).length >= wanted), { within: 30_000 });
    const paused = await Promise.all(Object.keys(firsts).map((id) => schedules.pause(id)));
    const made = paused.reduce((sum, view) => sum + view!.counts.enqueued, 0);
    await eventually(() => slots('ran').length >= made, { what: `${made} lines` });
    const settled = await eventually(async () => {
      const [queue] = await world.queue.counts();
      return queue!.counts.completed >= made ? queue : undefined;
    });

    for (const { id, last, counts } of paused.map((view) => view!)) {
      const expected: string[] = [];
      for (let slot = firsts[id as keyof typeof firsts]; slot <= last!; slot += second) expected.push(nameOf(id, slot));
      expect(slots('ran', id).toSorted()).toEqual(expected);
      expect(counts).toEqual({ enqueued: expected.length, skipped: 0, missed: 0 });
    }
    expect(settled.totals.enqueued).toBe(made);
    expect(new Set(slots('fired')).size).toBe(slots('fired').length);
    expect(new Set(world.lines('ran').map(({ pid }) => pid))).toEqual(new Set([runner.pid]));
    const scheduling = new Set(schedulers.map(({ pid }) => pid));
    expect(world.lines('fired').filter(({ pid }) => !scheduling.has(pid))).toEqual([]);
  }, 90_000);
});

function nameOf(id: string, slot: number): string {
  return `${id}@${new Date(slot).toISOString()}`;
}
