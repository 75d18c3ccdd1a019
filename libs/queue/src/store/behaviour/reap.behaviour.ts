import { completed, lease, type Stage } from './stage.js';

export function describeReap(stage: Stage): void {
  const nothing = { released: [], failed: [], cancelled: [], lost: [], more: false };

  describe('reap', () => {
    it('gives back the jobs of a worker whose lease ran out: one crash more, no attempt charged', async () => {
      const held = await stage.held('ann');
      const startedAt = stage.now;
      await stage.pass(lease + 1);

      const answer = await stage.reap();

      expect(answer).toMatchObject({ ...nothing, released: [held.id], lost: ['ann'] });
      expect(await stage.record(held.id)).toMatchObject({
        state: 'ready',
        attempts: 0,
        crashes: 1,
        releases: 0,
        history: [
          { attempt: 1, worker: 'ann', startedAt, finishedAt: stage.now, outcome: 'lost', heartbeatAt: startedAt },
        ],
      });
    });

    it('says when a lost worker was last heard of', async () => {
      const held = await stage.held('ann');
      await stage.pass(5000);
      await stage.exchange('ann');
      const heartbeatAt = stage.now;

      await stage.lose();

      expect((await stage.record(held.id))!.history).toMatchObject([{ outcome: 'lost', heartbeatAt }]);
    });

    it('leaves a worker alone until its lease has run out', async () => {
      await stage.held('ann');
      await stage.pass(lease);

      expect(await stage.reap()).toMatchObject(nothing);
    });

    it('leaves alone whoever renewed', async () => {
      await stage.held('ann');
      await stage.pass(lease);
      await stage.exchange('ann');
      await stage.pass(1);

      expect(await stage.reap()).toMatchObject(nothing);
    });

    it('puts the jobs to the front in the order they were taken', async () => {
      await stage.workers('ann');
      const [a, b, c] = await stage.addMany(3);
      await stage.claim('ann', 2);

      expect((await stage.lose()).released).toEqual([b, a]);
      expect(await stage.listed('ready')).toEqual([a, b, c]);
    });

    it('lets the job run again under a higher fence', async () => {
      const held = await stage.held('ann');
      await stage.lose();
      await stage.workers('bob');

      const [again] = await stage.claim('bob', 1);

      expect(again).toMatchObject({ id: held.id, crashes: 1, attempts: 0 });
      expect(again!.fence).toBeGreaterThan(held.fence);
    });

    it('keeps the lost worker out', async () => {
      const held = await stage.held('ann');
      await stage.lose();

      expect(await stage.exchange('ann', { settle: [completed(held)], want: 1 })).toMatchObject({ gone: true });
      expect(await stage.store.note(held.id, held.fence, { progress: '1' })).toBe('stale');
      expect((await stage.store.workers()).map((worker) => worker.id)).toEqual(['keeper']);
    });

    it('names a lost worker that held nothing', async () => {
      await stage.workers('ann');

      expect(await stage.lose()).toMatchObject({ ...nothing, lost: ['ann'] });
    });

    it('is asked for by the answers of others until it is done', async () => {
      await stage.held('ann');
      await stage.workers('bob');
      await stage.pass(lease);
      expect(await stage.exchange('bob')).toMatchObject({ overdue: false });
      await stage.pass(1);
      expect(await stage.exchange('bob')).toMatchObject({ overdue: true });
      await stage.reap();

      expect(await stage.exchange('bob')).toMatchObject({ overdue: false });
    });

    it('says each loss once', async () => {
      await stage.held('ann');
      await stage.lose();

      expect(await stage.reap()).toMatchObject(nothing);
    });

    it('fails a job at its crash limit, reason worker-lost', async () => {
      const held = await stage.held('ann', { crashLimit: 1 });

      expect(await stage.lose()).toMatchObject({ ...nothing, failed: [{ id: held.id, task: 'grind' }], lost: ['ann'] });
      expect(await stage.record(held.id)).toMatchObject({
        state: 'failed',
        reason: 'worker-lost',
        crashes: 1,
        attempts: 0,
        finishedAt: stage.now,
        history: [{ outcome: 'lost' }],
      });
    });

    it('fails a job that loses its third worker, unless told otherwise', async () => {
      const id = await stage.add();
      for (const worker of ['ann', 'bob', 'cid']) {
        await stage.workers(worker);
        expect(await stage.claim(worker, 1, { alone: true })).toMatchObject([{ id }]);
        await stage.lose();
      }

      expect(await stage.record(id)).toMatchObject({ state: 'failed', reason: 'worker-lost', crashes: 3 });
    });

    it('cancels a marked job, for the reason of the mark', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id], { reason: 'enough' });

      expect(await stage.lose()).toMatchObject({ ...nothing, cancelled: [held.id], lost: ['ann'] });
      expect(await stage.record(held.id)).toMatchObject({
        state: 'cancelled',
        reason: 'enough',
        crashes: 1,
        history: [{ outcome: 'lost' }],
      });
    });

    it('goes page by page, and keeps a half reaped worker out', async () => {
      await stage.workers('ann');
      const [a, b, c] = await stage.addMany(3);
      const [held] = await stage.claim('ann', 3);
      await stage.pass(lease + 1);

      expect(await stage.reap({ page: 2 })).toMatchObject({ released: [c, b], lost: [], more: true });
      expect(await stage.exchange('ann', { settle: [completed(held!)] })).toMatchObject({ gone: true, settled: [] });
      expect(await stage.reap({ page: 2 })).toMatchObject({ released: [a], lost: ['ann'], more: false });
      expect(await stage.listed('ready')).toEqual([a, b, c]);
    });

    it('takes several lost workers in the order in which their leases ended', async () => {
      const second = await stage.held('zoe');
      stage.clock.jump(1000);
      const third = await stage.held('ann');
      stage.clock.jump(1000);
      await stage.held('bob');
      await stage.pass(lease - 1);

      expect(await stage.reap()).toMatchObject({ released: [second.id, third.id], lost: ['zoe', 'ann'] });
    });

    it('touches one lane only', async () => {
      const other = { queue: 'other', shard: 0 };
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [other] }));
      await stage.add({ lane: other });
      await stage.claim('ann', 1, { lane: other });
      await stage.pass(lease + 1, other);

      expect(await stage.reap()).toMatchObject(nothing);
      expect(await stage.reap({ lane: other })).toMatchObject({ lost: ['ann'] });
    });

    it('of a lane that nobody knows finds nothing, and makes nothing', async () => {
      expect(await stage.reap({ lane: { queue: 'nowhere', shard: 0 } })).toMatchObject(nothing);
      expect(await stage.store.counts()).toEqual([]);
    });
  });

  describe('reap after an outage', () => {
    it('waits a full lease for workers to report back when nobody was heard of for half a lease', async () => {
      const held = await stage.held('ann');
      stage.clock.jump(10 * lease);

      const answer = await stage.reap();

      expect(answer).toMatchObject({ ...nothing, graceUntil: stage.now + lease });
      expect((await stage.record(held.id))!.state).toBe('active');
      expect(await stage.settle('ann', completed(held))).toBe('completed');
    });

    it('reaps those who did not report back once the grace is over', async () => {
      const held = await stage.held('ann');
      stage.clock.jump(10 * lease);
      await stage.reap();

      await stage.pass(lease - 1);
      expect(await stage.reap()).toMatchObject({ released: [], graceUntil: stage.now + 1 });
      await stage.pass(1);
      expect(await stage.reap()).toMatchObject({ released: [held.id], lost: ['ann'] });
    });

    it('gives no grace after a silence of half a lease exactly', async () => {
      await stage.held('ann');
      await stage.pass(lease / 2 + 1);
      stage.clock.jump(lease / 2);

      expect((await stage.reap()).lost).toEqual(['ann']);
    });

    it('begins with whoever speaks first: a worker that beats', async () => {
      await stage.held('ann');
      await stage.workers('bob');
      stage.clock.jump(10 * lease);
      await stage.exchange('bob');

      expect(await stage.reap()).toMatchObject({ released: [], graceUntil: stage.now + lease });
    });

    it('begins with whoever speaks first: a worker that registers', async () => {
      await stage.held('ann');
      stage.clock.jump(10 * lease);
      await stage.workers('bob');

      expect(await stage.reap()).toMatchObject({ released: [], graceUntil: stage.now + lease });
    });

    it('goes by the longest lease of the lane', async () => {
      await stage.held('ann');
      await stage.store.register(stage.workerRecord({ id: 'bob', lease: 60_000 }));
      stage.clock.jump(30_000);
      expect((await stage.reap()).lost).toEqual(['ann']);

      stage.clock.jump(30_001);

      expect(await stage.reap()).toMatchObject({ lost: [], graceUntil: stage.now + 60_000 });
    });

    it('renews every lease when the clock goes back', async () => {
      const held = await stage.held('ann');
      stage.clock.jump(-3_600_000);

      expect(await stage.reap()).toMatchObject({ ...nothing, graceUntil: stage.now + lease });
      expect(await stage.store.workers()).toMatchObject([{ id: 'ann', leaseUntil: stage.now + lease }]);
      await stage.pass(lease + 1);
      expect(await stage.reap()).toMatchObject({ released: [held.id] });
    });

    it('thinks nothing of a second back', async () => {
      await stage.held('ann');
      stage.clock.jump(-1000);

      expect((await stage.reap()).graceUntil).toBeUndefined();
    });

    it('gives no grace when there is nobody to wait for', async () => {
      await stage.add();
      await stage.workers('ann');
      await stage.store.retire('ann');
      stage.clock.jump(10 * lease);

      expect((await stage.reap()).graceUntil).toBeUndefined();
    });

    it('belongs to one lane', async () => {
      const other = { queue: 'other', shard: 0 };
      await stage.held('ann');
      await stage.store.register(stage.workerRecord({ id: 'bob', lanes: [other] }));
      await stage.pass(lease + 1);

      expect((await stage.reap({ lane: other })).graceUntil).toBe(stage.now + lease);
      expect((await stage.reap()).lost).toEqual(['ann']);
    });
  });
}
