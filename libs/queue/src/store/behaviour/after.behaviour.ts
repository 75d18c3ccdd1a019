import type { ClaimedJob, NewJob } from '../store.js';
import { cancelled, completed, failed, lane, lease, released, retried, type Stage } from './stage.js';

export function describeAfter(stage: Stage): void {
  const other = { queue: 'other', shard: 0 };
  const dependency = { state: 'cancelled', reason: 'dependency' };

  /** A job that ann holds, and one that waits for it: in the same lane, or in another. */
  async function setup(child: Parameters<Stage['add']>[0] = {}, parent: Partial<NewJob> = {}) {
    const held = await stage.held('ann', parent);
    const id = await stage.add({ ...child, after: [held.id] });
    return { held, id };
  }

  const add = async (job: Parameters<Stage['add']>[0]) => (await stage.store.enqueue([stage.job(job)]))[0]!;
  const record = (id: string) => stage.record(id);

  /** How a job that ann holds may end without having completed. */
  const endings: [string, (held: ClaimedJob) => Promise<unknown>][] = [
    ['fails', (held) => stage.settle('ann', failed(held))],
    ['is cancelled by its handler', (held) => stage.settle('ann', cancelled(held))],
    [
      'was marked and would run again',
      async (held) => {
        await stage.store.cancel([held.id]);
        await stage.settle('ann', retried(held));
      },
    ],
    ['is cancelled by force', (held) => stage.store.cancel([held.id], { force: true })],
    [
      'is cancelled as its worker retires',
      async (held) => {
        await stage.store.cancel([held.id]);
        await stage.store.retire('ann');
      },
    ],
    [
      'is cancelled as it is reconciled',
      async (held) => {
        await stage.store.cancel([held.id]);
        await stage.store.reconcile('ann', lane, []);
      },
    ],
    [
      'is cancelled while it waits',
      async (held) => {
        await stage.settle('ann', retried(held, 1000));
        await stage.store.cancel([held.id]);
      },
    ],
    [
      'is removed while it waits',
      async (held) => {
        await stage.settle('ann', retried(held, 1000));
        await stage.store.remove([held.id]);
      },
    ],
  ];

  describe('enqueue with after', () => {
    it('blocks a job until the jobs it waits for complete, and says which they are', async () => {
      const [a, b] = await stage.addMany(2);

      const answer = await add({ after: [b!, a!, b!] });

      expect(answer).toMatchObject({ created: true, state: 'blocked' });
      expect(await record(answer.id)).toMatchObject({ state: 'blocked', waitsFor: [b, a], enqueuedAt: stage.now });
      expect((await stage.counted())!.counts).toMatchObject({ blocked: 1, ready: 2 });
    });

    it('is an ordinary enqueue when there is nothing to wait for', async () => {
      expect(await add({ after: [] })).toMatchObject({ state: 'ready' });
    });

    it('blocks whatever the due time says, and keeps that for later', async () => {
      const parent = await stage.add();
      const id = await stage.add({ after: [parent], due: { in: 60_000 } });

      expect(await record(id)).toMatchObject({ state: 'blocked', dueAt: stage.now + 60_000 });
      expect((await record(id))!.why).toBeUndefined();
    });

    it('makes a job ready at once when all it waits for has completed', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', completed(held));

      const answers = [await add({ after: [held.id] }), await add({ after: [held.id], due: { in: 1000 } })];

      expect(answers.map((answer) => answer.state)).toEqual(['ready', 'scheduled']);
      expect((await record(answers[0]!.id))!.waitsFor).toBeUndefined();
      expect(await record(answers[1]!.id)).toMatchObject({ why: 'delay', dueAt: stage.now + 1000 });
    });

    it.each([
      ['failed', failed],
      ['was cancelled', cancelled],
    ])('cancels a job at once when one it waits for %s', async (_, ending) => {
      const held = await stage.held('ann');
      await stage.settle('ann', ending(held));

      const answer = await add({ after: [held.id] });

      expect(answer).toMatchObject({ created: true, state: 'cancelled' });
      expect(await record(answer.id)).toMatchObject({ ...dependency, finishedAt: stage.now, history: [] });
      expect((await stage.counted())!.totals).toMatchObject({ enqueued: 2 });
    });

    it('cancels a job that waits for one nobody knows, here or in a lane that never was', async () => {
      const answers = [
        await add({ after: [stage.id()] }),
        await add({ after: [stage.id({ queue: 'never', shard: 0 })] }),
      ];

      expect(answers.map((answer) => answer.state)).toEqual(['cancelled', 'cancelled']);
      expect((await stage.store.counts()).map((record) => record.queue)).toEqual([lane.queue]);
    });

    it('lets a job wait for one of the same batch, whichever comes first', async () => {
      const [parent, away] = [stage.job(), stage.job({ lane: other })];

      const answers = await stage.store.enqueue([stage.job({ after: [parent.id, away.id] }), parent, away]);

      expect(answers.map((answer) => answer.state)).toEqual(['blocked', 'ready', 'ready']);
    });

    it('adds nothing when it is repeated', async () => {
      const parent = await stage.add();
      const job = stage.job({ after: [parent] });
      await stage.store.enqueue([job]);

      const [answer] = await stage.store.enqueue([job]);

      expect(answer).toEqual({ id: job.id, created: true, state: 'blocked' });
      expect((await stage.counted())!.totals.enqueued).toBe(2);
    });

    it.each(['started', 'settled', 'kept'] as const)('takes keys until %s as any waiting job does', async (until) => {
      const keys = [{ key: 'k', until }];
      const parent = await stage.add();
      const id = await stage.add({ keys, after: [parent] });

      expect(await add({ keys })).toEqual({ id, created: false, state: 'blocked' });
    });

    it('replaces nothing in a blocked holder', async () => {
      const keys = [{ key: 'k', until: 'settled' as const }];
      const parent = await stage.add();
      const id = await stage.add({ keys, after: [parent], body: 'old' });

      expect(await add({ keys, body: 'new', onDuplicate: 'replace' })).toEqual({
        id,
        created: false,
        state: 'blocked',
      });
      expect(await record(id)).toMatchObject({ body: 'old' });
    });

    it('counts no blocked job against maxReady, and refuses none that comes free', async () => {
      const { held, id } = await setup();
      await stage.store.configure(lane.queue, { maxReady: 1 });
      await stage.add();

      expect(await add({ after: [held.id] })).toMatchObject({ state: 'blocked' });
      await expect(stage.add()).rejects.toMatchObject({ code: 'QUEUE_FULL' });

      await stage.settle('ann', completed(held));
      expect((await record(id))!.state).toBe('ready');
    });

    it('may be said of jobs that follow from a settlement', async () => {
      const first = await stage.add();
      const held = await stage.held('ann', { priority: 0 });
      const then = [
        stage.job({ after: [first] }),
        stage.job({ after: [first, held.id], lane: other, due: { in: 1000 } }),
      ];

      await stage.settle('ann', completed(held, { then }));

      expect(await record(then[0]!.id)).toMatchObject({ state: 'blocked', waitsFor: [first] });
      expect(await record(then[1]!.id)).toMatchObject({ state: 'blocked', waitsFor: [first], dueAt: stage.now + 1000 });
    });
  });

  describe.each([
    ['in its lane', lane],
    ['in another lane', other],
  ])('unblock %s', (_, at) => {
    it('makes a job ready, at the tail, when the job it waits for completes', async () => {
      const { held, id } = await setup({ lane: at });
      const before = await stage.add({ lane: at });

      await stage.settle('ann', completed(held));

      expect(await stage.listed('ready', at.queue)).toEqual([before, id]);
      expect((await record(id))!.waitsFor).toBeUndefined();
      expect((await stage.counted(at.queue))!.counts).toMatchObject({ blocked: 0, ready: 2 });
    });

    it('hears of a parent that leaves no record', async () => {
      const { held, id } = await setup({ lane: at });
      await stage.settle('ann', completed(held, { keep: 0 }));

      expect((await record(id))!.state).toBe('ready');
    });

    it('waits for all of them', async () => {
      const { held, id } = await setup({ lane: at });
      const [second, third] = [await stage.held('bob', { priority: 0 }), await stage.add({ lane: other })];
      const both = await stage.add({ lane: at, after: [held.id, third, second.id] });

      await stage.settle('ann', completed(held));
      expect(await record(both)).toMatchObject({ state: 'blocked', waitsFor: [third, second.id] });
      expect((await record(id))!.state).toBe('ready');

      await stage.settle('bob', completed(second));
      expect(await record(both)).toMatchObject({ state: 'blocked', waitsFor: [third] });
    });

    it('schedules a job whose time has not come, counted from its enqueue', async () => {
      const { held, id } = await setup({ lane: at, due: { in: 10_000 } });
      const dueAt = stage.now + 10_000;
      stage.clock.jump(4000);

      await stage.settle('ann', completed(held));

      expect(await record(id)).toMatchObject({ state: 'scheduled', why: 'delay', dueAt });
    });

    it('makes a job ready whose time has passed meanwhile', async () => {
      const { held, id } = await setup({ lane: at, due: { in: 1000 } });
      stage.clock.jump(1000);

      await stage.settle('ann', completed(held));

      expect((await record(id))!.state).toBe('ready');
      expect((await record(id))!.dueAt).toBeUndefined();
    });

    it('puts jobs in line in the order in which they began to wait', async () => {
      const held = await stage.held('ann');
      const ids = await stage.addMany(5, { lane: at, after: [held.id] });

      await stage.settle('ann', completed(held));

      expect(await stage.listed('ready', at.queue)).toEqual(ids);
    });

    it('goes on waiting while the job is retried, released or lost', async () => {
      const { held, id } = await setup({ lane: at });
      await stage.settle('ann', retried(held));
      const [again] = await stage.claim('ann', 1);
      await stage.settle('ann', released(again!));
      await stage.claim('ann', 1);
      await stage.lose();

      expect(await record(id)).toMatchObject({ state: 'blocked', waitsFor: [held.id] });
    });

    it('wakes those who listen for work, and for the job', async () => {
      const { held, id } = await setup({ lane: at });
      await stage.store.find([{ id }], { watch: true });
      await stage.store.register(stage.workerRecord({ id: 'idle', lanes: [at] }));
      await stage.claim('idle', 10, { lane: at });

      const settle = () => stage.settle('ann', completed(held));
      expect(await stage.hinted({ lanes: [at], jobs: [id] }, 'ready', settle)).toBeDefined();
    });
  });

  describe.each([
    ['in its lane', lane],
    ['in another lane', other],
  ])('a dependency that ends otherwise, %s', (_, at) => {
    it.each(endings)('cancels the job when the one it waits for %s', async (_, end) => {
      const { held, id } = await setup({ lane: at });

      await end(held);

      expect(await record(id)).toMatchObject({ ...dependency, finishedAt: stage.now, history: [], attempts: 0 });
      expect((await record(id))!.waitsFor).toBeUndefined();
      expect((await stage.counted(at.queue))!.counts.blocked).toBe(0);
    });

    it('cancels the job when the one it waits for loses its last worker', async () => {
      const { id } = await setup({ lane: at }, { crashLimit: 1 });
      await stage.lose();

      expect(await record(id)).toMatchObject(dependency);
    });

    it('cancels the job when the one it waits for expires', async () => {
      const parent = await stage.add({ expires: { in: lease } });
      const id = await stage.add({ lane: at, after: [parent] });
      await stage.workers('ann');
      await stage.pass(lease);
      await stage.claim('ann', 1);

      expect(await record(id)).toMatchObject(dependency);
    });

    it('cancels whatever waits for the cancelled job in turn', async () => {
      const { held, id } = await setup({ lane: at });
      const next = await stage.add({ after: [id] });
      const last = await stage.add({ lane: at, after: [next] });

      await stage.settle('ann', failed(held));

      expect(await stage.states([id, next, last])).toEqual(['cancelled', 'cancelled', 'cancelled']);
      expect(await record(last)).toMatchObject(dependency);
    });

    it('cancels a job that waits for others as well, once', async () => {
      const held = await stage.held('ann');
      const alive = await stage.add({ lane: at });
      const id = await stage.add({ lane: at, after: [alive, held.id] });

      await stage.settle('ann', failed(held));
      await stage.store.cancel([alive]);

      expect(await record(id)).toMatchObject(dependency);
      expect((await stage.counted(at.queue))!.counts.blocked).toBe(0);
    });

    it('is over with a retry by hand: it makes the cancelled job ready, and no other', async () => {
      const { held, id } = await setup({ lane: at });
      await stage.settle('ann', failed(held));

      await stage.store.retry([held.id]);
      expect(await record(id)).toMatchObject(dependency);

      expect(await stage.store.retry([id])).toEqual([{ id, applied: true, state: 'ready' }]);
      expect((await record(id))!.waitsFor).toBeUndefined();
    });

    it('is told to whom waits for the second life of a job, too', async () => {
      const { held } = await setup({ lane: at });
      await stage.settle('ann', failed(held));
      await stage.store.retry([held.id]);
      const id = await stage.add({ lane: at, after: [held.id] });
      const [again] = await stage.claim('ann', 1);

      await stage.settle('ann', completed(again!));

      expect((await record(id))!.state).toBe('ready');
    });
  });

  describe('a job that may follow any ending', () => {
    const any = { anyEnding: true };

    it.each([
      ['completed', completed],
      ['failed', failed],
      ['was cancelled', cancelled],
    ])('is ready at once when the one it waits for %s', async (_, ending) => {
      const held = await stage.held('ann');
      await stage.settle('ann', ending(held));

      const answer = await add({ ...any, after: [held.id] });

      expect(answer).toMatchObject({ created: true, state: 'ready' });
      expect((await record(answer.id))!.waitsFor).toBeUndefined();
    });

    it('does not wait for one nobody knows, here or in a lane that never was', async () => {
      const never = stage.id({ queue: 'never', shard: 0 });

      const answers = [
        await add({ ...any, after: [stage.id()] }),
        await add({ ...any, after: [never, stage.id()], due: { in: 1000 } }),
      ];

      expect(answers.map((answer) => answer.state)).toEqual(['ready', 'scheduled']);
      expect(await record(answers[1]!.id)).toMatchObject({ why: 'delay', dueAt: stage.now + 1000 });
      expect((await stage.store.counts()).map((record) => record.queue)).toEqual([lane.queue]);
    });

    it('is ready at once when there is nothing to wait for', async () => {
      expect(await add(any)).toMatchObject({ state: 'ready' });
    });

    it('is blocked until then as any other', async () => {
      const { held, id } = await setup(any);
      await stage.settle('ann', retried(held));
      await stage.claim('ann', 1);
      await stage.lose();

      expect(await record(id)).toMatchObject({ state: 'blocked', waitsFor: [held.id] });
      expect(await stage.store.cancel([id])).toEqual([{ id, applied: true, state: 'cancelled' }]);
    });

    it('may follow from a settlement, and from a slot', async () => {
      const failing = await stage.held('ann');
      const held = await stage.held('bob');
      await stage.settle('ann', failed(failing));
      const [follows, fired] = [failing, held].map(({ id }) => stage.job({ ...any, after: [id] }));
      await stage.settle('bob', { ...failed(held), then: [follows!] });
      await stage.store.putSchedule({ id: 's', body: '{}', paused: false, next: 1 }, 0);
      await stage.store.fire([{ id: 's', seen: 1, slots: [], jobs: [fired!], last: 1, next: 2 }]);

      expect(await stage.states([follows!.id, fired!.id])).toEqual(['ready', 'ready']);
    });

    describe.each([
      ['in its lane', lane],
      ['in another lane', other],
    ])('%s', (_, at) => {
      it.each(endings)('becomes ready when the one it waits for %s', async (_, end) => {
        const { held, id } = await setup({ ...any, lane: at });
        const beside = await stage.add({ lane: at, after: [held.id] });

        await end(held);

        expect((await record(id))!.state).toBe('ready');
        expect((await record(id))!.waitsFor).toBeUndefined();
        expect(await record(beside)).toMatchObject(dependency);
      });

      it('becomes ready when the one it waits for completes', async () => {
        const { held, id } = await setup({ ...any, lane: at });

        await stage.settle('ann', completed(held, { keep: 0 }));

        expect((await record(id))!.state).toBe('ready');
      });

      it('becomes ready when the one it waits for loses its last worker', async () => {
        const { id } = await setup({ ...any, lane: at }, { crashLimit: 1 });
        await stage.lose();

        expect((await record(id))!.state).toBe('ready');
      });

      it('becomes ready when the one it waits for expires', async () => {
        const parent = await stage.add({ expires: { in: 1000 } });
        const id = await stage.add({ ...any, lane: at, after: [parent] });
        await stage.workers('ann');
        stage.clock.jump(1000);
        await stage.claim('ann', 1);

        expect((await record(id))!.state).toBe('ready');
      });

      it('becomes ready when the one it waits for is cancelled because of another', async () => {
        const { held, id } = await setup({ lane: at });
        const next = await stage.add({ ...any, after: [id] });
        const last = await stage.add({ lane: at, after: [next] });

        await stage.settle('ann', failed(held));

        expect(await record(id)).toMatchObject(dependency);
        expect(await stage.states([next, last])).toEqual(['ready', 'blocked']);
      });

      it('waits for all of them, whichever ends how', async () => {
        const [first, second] = [await stage.held('ann'), await stage.held('bob')];
        const third = await stage.add({ lane: at });
        const id = await stage.add({ ...any, lane: at, after: [first.id, third, second.id, stage.id()] });
        expect(await record(id)).toMatchObject({ state: 'blocked', waitsFor: [first.id, third, second.id] });

        await stage.settle('ann', failed(first));
        expect(await record(id)).toMatchObject({ state: 'blocked', waitsFor: [third, second.id] });

        await stage.settle('bob', completed(second));
        await stage.store.remove([third]);
        expect((await record(id))!.state).toBe('ready');
      });

      it('is scheduled when its time has not come', async () => {
        const { held, id } = await setup({ ...any, lane: at, due: { in: 10_000 } });
        const dueAt = stage.now + 10_000;
        stage.clock.jump(4000);

        await stage.settle('ann', failed(held));

        expect(await record(id)).toMatchObject({ state: 'scheduled', why: 'delay', dueAt });
      });

      it('hears of the ending however many wait for it', async () => {
        const held = await stage.held('ann');
        for (let i = 0; i < 2; i++) await stage.addMany(700, { ...any, after: [held.id], lane: at });

        await stage.settle('ann', failed(held));

        expect((await stage.counted(at.queue))!.counts).toMatchObject({ blocked: 0, ready: 1400 });
      });
    });
  });

  describe('control of blocked jobs', () => {
    it('cancels at once; what the job waited for finds nothing any more', async () => {
      const { held, id } = await setup();

      expect(await stage.store.cancel([id])).toEqual([{ id, applied: true, state: 'cancelled' }]);
      await stage.settle('ann', completed(held));

      expect(await record(id)).toMatchObject({ state: 'cancelled', reason: 'request' });
    });

    it('removes, and books it', async () => {
      const { held, id } = await setup();

      expect(await stage.store.remove([id])).toEqual([{ id, applied: true, state: undefined }]);
      await stage.settle('ann', completed(held));

      expect(await record(id)).toBeUndefined();
      expect((await stage.counted())!.totals).toMatchObject({ removed: 1 });
    });

    it('does not reschedule', async () => {
      const { id } = await setup();

      expect(await stage.store.reschedule([id], { in: 1000 })).toEqual([{ id, applied: false, state: 'blocked' }]);
      expect(await stage.store.retry([id])).toEqual([{ id, applied: false, state: 'blocked' }]);
    });

    it('takes the expiry into account when the job is claimed at last', async () => {
      const { held, id } = await setup({ expires: { in: 1000 } });
      stage.clock.jump(1000);
      expect((await record(id))!.state).toBe('blocked');

      await stage.settle('ann', completed(held));
      await stage.claim('ann', 1);

      expect(await record(id)).toMatchObject({ state: 'cancelled', reason: 'expired' });
    });

    it('lists them by age', async () => {
      const parent = await stage.add();
      const first = await stage.add({ after: [parent] });
      stage.clock.jump(1);
      const later = stage.job({ after: [parent] });
      stage.clock.jump(1);
      const last = await stage.add({ after: [parent] });
      await stage.store.enqueue([later]);

      expect(await stage.listed('blocked')).toEqual([first, later.id, last]);
      const page = await stage.store.list({ states: ['blocked'], limit: 2 });
      const rest = await stage.store.list({ states: ['blocked'], cursor: page.cursor });
      expect(rest.jobs.map((job) => job.id)).toEqual([last]);
    });
  });

  describe('many dependents', () => {
    it('are all told, though no step may touch so many at once', async () => {
      const { store } = stage;
      const held = await stage.held('ann');
      const [here, away] = [await stage.addMany(1000, { after: [held.id] }), [] as string[]];
      for (let i = 0; i < 2; i++) away.push(...(await stage.addMany(700, { after: [held.id], lane: other })));

      await stage.settle('ann', completed(held, { keep: 0 }));

      expect((await stage.counted())!.counts).toMatchObject({ blocked: 0, ready: here.length });
      expect((await stage.counted(other.queue))!.counts).toMatchObject({ blocked: 0, ready: away.length });
      const { jobs } = await store.list({ queue: lane.queue, limit: 200 });
      expect(jobs.map((job) => job.id)).toEqual(here.slice(0, 200));
    });

    it('hear of a failure down a long chain', async () => {
      const held = await stage.held('ann');
      let last = held.id;
      const chain: NewJob[] = [];
      for (let i = 0; i < 1000; i++) chain.push(stage.job({ after: [last], id: (last = stage.id()) }));
      await stage.store.enqueue(chain);
      const away = await stage.add({ lane: other, after: [last] });

      await stage.settle('ann', failed(held));

      expect((await stage.counted())!.counts).toMatchObject({ blocked: 0, cancelled: 1000 });
      expect(await record(away)).toMatchObject(dependency);
    });
  });
}
