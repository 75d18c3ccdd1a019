import type { JobView } from 'millrace';
import { setup, stores, type WorkerProcess } from '../faults/world.js';
import { GateTasks, type Step } from '../fixtures/gates.tasks.js';
import { eventually } from '../support/eventually.js';

type World = Awaited<ReturnType<typeof setup>>;
type Kind = 'limited' | 'grouped' | 'ordered' | 'nested' | 'paced' | 'plain';

/** The same in every run. */
function dice(seed: number) {
  return (sides: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * sides);
  };
}

const program = 'gates.worker';
const [, key, number] = [0, 1, 2];
const partOf = (name: string, part: number) => name.split(':')[part]!;

async function listed(world: World): Promise<JobView[]> {
  return (await world.queue.list({ queue: 'gates', state: 'active', limit: 200 })).jobs;
}

/** Jobs that were active all at the same moment: a list is read page by page, so these are in one that began after another. */
async function active(world: World): Promise<JobView[]> {
  const before = new Set((await listed(world)).map(({ id, startedAt }) => `${id} ${startedAt}`));
  return (await listed(world)).filter(({ id, startedAt }) => before.has(`${id} ${startedAt}`));
}

function counted<T>(items: readonly T[], by: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(by(item), (counts.get(by(item)) ?? 0) + 1);
  return counts;
}

describe.each(stores)('gates and workers that die, on %s', (kind) => {
  let world: World;
  beforeEach(async () => void (world = await setup(kind)));
  afterEach(() => world.close());

  const add = (which: Kind, name: string, does: Step['does'] = 'end') =>
    world.queue.enqueue(GateTasks[which], { name: `${which}:${name}`, key: name.split(':')[0]!, does });

  it('RP4: kill -9 gives the places of a task, of a group and of an order back once its lease is over, and not before', async () => {
    const first = await world.worker({}, program);
    for (let n = 1; n <= 9; n++) await add('limited', `a:${n}`, 'hold');
    for (let n = 1; n <= 4; n++) await add('grouped', `a:${n}`, 'hold');
    for (let n = 1; n <= 2; n++) await add('ordered', `a:${n}`, 'hold');
    await eventually(() => world.lines('began').length === 10);
    await world.worker({}, program);
    const most = new Map<string, number>();
    first.signal('SIGKILL');
    await eventually(async () => {
      for (const [task, count] of counted(await active(world), (job) => job.task)) {
        most.set(task, Math.max(count, most.get(task) ?? 0));
      }
      return world.lines('began').length === 20;
    });
    expect(Object.fromEntries(most)).toEqual({ 'gates.limited': 7, 'gates.grouped': 2, 'gates.ordered': 1 });
    expect(world.lines('began', 'ordered:a:1')).toHaveLength(2);
    expect(world.lines('began', 'ordered:a:2')).toHaveLength(0);
    world.go();
    await eventually(async () => (await world.queue.counts())[0]!.counts.completed === 15);
    expect(world.lines('ended').map(({ name }) => name)).toHaveLength(15);
  }, 60_000);

  it('RP3, RP4: four workers, some of which are killed again and again, 200 groups, and hands in between: no limit is broken, no order, nothing is stuck', async () => {
    const roll = dice(kind === 'redis' ? 7 : 11);
    const workers: WorkerProcess[] = await Promise.all([1, 2, 3, 4].map(() => world.worker({}, program)));
    const kinds: Kind[] = ['limited', 'grouped', 'ordered', 'nested', 'paced', 'plain'];
    const deeds: Step['does'][] = ['end', 'end', 'end', 'wait', 'wait', 'fail', 'snooze', 'limit'];
    const last = new Map<string, number>();
    const touched = new Set<string>();
    const ids: string[] = [];
    const broken: string[] = [];
    let busy = 0;
    let over = false;

    const watch = async () => {
      const most: Record<string, number> = { 'gates.limited': 7, 'gates.nested': 9 };
      const mostByKey: Record<string, number> = { 'gates.grouped': 2, 'gates.ordered': 1, 'gates.nested': 1 };
      while (!over) {
        const jobs = await active(world);
        busy += jobs.length > 9 ? 1 : 0;
        for (const [task, count] of counted(jobs, (job) => job.task)) {
          if (count > (most[task] ?? Infinity)) broken.push(`${count} of ${task}`);
        }
        for (const [whose, count] of counted(jobs, (job) => `${job.task} ${(job.payload as Step).key}`)) {
          if (count > (mostByKey[whose.split(' ')[0]!] ?? Infinity)) broken.push(`${count} of ${whose}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    const produce = async () => {
      for (let n = 0; n < 120; n++) {
        const which = kinds[roll(kinds.length)]!;
        const items = Array.from({ length: 1 + roll(25) }, () => {
          const group = `g${roll(roll(3) === 0 ? 200 : 12)}`;
          const count = (last.get(`${which}:${group}`) ?? 0) + 1;
          last.set(`${which}:${group}`, count);
          const payload: Step = { name: `${which}:${group}:${count}`, key: group, does: deeds[roll(deeds.length)]! };
          return { payload };
        });
        const jobs = await world.queue.enqueueMany(GateTasks[which], items);
        ids.push(...jobs.map(({ id }) => id));
        if (roll(4) === 0) await hand();
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    };

    const hand = async () => {
      const id = ids[roll(ids.length)]!;
      const name = ((await world.queue.job(id))?.view.payload as Step | undefined)?.name;
      const which = kinds[roll(kinds.length)]!;
      switch (roll(7)) {
        case 0:
          if (name) touched.add(name);
          return world.queue.cancel(id);
        case 1:
          if (name) touched.add(name);
          return world.queue.remove(id);
        case 2:
          if (name) touched.add(name);
          return world.queue.retry(id);
        case 3:
          return world.queue.pause(GateTasks[which]);
        case 4:
          return world.queue.resume(GateTasks[which]);
        case 5:
          return world.queue.configure(GateTasks.limited, { maxActive: 1 + roll(7) });
        default:
          return world.queue.configure(GateTasks.grouped, { group: { maxActive: 1 + roll(2) } });
      }
    };

    const kill = async () => {
      for (let n = 0; n < 7 && !over; n++) {
        await new Promise((resolve) => setTimeout(resolve, 500 + roll(1000)));
        const victim = roll(workers.length);
        workers[victim]!.signal(n % 3 === 2 ? 'SIGTERM' : 'SIGKILL');
        await workers[victim]!.ended;
        workers[victim] = await world.worker({}, program);
      }
    };

    const left = async () =>
      (await world.queue.list({ queue: 'gates', state: ['ready', 'active', 'scheduled', 'blocked'] })).jobs;

    const watching = watch();
    await Promise.all([produce(), kill()]);
    for (const which of kinds) await world.queue.configure(GateTasks[which], null);
    await eventually(async () => (await left()).length === 0, { within: 60_000, what: 'the end of all jobs' }).catch(
      async (error: unknown) => {
        over = true;
        const jobs = await Promise.all((await left()).slice(0, 5).map(({ id }) => world.queue.job(id)));
        const why = jobs.map(async (job) => `${job!.view.task} ${job!.view.state}: ${await job!.whyWaiting()}`);
        throw new Error((await Promise.all(why)).join('\n'), { cause: error });
      },
    );
    over = true;
    await watching;

    expect(broken).toEqual([]);
    expect(busy).toBeGreaterThan(5);
    const began = world.lines('began').sort((a, b) => a.fence - b.fence);
    expect(new Set(began.map(({ name }) => name)).size).toBeGreaterThan(1000);
    for (const which of ['ordered', 'nested']) {
      const its = began.filter(({ name }) => name.startsWith(`${which}:`) && !touched.has(name));
      const byKeys = new Map<string, number[]>();
      for (const { name } of its) {
        const known = byKeys.get(partOf(name, key)) ?? [];
        byKeys.set(partOf(name, key), [...known, Number(partOf(name, number))]);
      }
      for (const [whose, numbers] of byKeys) {
        expect([which, whose, ...numbers]).toEqual([which, whose, ...numbers.slice().sort((a, b) => a - b)]);
      }
    }
    // Closing the world finds the store in order.
  }, 180_000);
});
