import type { ClaimedJob } from '../store.js';
import { Gated, ids, one, task, two } from './gated.js';
import { completed, lane, lease, released, retried, type Stage } from './stage.js';

export function describeParked(stage: Stage): void {
  const gated = new Gated(stage);

  describe('parked jobs', () => {
    it('get it by priority, then by arrival', async () => {
      const priorities = [3, 2, 2, 0, 1];
      const { held, waiting } = await gated.setup(priorities.map((priority) => ({ priority })));
      const [low, a, b, urgent, high] = waiting;

      const order: string[] = [];
      for (let job: ClaimedJob | undefined = held; job;) {
        [job] = (await stage.exchange('ann', { settle: [completed(job)], want: 10 })).jobs;
        if (job) order.push(job.id);
      }

      expect(order).toEqual([urgent, high, a, b, low]);
    });

    it('join the tail of their band then', async () => {
      const { held, next } = await gated.setup();
      const before = await stage.add();

      await stage.settle('ann', completed(held));

      expect(await gated.ready()).toEqual([before, next]);
      expect(await gated.claim('ann')).toEqual([before, next]);
    });

    it('get it before those that fall due in the same exchange', async () => {
      const { held } = await gated.setup([{ due: { in: 1000 } }]);
      const due = (await stage.listed('scheduled'))[0]!;
      const waiting = await stage.add(one);
      stage.clock.jump(1000);

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)], want: 10 });

      expect(ids(jobs)).toEqual([waiting]);
      expect(await gated.ready()).toEqual([due]);
    });

    it('remember when they were due', async () => {
      const { held, next } = await gated.setup([{ due: { in: 1000 } }]);
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
      const key = (key: string, priority = 2) => ({ gates: [task(key, 1)], priority });
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

      expect(await gated.ready()).toEqual(order);
      const walked: string[] = [];
      for (let cursor: string | undefined, begun = false; cursor || !begun; begun = true) {
        const page = await stage.store.list({ states: ['ready'], limit: 2, cursor });
        walked.push(...ids(page.jobs));
        cursor = page.cursor;
      }
      expect(walked).toEqual(order);
    });

    it('say at which gate, whoever finds or lists them', async () => {
      const key = 'ä b%';
      await stage.workers('ann');
      const [first, ...waiting] = [
        await stage.add({ gates: [task(key, 1)] }),
        await stage.add({ gates: [task(key, 1)] }),
        await stage.add({ gates: [task(key, 1)], priority: 3 }),
      ];
      const plain = await stage.add();
      const [held] = await stage.claim('ann', 1);
      expect(held!.id).toBe(first);
      await stage.settle('ann', released(held!));

      const found = await stage.store.find([first, plain, ...waiting].map((id) => ({ id })));
      expect(found.map((record) => record!.parked)).toEqual([undefined, undefined, task(key, 1), task(key, 1)]);
      const { jobs } = await stage.store.list({ states: ['ready'] });
      expect(jobs.map(({ id, parked }) => [id, parked])).toEqual([
        [first, undefined],
        [plain, undefined],
        [waiting[0], task(key, 1)],
        [waiting[1], task(key, 1)],
      ]);
    });

    it('each say their own gate, and none once they have passed it or are not ready', async () => {
      const { held, waiting } = await gated.setup([{}, {}, two, {}, {}]);
      const [next, later, generous, gone, cancelled] = waiting as [string, string, string, string, string];
      const parked = (ids: string[]) => Promise.all(ids.map((id) => gated.parked(id)));
      expect(await parked([next, generous])).toEqual([one.gates[0], two.gates[0]]);

      await stage.store.reschedule([gone], { in: 1000 });
      await stage.store.cancel([cancelled]);
      expect(await parked([held.id, gone, cancelled])).toEqual([undefined, undefined, undefined]);

      await stage.settle('ann', completed(held));
      expect(await parked([held.id, next, later])).toEqual([undefined, undefined, one.gates[0]]);
      const [second] = await stage.claim('ann', 1);
      await stage.settle('ann', completed(second!));
      expect(await parked([next, later, generous])).toEqual([undefined, undefined, undefined]);

      stage.clock.jump(1000);
      await stage.exchange('ann');
      expect(await gated.parked(gone)).toEqual(one.gates[0]);
    });

    it('are ready jobs to whoever counts', async () => {
      await gated.setup([{}, {}]);
      expect((await stage.counted())!.counts).toMatchObject({ active: 1, ready: 2 });

      await stage.store.configure(lane.queue, { maxReady: 2 });
      await expect(stage.add()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    });

    it('are nothing a worker could get: not more, and no suspects', async () => {
      const { held } = await gated.setup();
      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ jobs: [], more: false, suspects: 0 });
      expect((await stage.counted())!.oldestReadyAt).toBeUndefined();

      const enqueuedAt = stage.now;
      await stage.settle('ann', completed(held));
      expect(await stage.exchange('ann')).toMatchObject({ more: true });
      expect((await stage.counted())!.oldestReadyAt).toBe(enqueuedAt);
    });

    it('get it while the queue is paused, too', async () => {
      const { held, next } = await gated.setup();
      await stage.store.configure(lane.queue, { paused: true });

      expect(await stage.exchange('ann', { settle: [completed(held)], want: 1 })).toMatchObject({
        jobs: [],
        more: true,
      });

      await stage.store.configure(lane.queue, { paused: false });
      expect(await gated.claim('ann')).toEqual([next]);
    });

    it('are replaced as any ready job under its key', async () => {
      const keys = [{ key: 'u', until: 'settled' as const }];
      const { held, next } = await gated.setup([{ keys }]);

      const [answer] = await stage.store.enqueue([stage.job({ ...one, keys, body: 'new', onDuplicate: 'replace' })]);
      expect(answer).toMatchObject({ id: next, created: false, replaced: true, state: 'ready' });

      await stage.settle('ann', completed(held));
      expect((await stage.claim('ann', 10)).map(({ id, body }) => [id, body])).toEqual([[next, 'new']]);
    });

    it('expire when they would begin, not before', async () => {
      const { held, waiting } = await gated.setup([{ expires: { in: 1000 } }, {}]);
      stage.clock.jump(1000);
      await stage.exchange('ann', { want: 10 });
      expect(await stage.states(waiting)).toEqual(['ready', 'ready']);

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)], want: 10 });

      expect(ids(jobs)).toEqual([waiting[1]]);
      expect(await stage.record(waiting[0]!)).toMatchObject({ state: 'cancelled', reason: 'expired' });
    });

    it('are cancelled and removed at once', async () => {
      const { held, waiting } = await gated.setup([{}, {}, {}]);
      const [a, b, c] = waiting;

      expect(await stage.store.cancel([a!])).toEqual([{ id: a, applied: true, state: 'cancelled' }]);
      expect(await stage.store.remove([b!])).toEqual([{ id: b, applied: true, state: undefined }]);

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)], want: 10 });
      expect(ids(jobs)).toEqual([c]);
      expect((await stage.counted())!.counts).toMatchObject({ ready: 0, cancelled: 1 });
    });

    it('are put off, but not hurried', async () => {
      const { held, waiting } = await gated.setup([{}, {}]);
      const [a, b] = waiting;

      expect(await stage.store.reschedule([b!], undefined)).toEqual([{ id: b, applied: true, state: 'ready' }]);
      expect(await stage.store.retry([b!])).toEqual([{ id: b, applied: false, state: 'ready' }]);
      expect(await gated.ready()).toEqual([a, b]);

      expect(await stage.store.reschedule([a!], { in: 1000 })).toEqual([{ id: a, applied: true, state: 'scheduled' }]);
      await stage.settle('ann', completed(held));
      expect(await gated.claim('ann')).toEqual([b]);
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
      const { held } = await gated.setup();

      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.settle('ann', completed(held)));
    });

    it('are hinted at to those who watch them, too', async () => {
      const { held, next } = await gated.setup();
      await stage.store.find([{ id: next }], { watch: true });

      await stage.hinted({ jobs: [next] }, 'job', () => stage.settle('ann', completed(held)));
    });

    it('outlive the worker that holds the place', async () => {
      const { held, next } = await gated.setup();
      await stage.pass(lease + 1);
      await stage.reap();

      const [again] = await stage.claim('keeper', 10);
      expect(again!.id).toBe(held.id);
      await stage.settle('keeper', completed(again!));

      expect(await gated.claim('keeper')).toEqual([next]);
    });
  });
}
