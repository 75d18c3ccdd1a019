import type { TaskSettings } from '../store.js';
import { every, Gated, group, ids, order, task } from './gated.js';
import { completed, lane, released, retried, type Stage } from './stage.js';

export function describeTaskSettings(stage: Stage): void {
  const gated = new Gated(stage);
  const other = { ...lane, shard: 1 };
  const say = (said: TaskSettings | null, name = 'grind') =>
    stage.store.configure(lane.queue, { tasks: { [name]: said } });

  describe('configure tasks', () => {
    const unset = { paused: false, maxReady: null, maxActive: null, rate: null, weights: null, tasks: {} };
    const rate = every(1000, 2);

    it('answers and shows the whole, merged', async () => {
      expect(await say({ max: 3, rate })).toEqual({ ...unset, tasks: { grind: { max: 3, rate } } });
      expect(await say({ paused: true, group: { max: 1 } })).toEqual({
        ...unset,
        tasks: { grind: { paused: true, max: 3, rate, group: { max: 1 } } },
      });
      expect(await say({ max: 1 }, 'sift')).toMatchObject({ tasks: { sift: { max: 1 }, grind: { max: 3 } } });
      expect(await say({ group: { rate } })).toMatchObject({ tasks: { grind: { group: { max: 1, rate } } } });
      expect((await stage.counted())!.settings).toEqual({
        ...unset,
        tasks: { grind: { paused: true, max: 3, rate, group: { max: 1, rate } }, sift: { max: 1 } },
      });
    });

    it('keeps null, which is no bound, and that a task was paused, and drops what says nothing', async () => {
      expect(await say({ max: null, rate: null, group: { max: null } })).toEqual({
        ...unset,
        tasks: { grind: { max: null, rate: null, group: { max: null } } },
      });
      expect(await say({ group: {}, max: undefined }, 'sift')).toMatchObject({ tasks: { grind: { max: null } } });
      expect(Object.keys((await stage.counted())!.settings.tasks)).toEqual(['grind']);
      await say({ paused: true, group: {} }, 'sift');
      expect((await say({ paused: false }, 'sift')).tasks['sift']).toEqual({ paused: false });
    });

    it('takes back all that was said of a task with null, and of no other', async () => {
      await say({ max: 1, paused: true });
      await say({ max: 2 }, 'sift');

      expect(await say(null)).toEqual({ ...unset, tasks: { sift: { max: 2 } } });
      expect(await say(null, 'unknown')).toEqual({ ...unset, tasks: { sift: { max: 2 } } });
    });

    it('leaves what is undefined, and the other settings', async () => {
      await stage.store.configure(lane.queue, { maxReady: 9, tasks: { grind: { max: 1 } } });

      expect(await say({ max: undefined, rate })).toEqual({
        ...unset,
        maxReady: 9,
        tasks: { grind: { max: 1, rate } },
      });
      expect(await stage.store.configure(lane.queue, { maxReady: null })).toEqual({
        ...unset,
        tasks: { grind: { max: 1, rate } },
      });
    });

    it.each(['constructor', '__proto__', 'a b', 'ä%💧'])(
      'knows a task called %j by what was said of it only',
      async (name) => {
        await stage.workers('ann');
        const job = { task: name };
        const first = await stage.addMany(2, job);
        expect(await gated.claim('ann')).toEqual(first);

        const tasks = Object.fromEntries([[name, { max: 2 }]]);
        await stage.store.configure(lane.queue, { tasks });
        expect(Object.entries((await stage.counted())!.settings.tasks)).toEqual([[name, { max: 2 }]]);
        await stage.addMany(3, job);
        expect(await gated.claim('ann')).toHaveLength(2);
      },
    );
  });

  describe('a paused task', () => {
    it('accepts jobs, begins none, and is in nobody’s way', async () => {
      await stage.workers('ann');
      const before = await stage.add();
      await say({ paused: true });
      const after = await stage.add();
      const free = await stage.add({ task: 'sift' });

      expect(await gated.claim('ann')).toEqual([free]);
      expect(await stage.states([before, after])).toEqual(['ready', 'ready']);
      expect(await gated.parked(before)).toEqual(task('grind'));
      expect(await gated.parked(after)).toEqual(task('grind'));
      expect(await stage.exchange('ann')).toMatchObject({ more: false, dueIn: undefined });
    });

    it('lets those that run go on', async () => {
      const held = await stage.held();
      await say({ paused: true });

      expect(await stage.settle('ann', retried(held))).toBe('ready');
      expect(await gated.claim('ann')).toEqual([]);
      await say({ paused: false });
      expect(await gated.claim('ann')).toEqual([held.id]);
    });

    it('goes on in order: those that were in line before, then those that came meanwhile, then later ones', async () => {
      await stage.workers('ann');
      const before = await stage.addMany(5);
      await say({ paused: true });
      expect(await gated.claim('ann')).toEqual([]);
      stage.clock.jump(10);
      const meanwhile = await stage.addMany(3);
      stage.clock.jump(10);
      await say({ paused: false });
      const later = await stage.addMany(2);

      expect(await gated.drain('ann')).toEqual([...before, ...meanwhile, ...later]);
    });

    it('goes on in order when nobody looked in between', async () => {
      await stage.workers('ann');
      const before = await stage.addMany(3);
      await say({ paused: true });
      const meanwhile = await stage.addMany(2);
      await say(null);

      expect(await gated.drain('ann')).toEqual([...before, ...meanwhile]);
    });

    it('goes on in order though not all may go on at once, and some had not come to the head', async () => {
      await stage.workers('ann');
      const before = await stage.addMany(150);
      const free = await stage.add({ task: 'sift' });
      const behind = await stage.add();
      await say({ paused: true });
      expect(await gated.claim('ann', 1)).toEqual([free]);
      await say({ paused: false });

      expect(await gated.drain('ann', 200)).toEqual([...before, behind]);
    });

    it('goes on by priority', async () => {
      await stage.workers('ann');
      await say({ paused: true });
      const jobs: string[] = [];
      for (const priority of [3, 2, 0]) jobs.push(await stage.add({ priority }));
      await say({ paused: false });

      expect(await gated.drain('ann')).toEqual(jobs.reverse());
    });

    it('keeps jobs that come back, fall due, follow or are retried by hand', async () => {
      const parent = await stage.held('ann', { task: 'sift' });
      const failed = await stage.add();
      await stage.store.cancel([failed]);
      const due = await stage.add({ due: { in: 1000 } });
      const follows = await stage.add({ after: [parent.id] });
      await say({ paused: true });

      await stage.settle('ann', completed(parent));
      await stage.store.retry([failed]);
      stage.clock.jump(1000);

      expect(await gated.claim('ann')).toEqual([]);
      expect(await stage.states([failed, due, follows])).toEqual(['ready', 'ready', 'ready']);
    });

    it('lets jobs be cancelled, removed and put off', async () => {
      await stage.workers('ann');
      await say({ paused: true });
      const [a, b, c] = await stage.addMany(3);
      expect(await stage.store.cancel([a!])).toMatchObject([{ applied: true, state: 'cancelled' }]);
      expect(await stage.store.remove([b!])).toMatchObject([{ applied: true }]);
      expect(await stage.store.reschedule([c!], { in: 1000 })).toMatchObject([{ applied: true, state: 'scheduled' }]);
      await say(null);
      stage.clock.jump(1000);

      expect(await gated.claim('ann')).toEqual([c]);
    });

    it('is paused in all lanes of its queue, also those still to come, and in no other queue', async () => {
      await say({ paused: true });
      const elsewhere = { queue: 'other', shard: 0 };
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, other, elsewhere] }));
      await stage.add({ lane: other });
      await stage.add();
      const away = await stage.add({ lane: elsewhere });

      expect(await gated.claim('ann')).toEqual([]);
      expect(await stage.claim('ann', 1, { lane: other })).toEqual([]);
      expect(ids(await stage.claim('ann', 1, { lane: elsewhere }))).toEqual([away]);

      await say({ paused: false });
      expect(await gated.claim('ann')).toHaveLength(1);
      expect(await stage.claim('ann', 1, { lane: other })).toHaveLength(1);
    });

    it('goes on with a hint', async () => {
      await stage.workers('ann');
      await say({ paused: true });
      await stage.add();

      await stage.hinted({ lanes: [lane] }, 'ready', () => say({ paused: false }));
    });

    it('keeps a job that waited further in, once it is let through there', async () => {
      const gates = [order('a')];
      const held = await stage.held('ann', { gates, task: 'sift' });
      const next = await stage.add({ gates });
      await say({ paused: true });
      expect(await gated.parked(next)).toEqual(order('a'));

      const { jobs, more } = await stage.exchange('ann', { settle: [completed(held)] });

      expect([jobs, more]).toEqual([[], false]);
      expect(await gated.parked(next)).toEqual(task('grind'));
    });

    it('keeps jobs in front of its own gate, and lets go of what they held further in', async () => {
      await stage.workers('ann');
      const gates = [group('a', { max: 1 }), task('grind')];
      const [first, second] = [
        await stage.add({ gates }),
        await stage.add({ gates: [group('a', { max: 1 })], task: 'sift' }),
      ];
      await say({ paused: true });
      expect(await gated.claim('ann')).toEqual([]);
      expect([await gated.parked(first), await gated.parked(second)]).toEqual([task('grind'), group('a', { max: 1 })]);

      await stage.store.reschedule([first], { in: 1000 });
      expect(await gated.claim('ann')).toEqual([second]);
    });
  });

  describe('a task with a max by settings', () => {
    it('binds jobs without gates: those in line, and those that come', async () => {
      await stage.workers('ann');
      const before = await stage.addMany(3);
      await say({ max: 2 });
      const later = await stage.addMany(2);

      const jobs = await stage.claim('ann', 10);
      expect(ids(jobs)).toEqual(before.slice(0, 2));
      expect(await gated.parked(before[2]!)).toEqual(task('grind'));

      await stage.exchange('ann', { settle: jobs.map((job) => completed(job)) });
      expect(await gated.claim('ann')).toEqual([before[2], later[0]]);
    });

    it('binds no other task', async () => {
      await stage.workers('ann');
      await say({ max: 1 });
      await stage.addMany(2);
      const free = await stage.addMany(2, { task: 'grind +' });

      expect((await gated.claim('ann')).slice(1)).toEqual(free);
    });

    it('counts no job that was active before', async () => {
      const held = await stage.held();
      await say({ max: 1 });
      const [first, second] = await stage.addMany(2);
      expect(await gated.claim('ann')).toEqual([first]);

      await stage.settle('ann', completed(held));
      expect(await gated.isParked(second!)).toBe(true);
    });

    it('comes before what the job says, up and down, at once', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(6, { gates: [task('grind', 2)] });
      await say({ max: 4 });
      const running = await stage.claim('ann', 10);
      expect(ids(running)).toEqual(jobs.slice(0, 4));

      await say({ max: 1 });
      await stage.exchange('ann', { settle: running.slice(0, 3).map((job) => completed(job)) });
      expect(await gated.claim('ann')).toEqual([]);
      await stage.settle('ann', completed(running[3]!));
      expect(await gated.claim('ann')).toEqual([jobs[4]]);

      await say(null);
      expect(await gated.claim('ann')).toEqual([jobs[5]]);
    });

    it('of null is no bound, whatever the job says', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(3, { gates: [task('grind', 1)] });
      await say({ max: null });

      expect(await gated.claim('ann')).toEqual(jobs);
    });

    it('stays with a job that has it, as its own gate, and binds it no more when it is taken back', async () => {
      await stage.workers('ann');
      await say({ max: 1 });
      const jobs = await stage.addMany(3);
      expect(await gated.claim('ann')).toEqual([jobs[0]]);
      await say(null);

      expect(await gated.claim('ann')).toEqual([jobs[1], jobs[2]]);
    });

    it('holds a job back that stands in line with too little room', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(4, { gates: [task('grind', 4)] });
      const [first] = await stage.claim('ann', 1);
      await say({ max: 1 });
      expect(await gated.claim('ann')).toEqual([]);
      expect(await gated.ready()).toEqual(jobs.slice(1));

      await stage.settle('ann', released(first!));
      expect(await gated.claim('ann')).toEqual([jobs[0]]);
    });

    it('opens with a hint when it grows', async () => {
      await stage.workers('ann');
      await say({ max: 1 });
      await stage.addMany(2);
      await stage.claim('ann', 1);

      await stage.hinted({ lanes: [lane] }, 'ready', () => say({ max: 2 }));
    });
  });

  describe('a task with a rate by settings', () => {
    it('binds jobs without gates: those in line, and those that come', async () => {
      await stage.workers('ann');
      const before = await stage.addMany(2);
      await say({ rate: every(1000) });
      const later = await stage.add();
      expect(await gated.claim('ann')).toEqual([before[0]]);

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([before[1]]);
      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([later]);
    });

    it('comes before what the job says, faster at once', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(3, { gates: [task('grind', undefined, { rate: every(3_600_000) })] });
      expect(await gated.claim('ann')).toEqual([jobs[0]]);
      await say({ rate: every(1000) });
      expect(await stage.exchange('ann', { want: 10 })).toMatchObject({ jobs: [], dueIn: 1000 });

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([jobs[1]]);
      await say({ rate: null });
      expect(await gated.claim('ann')).toEqual([jobs[2]]);
    });

    it('becomes slower at once', async () => {
      await stage.workers('ann');
      await say({ rate: every(100) });
      await stage.addMany(3);
      await stage.claim('ann', 1);
      await say({ rate: every(5000) });
      stage.clock.jump(100);
      expect(await gated.claim('ann')).toHaveLength(1);
      stage.clock.jump(4999);
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(1);
      expect(await gated.claim('ann')).toHaveLength(1);
    });

    it('is what the job says again when it is taken back', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(2, { gates: [task('grind', undefined, { rate: every(1000) })] });
      await say({ rate: every(5000) });
      expect(await gated.claim('ann')).toEqual([jobs[0]]);
      await say(null);
      stage.clock.jump(4999);
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(1);
      expect(await gated.claim('ann')).toEqual([jobs[1]]);
    });
  });

  describe('groups of a task by settings', () => {
    const tenant = (key: string) => ({ gates: [group(key)] });

    it('have the max and rate of each group', async () => {
      await stage.workers('ann');
      await say({ group: { max: 1 } });
      const [a, , b] = [await stage.add(tenant('a')), await stage.add(tenant('a')), await stage.add(tenant('b'))];
      const free = await stage.add({ gates: [group('a')], task: 'sift', priority: 0 });

      expect(await gated.claim('ann')).toEqual([free, b]);
      expect(await stage.states([a])).toEqual(['ready']);
    });

    it('give none to jobs without a group', async () => {
      await stage.workers('ann');
      await say({ group: { max: 1, rate: every(1000) } });
      const jobs = await stage.addMany(3);

      expect(await gated.claim('ann')).toEqual(jobs);
    });

    it('go by their rate, and on at once when that is taken back', async () => {
      await stage.workers('ann');
      await say({ group: { rate: every(60_000) } });
      const jobs = await stage.addMany(3, tenant('a'));
      expect(await gated.claim('ann')).toEqual([jobs[0]]);
      expect(await gated.parked(jobs[1]!)).toEqual({ ...group('a'), until: stage.now + 60_000 });

      await say({ group: { rate: null } });

      expect(await gated.claim('ann')).toEqual([jobs[1], jobs[2]]);
    });

    it('let more through at once when their max grows, and all when it is none', async () => {
      await stage.workers('ann');
      await say({ group: { max: 1 } });
      const jobs = await stage.addMany(6, tenant('a'));
      expect(await gated.claim('ann')).toEqual([jobs[0]]);

      await say({ group: { max: 3 } });
      expect(await gated.claim('ann')).toEqual(jobs.slice(1, 3));

      await say({ group: { max: null } });
      expect(await gated.claim('ann')).toEqual(jobs.slice(3));
    });

    it('bind no order', async () => {
      await stage.workers('ann');
      await say({ max: 9, group: { max: 9, rate: every(60_000) } });
      const [first, second] = await stage.addMany(2, { gates: [order('a')] });
      const [running] = await stage.claim('ann', 10);
      expect(running!.id).toBe(first);
      expect(await gated.claim('ann')).toEqual([]);

      await stage.settle('ann', completed(running!));
      expect(await gated.claim('ann')).toEqual([second]);
    });
  });
}
