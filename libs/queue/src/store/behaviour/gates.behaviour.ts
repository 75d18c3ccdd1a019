import type { ClaimedJob, JobRecord, Settlement } from '../store.js';
import { Gated, ids, one, task, two } from './gated.js';
import { cancelled, completed, failed, lane, released, retried, snoozed, type Stage } from './stage.js';

/** With a gate of a task and a `max`, as it stands for all. */
export function describeGates(stage: Stage): void {
  const gated = new Gated(stage);
  const other = { queue: 'other', shard: 0 };

  describe('a gate', () => {
    it('lets so many jobs of its key run; the surplus stays ready', async () => {
      await stage.workers('ann', 'bob');
      const [a, b, c, d] = await stage.addMany(4, two);

      expect(await gated.claim('ann', 1)).toEqual([a]);
      expect(await gated.claim('bob')).toEqual([b]);
      expect(await gated.claim('bob')).toEqual([]);

      expect(await stage.states([a!, b!, c!, d!])).toEqual(['active', 'active', 'ready', 'ready']);
      expect((await stage.counted())!.counts).toMatchObject({ active: 2, ready: 2 });
    });

    it('is no matter of the answer to an enqueue', async () => {
      const { next } = await gated.setup();
      const [answer] = await stage.store.enqueue([stage.job({ ...one, due: { in: -1 } })]);

      expect(answer).toMatchObject({ created: true, state: 'ready' });
      expect(await stage.record(next)).toMatchObject({ state: 'ready', attempts: 0, history: [] });
      expect((await stage.record(answer!.id))!.dueAt).toBeUndefined();
    });

    it('counts a job that is next in line as well as one that runs', async () => {
      await stage.workers('ann');
      const low = await stage.add({ ...one, priority: 3 });
      const urgent = await stage.add({ ...one, priority: 0 });

      expect(await gated.claim('ann')).toEqual([low]);
      expect(await stage.states([urgent])).toEqual(['ready']);
    });

    it('binds no job of another key, of none, or of another lane', async () => {
      const { next } = await gated.setup();
      await stage.store.register(stage.workerRecord({ id: 'bob', lanes: [lane, other, { ...lane, shard: 1 }] }));
      const free = [
        await stage.add({ gates: [task('k2', 1)] }),
        await stage.add({ gates: [task('K', 1)] }),
        await stage.add(),
      ];
      const [away, beside] = [
        await stage.add({ ...one, lane: other }),
        await stage.add({ ...one, lane: { ...lane, shard: 1 } }),
      ];

      expect(await gated.claim('bob')).toEqual(free);
      expect(ids(await stage.claim('bob', 10, { lane: other }))).toEqual([away]);
      expect(ids(await stage.claim('bob', 10, { lane: { ...lane, shard: 1 } }))).toEqual([beside]);
      expect(await gated.isParked(next)).toBe(true);
    });

    it.each(['a b', 'a', 'a ', 'a!', 'ä', '%', '%20', "'*~", '💧', 'x'.repeat(256)])(
      'keeps the key %j apart from all others',
      async (key) => {
        await stage.workers('ann');
        const others = ['a b', 'a', 'a%20b', 'ä', '%', 'z'].filter((other) => other !== key);
        const add = (name: string) => stage.add({ gates: [task(name, 1)] });
        const first = await add(key);
        for (const name of others) await add(name);
        const second = await add(key);
        for (const name of others) await add(name);
        const jobs = await stage.claim('ann', 100);
        expect(jobs).toHaveLength(others.length + 1);

        const { jobs: after } = await stage.exchange('ann', { settle: [completed(jobs[0]!)], want: 100 });

        expect([jobs[0]!.id, ids(after)]).toEqual([first, [second]]);
      },
    );

    it('is that of each job: one that asks for more room passes, but nobody who waits', async () => {
      await stage.held('ann', one);
      const passing = await stage.add(two);
      expect(await gated.claim('ann')).toEqual([passing]);

      const next = await stage.add(one);
      const behind = await stage.add({ gates: [task('grind', 9)] });
      const urgent = await stage.add({ gates: [task('grind', 9)], priority: 0 });

      expect(await gated.claim('ann')).toEqual([urgent]);
      expect(await stage.states([next, behind])).toEqual(['ready', 'ready']);
    });

    it('holds a job back that asks for less room than others took before it began', async () => {
      await stage.workers('ann');
      const modest = await stage.add({ ...one, priority: 3 });
      const generous = await stage.add({ ...two, priority: 0 });
      const [first] = await stage.claim('ann', 1);
      expect(first!.id).toBe(generous);

      expect(await gated.claim('ann')).toEqual([]);
      expect(await gated.parked(modest)).toEqual(one.gates[0]);

      await stage.settle('ann', completed(first!));
      expect(await gated.claim('ann')).toEqual([modest]);
    });

    it('is never passed, whoever works', async () => {
      const workers = ['ann', 'bob', 'cid'];
      await stage.workers(...workers);
      await stage.addMany(30, { gates: [task('grind', 3)] });
      const held = new Map<string, ClaimedJob[]>(workers.map((worker) => [worker, []]));
      const began: string[] = [];

      for (let turn = 0; began.length < 30 && turn < 100; turn++) {
        const worker = workers[turn % 3]!;
        const settle = held.get(worker)!.map((job) => (turn % 2 ? completed(job) : retried(job, 1)));
        held.set(worker, (await stage.exchange(worker, { settle, want: 1 + (turn % 4) })).jobs);
        stage.clock.jump(1);
        expect((await stage.counted())!.counts.active).toBeLessThanOrEqual(3);
        began.push(...ids(held.get(worker)!).filter((id) => !began.includes(id)));
      }

      expect(began).toHaveLength(30);
    });

    it('holds for jobs that follow from a settlement, or from a slot', async () => {
      const { held, next } = await gated.setup();
      const [follows, fired] = [stage.job(one), stage.job(one)];
      await stage.settle('ann', retried(held, 0));
      await stage.claim('ann', 1);
      await stage.store.putSchedule({ id: 's', body: '{}', paused: false, next: 1 }, 0);
      await stage.store.fire([{ id: 's', seen: 1, slots: [], jobs: [fired], last: 1, next: 2 }]);
      const [again] = (await stage.store.find([{ id: held.id }])) as [JobRecord];

      const settle = [completed({ ...held, fence: again.fence! }, { then: [follows] })];
      const { jobs } = await stage.exchange('ann', { settle, want: 10 });

      expect(ids(jobs)).toEqual([next]);
      expect(await gated.ready()).toEqual([follows.id, fired.id]);
    });
  });

  describe('a place behind a gate', () => {
    const endings: [string, (held: ClaimedJob) => Settlement][] = [
      ['completes', (held) => completed(held)],
      ['completes and leaves no record', (held) => completed(held, { keep: 0 })],
      ['fails', (held) => failed(held)],
      ['is cancelled by its handler', (held) => cancelled(held)],
      ['is to be retried later', (held) => retried(held, 1000)],
      ['is snoozed', (held) => snoozed(held, 1000)],
      ['is released for later', (held) => released(held, { in: 1000 })],
    ];

    it.each(endings)('is free for the next when a job %s, in the same exchange', async (_, ending) => {
      const { held, waiting } = await gated.setup([{}, {}]);

      const { jobs, more } = await stage.exchange('ann', { settle: [ending(held)], want: 10 });

      expect(ids(jobs)).toEqual([waiting[0]]);
      expect(more).toBe(false);
      expect(await gated.ready()).toEqual([waiting[1]]);
    });

    const controls: [string, (id: string) => Promise<unknown>][] = [
      ['is cancelled', (id) => stage.store.cancel([id])],
      ['is removed', (id) => stage.store.remove([id])],
      ['is put off', (id) => stage.store.reschedule([id], { in: 1000 })],
    ];

    it.each(controls)('is free for the next when a job that is next in line %s', async (_, control) => {
      await stage.workers('ann');
      const [first, second, third] = await stage.addMany(3, one);

      await control(first!);

      expect(await gated.claim('ann')).toEqual([second]);
      expect(await gated.ready()).toEqual([third]);
    });

    it('is free when a running job is cancelled by force, not when it is marked', async () => {
      const { held, next } = await gated.setup();
      await stage.store.cancel([held.id]);
      expect(await gated.isParked(next)).toBe(true);

      await stage.store.cancel([held.id], { force: true });
      expect(await gated.isParked(next)).toBe(false);
    });

    it('is free when a marked job would run again', async () => {
      const { held, next } = await gated.setup();
      await stage.store.cancel([held.id]);

      const { jobs } = await stage.exchange('ann', { settle: [retried(held)], want: 1 });

      expect(ids(jobs)).toEqual([next]);
    });

    it('is free when a job expires, for the same claim', async () => {
      await stage.workers('ann');
      const first = await stage.add({ ...one, expires: { in: 1000 } });
      const next = await stage.add(one);
      stage.clock.jump(1000);

      expect(await gated.claim('ann')).toEqual([next]);
      expect(await stage.states([first])).toEqual(['cancelled']);
    });

    it('is free when a job loses its last worker', async () => {
      const { next } = await gated.setup([{}], { crashLimit: 1 });
      await stage.lose();

      expect(await gated.claim('keeper')).toEqual([next]);
    });

    const returns: [string, (held: ClaimedJob) => Promise<unknown>][] = [
      ['is retried at once', (held) => stage.settle('ann', retried(held))],
      ['is snoozed for no time', (held) => stage.settle('ann', snoozed(held, 0))],
      ['is released', (held) => stage.settle('ann', released(held))],
      ['is released for no time', (held) => stage.settle('ann', released(held, { in: 0 }))],
      ['loses its worker', () => stage.lose()],
      ['is given back as its worker retires', () => stage.store.retire('ann')],
      ['is reconciled', () => stage.store.reconcile('ann', lane, [])],
    ];

    it.each(returns)('is kept by a job that %s', async (_, giveBack) => {
      const { held, next } = await gated.setup();

      await giveBack(held);

      await stage.workers('bob');
      expect(await gated.ready()).toEqual([held.id, next]);
      expect(await gated.claim('bob')).toEqual([held.id]);
      expect(await gated.claim('bob')).toEqual([]);
    });

    it('is not taken by jobs that are scheduled, blocked or over', async () => {
      const parent = await stage.held('bob');
      await stage.add({ ...one, due: { in: 1000 } });
      await stage.add({ ...one, after: [parent.id] });
      const over = await stage.add(one);
      await stage.store.cancel([over]);
      await stage.workers('ann');
      const id = await stage.add(one);

      expect(await gated.claim('ann')).toEqual([id]);
    });

    it('is asked for anew by a job that was away', async () => {
      const { held, next } = await gated.setup();
      await stage.settle('ann', retried(held, 1000));
      expect(await gated.claim('ann')).toEqual([next]);
      stage.clock.jump(1000);

      expect(await gated.claim('ann')).toEqual([]);
      expect(await stage.states([held.id])).toEqual(['ready']);
    });

    it('is asked for by a job that was blocked, once it is free', async () => {
      const parent = await stage.held('bob');
      const { held } = await gated.setup([]);
      const id = await stage.add({ ...one, after: [parent.id] });

      await stage.settle('bob', completed(parent));
      expect(await gated.isParked(id)).toBe(true);

      await stage.settle('ann', completed(held));
      expect(await gated.claim('ann')).toEqual([id]);
    });

    it.each([
      ['failed', failed],
      ['was cancelled', cancelled],
    ])('is asked for by a job that %s and is retried by hand', async (_, ending) => {
      const first = await stage.held('ann', one);
      await stage.settle('ann', ending(first));
      const { held } = await gated.setup([]);

      expect(await stage.store.retry([first.id])).toEqual([{ id: first.id, applied: true, state: 'ready' }]);
      expect(await gated.isParked(first.id)).toBe(true);

      await stage.settle('ann', completed(held));
      expect(await gated.claim('ann')).toEqual([first.id]);
    });

    it('is given once to each of many', async () => {
      await stage.workers('ann');
      await stage.addMany(700, { gates: [task('grind', 100)] });
      await stage.addMany(700, { gates: [task('grind', 100)] });
      const jobs = await stage.claim('ann', 1000);
      expect(jobs).toHaveLength(100);

      const answer = await stage.exchange('ann', { settle: jobs.map((job) => completed(job)), want: 1000 });

      expect(answer.jobs).toHaveLength(100);
      expect(answer.more).toBe(false);
      expect((await stage.counted())!.counts).toMatchObject({ active: 100, ready: 1200, completed: 100 });
    });

    it('is not given past the first in line, though those behind it would have room', async () => {
      await stage.workers('ann');
      await stage.addMany(2, two);
      const jobs = await stage.claim('ann', 10);
      const waiting = [await stage.add(one), await stage.add(two)];

      await stage.settle('ann', completed(jobs[0]!));
      expect(await gated.isParked(waiting[0]!)).toBe(true);

      await stage.settle('ann', completed(jobs[1]!));
      expect(await gated.claim('ann')).toEqual(waiting);
    });

    it('is free for several at once when the gates of the next allow it', async () => {
      const three = { gates: [task('grind', 3)] };
      await stage.workers('ann');
      await stage.addMany(3, three);
      const jobs = await stage.claim('ann', 10);
      const waiting = [await stage.add(one), ...(await stage.addMany(3, three))];

      const answer = await stage.exchange('ann', { settle: jobs.map((job) => completed(job)), want: 10 });

      expect(ids(answer.jobs)).toEqual(waiting.slice(0, 3));
      expect(await gated.ready()).toEqual(waiting.slice(3));
    });

    it.each(controls)(
      'is free for the next, which asks for more room, when the first in line %s',
      async (_, control) => {
        await stage.workers('ann');
        await stage.addMany(2, two);
        const jobs = await stage.claim('ann', 10);
        const [first, next] = [await stage.add(one), await stage.add(two)];
        await stage.settle('ann', completed(jobs[0]!));
        expect(await gated.isParked(next)).toBe(true);

        await control(first);

        expect(await gated.claim('ann')).toEqual([next]);
      },
    );
  });
}
