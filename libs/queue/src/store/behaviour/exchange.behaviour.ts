import { limits } from '../../job/limits.js';
import { completed, lane, lease, type Stage } from './stage.js';

export function describeExchange(stage: Stage): void {
  describe('exchange', () => {
    it('hands a registered worker the next job', async () => {
      const id = await stage.add({ body: '{"payload":1}', tags: ['t'], parent: 'p', root: 'r', attempts: 2 });
      await stage.workers('ann');

      const answer = await stage.exchange('ann', { want: 1 });

      expect(answer).toMatchObject({
        settled: [],
        cancels: [],
        more: false,
        paused: false,
        suspects: 0,
        now: stage.now,
      });
      expect(answer.gone).toBeFalsy();
      expect(answer.jobs).toMatchObject([
        {
          id,
          task: 'grind',
          body: '{"payload":1}',
          attempts: 2,
          crashes: 0,
          releases: 0,
          priority: 2,
          enqueuedAt: stage.now,
          tags: ['t'],
          parent: 'p',
          root: 'r',
        },
      ]);
      expect(answer.jobs[0]!.fence).toBeGreaterThan(0);
    });

    it('shows a claimed job as active, with its worker and fence', async () => {
      const held = await stage.held('ann');

      expect(await stage.record(held.id)).toMatchObject({
        state: 'active',
        worker: 'ann',
        fence: held.fence,
        startedAt: stage.now,
      });
    });

    it('settles and claims in one call', async () => {
      const held = await stage.held('ann');
      const next = await stage.add();

      const answer = await stage.exchange('ann', { settle: [completed(held)], want: 1 });

      expect(answer.settled).toEqual(['completed']);
      expect(answer.jobs.map((job) => job.id)).toEqual([next]);
    });

    it('does nothing for a worker that never registered', async () => {
      await stage.add();

      const answer = await stage.exchange('stranger', { want: 1 });

      expect(answer).toMatchObject({ gone: true, settled: [], jobs: [], cancels: [], more: false, now: stage.now });
      expect((await stage.counted())!.counts).toMatchObject({ ready: 1, active: 0 });
    });

    it('does nothing for a worker that registered elsewhere', async () => {
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [{ queue: 'other', shard: 0 }] }));
      await stage.add();

      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ gone: true, jobs: [] });
    });

    it('settles nothing for a worker whose lease ended and was reaped', async () => {
      const held = await stage.held('ann');
      await stage.lose();

      const answer = await stage.exchange('ann', { settle: [completed(held)], want: 1 });

      expect(answer).toMatchObject({ gone: true, settled: [], jobs: [] });
      expect(await stage.record(held.id)).toMatchObject({ state: 'ready', crashes: 1 });
    });

    it('renews the lease of a worker that is late but not reaped', async () => {
      const held = await stage.held('ann');
      await stage.pass(lease + 1);

      expect(await stage.settle('ann', completed(held))).toBe('completed');
      expect((await stage.store.workers()).map((worker) => worker.id)).toContain('ann');
    });

    it('renews the lease from now', async () => {
      await stage.workers('ann');
      stage.clock.jump(1000);

      await stage.exchange('ann', { lease: 4000 });

      expect(await stage.store.workers()).toMatchObject([{ id: 'ann', leaseUntil: stage.now + 4000 }]);
    });

    it('promotes what is due, earliest first, behind what is ready', async () => {
      await stage.workers('ann');
      const late = await stage.add({ due: { in: 2000 } });
      const early = await stage.add({ due: { in: 1000 } });
      const never = await stage.add({ due: { in: 2001 } });
      const ready = await stage.add();
      stage.clock.jump(2000);

      const answer = await stage.exchange('ann', { want: 10 });

      expect(answer.jobs.map((job) => job.id)).toEqual([ready, early, late]);
      expect(answer.jobs[1]!.dueAt).toBe(stage.now - 1000);
      expect((await stage.record(early))!.why).toBeUndefined();
      expect((await stage.record(never))!.state).toBe('scheduled');
    });

    it('promotes jobs due at the same time in the order of their ids', async () => {
      await stage.workers('ann');
      const due = { at: stage.now + 1000 };
      const [first, second, third] = [stage.job({ due }), stage.job({ due }), stage.job({ due })];
      await stage.store.enqueue([third, first, second]);
      stage.clock.jump(1000);

      const jobs = await stage.claim('ann', 3);

      expect(jobs.map((job) => job.id)).toEqual([first.id, second.id, third.id]);
    });

    it('promotes into the band of the priority', async () => {
      await stage.workers('ann');
      const urgent = await stage.add({ due: { in: 1000 }, priority: 0 });
      await stage.add({ priority: 2 });
      stage.clock.jump(1000);

      expect((await stage.claim('ann', 1))[0]!.id).toBe(urgent);
    });

    it('promotes also when nothing is wanted', async () => {
      await stage.workers('ann');
      await stage.add({ due: { in: 1000 } });
      stage.clock.jump(1000);

      expect((await stage.exchange('ann')).more).toBe(true);
      expect((await stage.counted())!.counts).toMatchObject({ ready: 1, scheduled: 0 });
    });

    it(`promotes at most ${limits.promote} at once`, async () => {
      await stage.workers('ann');
      await stage.addMany(limits.promote + 1, { due: { in: 1000 } });
      stage.clock.jump(1000);

      const answer = await stage.exchange('ann');

      expect((await stage.counted())!.counts).toMatchObject({ ready: limits.promote, scheduled: 1 });
      expect(answer.dueIn).toBe(0);
    });

    it('never starts a job early', async () => {
      await stage.workers('ann');
      await stage.add({ due: { in: 1000 } });
      stage.clock.jump(999);

      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ jobs: [], dueIn: 1 });
    });

    it('says when the next job is due, and nothing when none is', async () => {
      await stage.workers('ann');
      expect((await stage.exchange('ann')).dueIn).toBeUndefined();

      await stage.add({ due: { in: 3000 } });
      await stage.add({ due: { in: 2000 } });

      expect((await stage.exchange('ann')).dueIn).toBe(2000);
    });

    it('says whether ready jobs are left', async () => {
      await stage.workers('ann');
      await stage.addMany(2);

      expect((await stage.exchange('ann', { want: 1 })).more).toBe(true);
      expect((await stage.exchange('ann', { want: 1 })).more).toBe(false);
    });

    it('claims nothing while the queue is paused, but settles, promotes and beats', async () => {
      const held = await stage.held('ann');
      await stage.add({ due: { in: 1000 } });
      await stage.store.configure(lane.queue, { paused: true });
      stage.clock.jump(1000);

      const answer = await stage.exchange('ann', { settle: [completed(held)], want: 5 });

      expect(answer).toMatchObject({ settled: ['completed'], jobs: [], paused: true, more: true });
      expect((await stage.store.workers())[0]!.leaseUntil).toBe(stage.now + lease);
      await stage.store.configure(lane.queue, { paused: false });
      expect(await stage.claim('ann', 5)).toHaveLength(1);
    });

    it('hands back which holds somebody wants cancelled, until they are settled', async () => {
      const held = await stage.held('ann');
      await stage.held('bob');
      await stage.store.cancel([held.id]);

      expect((await stage.exchange('ann')).cancels).toEqual([held.id]);
      expect((await stage.exchange('ann')).cancels).toEqual([held.id]);
      expect((await stage.exchange('bob')).cancels).toEqual([]);
      expect((await stage.exchange('ann', { settle: [completed(held)] })).cancels).toEqual([]);
    });

    it('touches one shard only', async () => {
      const other = { ...lane, shard: 1 };
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, other] }));
      const there = await stage.add({ lane: other });

      expect(await stage.claim('ann', 5)).toEqual([]);
      expect((await stage.claim('ann', 5, { lane: other })).map((job) => job.id)).toEqual([there]);
    });
  });
}
