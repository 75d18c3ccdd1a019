import type { ClaimedJob, JobRecord, NewJob, Settlement } from '../store.js';
import { cancelled, completed, failed, lane, lease, released, retried, snoozed, type Stage } from './stage.js';

export function describeLimit(stage: Stage): void {
  const one = { limit: { key: 'k', max: 1 } };
  const two = { limit: { key: 'k', max: 2 } };
  const other = { queue: 'other', shard: 0 };

  const ids = (jobs: (ClaimedJob | JobRecord)[]) => jobs.map(({ id }) => id);
  const claim = async (worker: string, want = 10) => ids(await stage.claim(worker, want));
  const ready = () => stage.listed('ready');

  /** What ann holds has the only place of its key, and these are parked behind it. */
  async function setup(parked: Partial<NewJob>[] = [{}], job: Partial<NewJob> = {}) {
    const held = await stage.held('ann', { ...one, ...job });
    const waiting: string[] = [];
    for (const more of parked) waiting.push(await stage.add({ ...one, ...more }));
    return { held, waiting, next: waiting[0]! };
  }

  /** Whether a worker would get it now. Looks, and gives nothing out. */
  async function isParked(id: string): Promise<boolean> {
    const { more } = await stage.exchange('ann');
    expect((await stage.record(id))!.state).toBe('ready');
    return !more;
  }

  describe('a limit', () => {
    it('lets so many jobs of its key run; the surplus stays ready', async () => {
      await stage.workers('ann', 'bob');
      const [a, b, c, d] = await stage.addMany(4, two);

      expect(await claim('ann', 1)).toEqual([a]);
      expect(await claim('bob')).toEqual([b]);
      expect(await claim('bob')).toEqual([]);

      expect(await stage.states([a!, b!, c!, d!])).toEqual(['active', 'active', 'ready', 'ready']);
      expect((await stage.counted())!.counts).toMatchObject({ active: 2, ready: 2 });
    });

    it('is no matter of the answer to an enqueue', async () => {
      const { next } = await setup();
      const [answer] = await stage.store.enqueue([stage.job({ ...one, due: { in: -1 } })]);

      expect(answer).toMatchObject({ created: true, state: 'ready' });
      expect(await stage.record(next)).toMatchObject({ state: 'ready', attempts: 0, history: [] });
      expect((await stage.record(answer!.id))!.dueAt).toBeUndefined();
    });

    it('counts a job that is next in line as well as one that runs', async () => {
      await stage.workers('ann');
      const low = await stage.add({ ...one, priority: 3 });
      const urgent = await stage.add({ ...one, priority: 0 });

      expect(await claim('ann')).toEqual([low]);
      expect(await stage.states([urgent])).toEqual(['ready']);
    });

    it('binds no job of another key, of none, or of another lane', async () => {
      const { next } = await setup();
      await stage.store.register(stage.workerRecord({ id: 'bob', lanes: [lane, other, { ...lane, shard: 1 }] }));
      const free = [
        await stage.add({ limit: { key: 'k2', max: 1 } }),
        await stage.add({ limit: { key: 'K', max: 1 } }),
        await stage.add(),
      ];
      const [away, beside] = [
        await stage.add({ ...one, lane: other }),
        await stage.add({ ...one, lane: { ...lane, shard: 1 } }),
      ];

      expect(await claim('bob')).toEqual(free);
      expect(ids(await stage.claim('bob', 10, { lane: other }))).toEqual([away]);
      expect(ids(await stage.claim('bob', 10, { lane: { ...lane, shard: 1 } }))).toEqual([beside]);
      expect(await isParked(next)).toBe(true);
    });

    it.each(['a b', 'a', 'a ', 'a!', 'ä', '%', '%20', "'*~", '💧', 'x'.repeat(256)])(
      'keeps the key %j apart from all others',
      async (key) => {
        await stage.workers('ann');
        const others = ['a b', 'a', 'a%20b', 'ä', '%', 'z'].filter((other) => other !== key);
        const add = (name: string) => stage.add({ limit: { key: name, max: 1 } });
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

    it('is that of each job: one with more room passes by', async () => {
      const { held, next } = await setup();
      const passing = await stage.add(two);
      expect(await claim('ann')).toEqual([passing]);

      await stage.settle('ann', completed(held));
      expect(await isParked(next)).toBe(true);
    });

    it('is never passed, whoever works', async () => {
      const workers = ['ann', 'bob', 'cid'];
      await stage.workers(...workers);
      await stage.addMany(30, { limit: { key: 'k', max: 3 } });
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
      const { held, next } = await setup();
      const [follows, fired] = [stage.job(one), stage.job(one)];
      await stage.settle('ann', retried(held, 0));
      await stage.claim('ann', 1);
      await stage.store.putSchedule({ id: 's', body: '{}', paused: false, next: 1 }, 0);
      await stage.store.fire([{ id: 's', seen: 1, slots: [], jobs: [fired], last: 1, next: 2 }]);
      const [again] = (await stage.store.find([{ id: held.id }])) as [JobRecord];

      const settle = [completed({ ...held, fence: again.fence! }, { then: [follows] })];
      const { jobs } = await stage.exchange('ann', { settle, want: 10 });

      expect(ids(jobs)).toEqual([next]);
      expect(await ready()).toEqual([fired.id, follows.id]);
    });
  });

  describe('a place of a limit', () => {
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
      const { held, waiting } = await setup([{}, {}]);

      const { jobs, more } = await stage.exchange('ann', { settle: [ending(held)], want: 10 });

      expect(ids(jobs)).toEqual([waiting[0]]);
      expect(more).toBe(false);
      expect(await ready()).toEqual([waiting[1]]);
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

      expect(await claim('ann')).toEqual([second]);
      expect(await ready()).toEqual([third]);
    });

    it('is free when a running job is cancelled by force, not when it is marked', async () => {
      const { held, next } = await setup();
      await stage.store.cancel([held.id]);
      expect(await isParked(next)).toBe(true);

      await stage.store.cancel([held.id], { force: true });
      expect(await isParked(next)).toBe(false);
    });

    it('is free when a marked job would run again', async () => {
      const { held, next } = await setup();
      await stage.store.cancel([held.id]);

      const { jobs } = await stage.exchange('ann', { settle: [retried(held)], want: 1 });

      expect(ids(jobs)).toEqual([next]);
    });

    it('is free when a job expires, for the same claim', async () => {
      await stage.workers('ann');
      const first = await stage.add({ ...one, expires: { in: 1000 } });
      const next = await stage.add(one);
      stage.clock.jump(1000);

      expect(await claim('ann')).toEqual([next]);
      expect(await stage.states([first])).toEqual(['cancelled']);
    });

    it('is free when a job loses its last worker', async () => {
      const { next } = await setup([{}], { crashLimit: 1 });
      await stage.lose();

      expect(await claim('keeper')).toEqual([next]);
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
      const { held, next } = await setup();

      await giveBack(held);

      await stage.workers('bob');
      expect(await ready()).toEqual([held.id, next]);
      expect(await claim('bob')).toEqual([held.id]);
      expect(await claim('bob')).toEqual([]);
    });

    it('is not taken by jobs that are scheduled, blocked or over', async () => {
      const parent = await stage.held('bob');
      await stage.add({ ...one, due: { in: 1000 } });
      await stage.add({ ...one, after: [parent.id] });
      const over = await stage.add(one);
      await stage.store.cancel([over]);
      await stage.workers('ann');
      const id = await stage.add(one);

      expect(await claim('ann')).toEqual([id]);
    });

    it('is asked for anew by a job that was away', async () => {
      const { held, next } = await setup();
      await stage.settle('ann', retried(held, 1000));
      expect(await claim('ann')).toEqual([next]);
      stage.clock.jump(1000);

      expect(await claim('ann')).toEqual([]);
      expect(await stage.states([held.id])).toEqual(['ready']);
    });

    it('is asked for by a job that was blocked, once it is free', async () => {
      const parent = await stage.held('bob');
      const { held } = await setup([]);
      const id = await stage.add({ ...one, after: [parent.id] });

      await stage.settle('bob', completed(parent));
      expect(await isParked(id)).toBe(true);

      await stage.settle('ann', completed(held));
      expect(await claim('ann')).toEqual([id]);
    });

    it.each([
      ['failed', failed],
      ['was cancelled', cancelled],
    ])('is asked for by a job that %s and is retried by hand', async (_, ending) => {
      const first = await stage.held('ann', one);
      await stage.settle('ann', ending(first));
      const { held } = await setup([]);

      expect(await stage.store.retry([first.id])).toEqual([{ id: first.id, applied: true, state: 'ready' }]);
      expect(await isParked(first.id)).toBe(true);

      await stage.settle('ann', completed(held));
      expect(await claim('ann')).toEqual([first.id]);
    });

    it('is given once to each of many', async () => {
      await stage.workers('ann');
      await stage.addMany(700, { limit: { key: 'k', max: 100 } });
      await stage.addMany(700, { limit: { key: 'k', max: 100 } });
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
      expect(await isParked(waiting[0]!)).toBe(true);

      await stage.settle('ann', completed(jobs[1]!));
      expect(await claim('ann')).toEqual(waiting);
    });

    it('is free for several at once when the limits of the next allow it', async () => {
      const three = { limit: { key: 'k', max: 3 } };
      await stage.workers('ann');
      await stage.addMany(3, three);
      const jobs = await stage.claim('ann', 10);
      const waiting = [await stage.add(one), ...(await stage.addMany(3, three))];

      const answer = await stage.exchange('ann', { settle: jobs.map((job) => completed(job)), want: 10 });

      expect(ids(answer.jobs)).toEqual(waiting.slice(0, 3));
      expect(await ready()).toEqual(waiting.slice(3));
    });

    it.each(controls)(
      'is free for the next, which asks for more room, when the first in line %s',
      async (_, control) => {
        await stage.workers('ann');
        await stage.addMany(2, two);
        const jobs = await stage.claim('ann', 10);
        const [first, next] = [await stage.add(one), await stage.add(two)];
        await stage.settle('ann', completed(jobs[0]!));
        expect(await isParked(next)).toBe(true);

        await control(first);

        expect(await claim('ann')).toEqual([next]);
      },
    );
  });

  describe('jobs that wait for a place', () => {
    it('get it by priority, then by arrival', async () => {
      const priorities = [3, 2, 2, 0, 1];
      const { held, waiting } = await setup(priorities.map((priority) => ({ priority })));
      const [low, a, b, urgent, high] = waiting;

      const order: string[] = [];
      for (let job: ClaimedJob | undefined = held; job;) {
        [job] = (await stage.exchange('ann', { settle: [completed(job)], want: 10 })).jobs;
        if (job) order.push(job.id);
      }

      expect(order).toEqual([urgent, high, a, b, low]);
    });

    it('join the tail of their band then', async () => {
      const { held, next } = await setup();
      const before = await stage.add();

      await stage.settle('ann', completed(held));

      expect(await ready()).toEqual([before, next]);
      expect(await claim('ann')).toEqual([before, next]);
    });

    it('get it before those that fall due in the same exchange', async () => {
      const { held } = await setup([{ due: { in: 1000 } }]);
      const due = (await stage.listed('scheduled'))[0]!;
      const waiting = await stage.add(one);
      stage.clock.jump(1000);

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)], want: 10 });

      expect(ids(jobs)).toEqual([waiting]);
      expect(await ready()).toEqual([due]);
    });

    it('remember when they were due', async () => {
      const { held, next } = await setup([{ due: { in: 1000 } }]);
      const dueAt = stage.now + 1000;
      stage.clock.jump(1000);
      await stage.exchange('ann');
      expect(await stage.record(next)).toMatchObject({ state: 'ready', dueAt });

      stage.clock.jump(1000);
      await stage.settle('ann', completed(held));

      expect((await stage.claim('ann', 1))[0]).toMatchObject({ id: next, dueAt });
    });

    it('are listed behind all other ready ones, by key, then as they will get it', async () => {
      await stage.workers('ann');
      const key = (key: string, priority = 2) => ({ limit: { key, max: 1 }, priority });
      const suspect = await stage.add({ priority: 0, crashLimit: 2 });
      await stage.claim('ann', 1);
      await stage.lose();
      const first = [await stage.add(key('b')), await stage.add(key('a b')), await stage.add(key('a'))];
      const parked = [
        await stage.add(key('b')),
        await stage.add(key('a b')),
        await stage.add(key('a', 3)),
        await stage.add(key('a', 1)),
        await stage.add(key('a', 3)),
      ];
      const [b, ab, low, high, lower] = parked;
      const low3 = await stage.add({ priority: 3 });
      const order = [...first, low3, suspect, high, low, lower, ab, b];

      expect(await ready()).toEqual(order);
      const walked: string[] = [];
      for (let cursor: string | undefined, begun = false; cursor || !begun; begun = true) {
        const page = await stage.store.list({ states: ['ready'], limit: 2, cursor });
        walked.push(...ids(page.jobs));
        cursor = page.cursor;
      }
      expect(walked).toEqual(order);
    });

    it('say of which limit, whoever finds or lists them', async () => {
      const key = 'ä b%';
      await stage.workers('ann');
      const [first, ...waiting] = [
        await stage.add({ limit: { key, max: 1 } }),
        await stage.add({ limit: { key, max: 1 } }),
        await stage.add({ limit: { key, max: 1 }, priority: 3 }),
      ];
      const plain = await stage.add();
      const [held] = await stage.claim('ann', 1);
      expect(held!.id).toBe(first);
      await stage.settle('ann', released(held!));

      const found = await stage.store.find([first, plain, ...waiting].map((id) => ({ id })));
      expect(found.map((record) => record!.parked)).toEqual([undefined, undefined, { key, max: 1 }, { key, max: 1 }]);
      const { jobs } = await stage.store.list({ states: ['ready'] });
      expect(jobs.map(({ id, parked }) => [id, parked])).toEqual([
        [first, undefined],
        [plain, undefined],
        [waiting[0], { key, max: 1 }],
        [waiting[1], { key, max: 1 }],
      ]);
    });

    it('each say their own limit, and none once they have a place or are not ready', async () => {
      const { held, waiting } = await setup([{}, {}, two, {}, {}]);
      const [next, later, passed, gone, cancelled] = waiting as [string, string, string, string, string];
      const parked = async (id: string) => (await stage.record(id))!.parked;
      const passing = await stage.add(two);
      expect(await Promise.all([next, passed, passing].map(parked))).toEqual([one.limit, undefined, two.limit]);

      await stage.store.reschedule([gone], { in: 1000 });
      await stage.store.cancel([cancelled]);
      expect(await Promise.all([held.id, gone, cancelled].map(parked))).toEqual([undefined, undefined, undefined]);

      await stage.settle('ann', completed(held));
      expect(await Promise.all([held.id, next, later].map(parked))).toEqual([undefined, one.limit, one.limit]);
      const [second] = await stage.claim('ann', 1);
      await stage.settle('ann', completed(second!));
      expect(await Promise.all([next, later].map(parked))).toEqual([undefined, one.limit]);

      stage.clock.jump(1000);
      await stage.exchange('ann');
      expect(await parked(gone)).toEqual(one.limit);
    });

    it('are ready jobs to whoever counts', async () => {
      await setup([{}, {}]);
      expect((await stage.counted())!.counts).toMatchObject({ active: 1, ready: 2 });

      await stage.store.configure(lane.queue, { maxReady: 2 });
      await expect(stage.add()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    });

    it('are nothing a worker could get: not more, and no suspects', async () => {
      const { held } = await setup();
      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ jobs: [], more: false, suspects: 0 });
      expect((await stage.counted())!.oldestReadyAt).toBeUndefined();

      const enqueuedAt = stage.now;
      await stage.settle('ann', completed(held));
      expect(await stage.exchange('ann')).toMatchObject({ more: true });
      expect((await stage.counted())!.oldestReadyAt).toBe(enqueuedAt);
    });

    it('get it while the queue is paused, too', async () => {
      const { held, next } = await setup();
      await stage.store.configure(lane.queue, { paused: true });

      expect(await stage.exchange('ann', { settle: [completed(held)], want: 1 })).toMatchObject({
        jobs: [],
        more: true,
      });

      await stage.store.configure(lane.queue, { paused: false });
      expect(await claim('ann')).toEqual([next]);
    });

    it('are replaced as any ready job under its key', async () => {
      const keys = [{ key: 'u', until: 'settled' as const }];
      const { held, next } = await setup([{ keys }]);

      const [answer] = await stage.store.enqueue([stage.job({ ...one, keys, body: 'new', onDuplicate: 'replace' })]);
      expect(answer).toMatchObject({ id: next, created: false, replaced: true, state: 'ready' });

      await stage.settle('ann', completed(held));
      expect((await stage.claim('ann', 10)).map(({ id, body }) => [id, body])).toEqual([[next, 'new']]);
    });

    it('expire when they would begin, not before', async () => {
      const { held, waiting } = await setup([{ expires: { in: 1000 } }, {}]);
      stage.clock.jump(1000);
      await stage.exchange('ann', { want: 10 });
      expect(await stage.states(waiting)).toEqual(['ready', 'ready']);

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)], want: 10 });

      expect(ids(jobs)).toEqual([waiting[1]]);
      expect(await stage.record(waiting[0]!)).toMatchObject({ state: 'cancelled', reason: 'expired' });
    });

    it('are cancelled and removed at once', async () => {
      const { held, waiting } = await setup([{}, {}, {}]);
      const [a, b, c] = waiting;

      expect(await stage.store.cancel([a!])).toEqual([{ id: a, applied: true, state: 'cancelled' }]);
      expect(await stage.store.remove([b!])).toEqual([{ id: b, applied: true, state: undefined }]);

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)], want: 10 });
      expect(ids(jobs)).toEqual([c]);
      expect((await stage.counted())!.counts).toMatchObject({ ready: 0, cancelled: 1 });
    });

    it('are put off, but not hurried', async () => {
      const { held, waiting } = await setup([{}, {}]);
      const [a, b] = waiting;

      expect(await stage.store.reschedule([b!], undefined)).toEqual([{ id: b, applied: true, state: 'ready' }]);
      expect(await stage.store.retry([b!])).toEqual([{ id: b, applied: false, state: 'ready' }]);
      expect(await ready()).toEqual([a, b]);

      expect(await stage.store.reschedule([a!], { in: 1000 })).toEqual([{ id: a, applied: true, state: 'scheduled' }]);
      await stage.settle('ann', completed(held));
      expect(await claim('ann')).toEqual([b]);
      expect(await stage.record(a!)).toMatchObject({ why: 'delay', dueAt: stage.now + 1000 });
    });

    it('join the suspects when their next crash is their last', async () => {
      const held = await stage.held('ann', { ...one, crashLimit: 2 });
      await stage.lose();
      await stage.workers('ann');
      const { jobs } = await stage.exchange('ann', { want: 1, alone: true });
      const next = await stage.add(one);
      await stage.settle('ann', retried(jobs[0]!, 1000));
      const [taken] = await stage.claim('ann', 10);
      expect(taken!.id).toBe(next);
      stage.clock.jump(1000);
      expect(await stage.exchange('ann')).toMatchObject({ suspects: 0, more: false });

      await stage.settle('ann', completed(taken!));

      expect(await stage.exchange('ann')).toMatchObject({ suspects: 1, more: false });
      const last = await stage.exchange('ann', { want: 10, alone: true });
      expect(last.jobs).toMatchObject([{ id: held.id, alone: true, crashes: 1 }]);
    });

    it('are hinted at when they get it', async () => {
      const { held } = await setup();

      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.settle('ann', completed(held)));
    });

    it('are hinted at to those who watch them, too', async () => {
      const { held, next } = await setup();
      await stage.store.find([{ id: next }], { watch: true });

      await stage.hinted({ jobs: [next] }, 'job', () => stage.settle('ann', completed(held)));
    });

    it('outlive the worker that holds the place', async () => {
      const { held, next } = await setup();
      await stage.pass(lease + 1);
      await stage.reap();

      const [again] = await stage.claim('keeper', 10);
      expect(again!.id).toBe(held.id);
      await stage.settle('keeper', completed(again!));

      expect(await claim('keeper')).toEqual([next]);
    });
  });
}
