import { cancelled, completed, failed, lane, retried, type Stage } from './stage.js';

export function describeControl(stage: Stage): void {
  const ended = async (ending: typeof completed | typeof failed | typeof cancelled, job = {}) => {
    const held = await stage.held('ann', job);
    await stage.settle('ann', ending(held));
    return held.id;
  };

  describe('cancel', () => {
    it('ends a scheduled and a ready job at once', async () => {
      const ids = [await stage.add(), await stage.add({ due: { in: 1000 } })];

      expect(await stage.store.cancel(ids)).toEqual([
        { id: ids[0], applied: true, state: 'cancelled' },
        { id: ids[1], applied: true, state: 'cancelled' },
      ]);
      expect(await stage.record(ids[1]!)).toMatchObject({
        state: 'cancelled',
        reason: 'request',
        finishedAt: stage.now,
        history: [],
      });
      expect((await stage.record(ids[1]!))!.why).toBeUndefined();
    });

    it('keeps the reason', async () => {
      const id = await stage.add();
      await stage.store.cancel([id], { reason: 'dependency' });

      expect((await stage.record(id))!.reason).toBe('dependency');
    });

    it('lets no cancelled job run', async () => {
      const [a, b, c] = await stage.addMany(3);
      await stage.store.cancel([a!, c!]);
      await stage.workers('ann');

      const answer = await stage.exchange('ann', { want: 5 });

      expect(answer.jobs.map((job) => job.id)).toEqual([b]);
      expect(answer.more).toBe(false);
    });

    it('marks a running job and says that its worker was told', async () => {
      const held = await stage.held('ann');

      expect(await stage.store.cancel([held.id])).toEqual([
        { id: held.id, applied: true, state: 'active', signalled: true },
      ]);
      expect(await stage.record(held.id)).toMatchObject({ state: 'active', cancelling: true });
    });

    it('again on a running job keeps the first reason', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id], { reason: 'first' });

      expect(await stage.store.cancel([held.id], { reason: 'second' })).toMatchObject([
        { applied: true, signalled: true },
      ]);
      await stage.settle('ann', retried(held));
      expect((await stage.record(held.id))!.reason).toBe('first');
    });

    it('with force ends the hold of a running job now', async () => {
      const held = await stage.held('ann');
      const startedAt = stage.now;
      stage.clock.jump(5);

      const [answer] = await stage.store.cancel([held.id], { force: true, reason: 'enough' });

      expect(answer).toMatchObject({ applied: true, state: 'cancelled' });
      expect(answer!.signalled).toBeFalsy();
      expect(await stage.record(held.id)).toMatchObject({
        state: 'cancelled',
        reason: 'enough',
        attempts: 0,
        history: [{ attempt: 1, worker: 'ann', startedAt, finishedAt: stage.now, outcome: 'cancelled' }],
      });
      expect(await stage.settle('ann', completed(held))).toBe('stale');
    });

    it('with force cancels a waiting job like any other', async () => {
      const id = await stage.add();

      expect(await stage.store.cancel([id], { force: true })).toEqual([{ id, applied: true, state: 'cancelled' }]);
    });

    it.each([
      ['completed', completed],
      ['failed', failed],
      ['cancelled', cancelled],
    ] as const)('does not apply to a %s job', async (state, ending) => {
      const id = await ended(ending);
      const before = await stage.record(id);

      expect(await stage.store.cancel([id], { force: true })).toEqual([{ id, applied: false, state }]);
      expect(await stage.record(id)).toEqual(before);
    });

    it('answers unknown ids, and texts that are none, without a state', async () => {
      const unknown = [stage.id(), stage.id({ queue: 'nowhere', shard: 0 }), 'order:42', ''];

      const answers = await stage.store.cancel(unknown);

      expect(answers).toEqual(unknown.map((id) => ({ id, applied: false, state: undefined })));
      expect(await stage.store.counts()).toEqual([]);
    });

    it('takes several in order, over queues, and one twice', async () => {
      const a = await stage.add();
      const b = await stage.add({ lane: { queue: 'other', shard: 2 } });

      const answers = await stage.store.cancel([b, a, b]);

      expect(answers.map(({ id, applied }) => [id, applied])).toEqual([
        [b, true],
        [a, true],
        [b, false],
      ]);
    });
  });

  describe('retry', () => {
    it('makes a failed job ready again under the same id, as new but for its history', async () => {
      const held = await stage.held('ann', { expires: { in: 60_000 } });
      await stage.store.note(held.id, held.fence, { log: ['line'], checkpoint: 'c', step: { name: 's', result: 'r' } });
      await stage.settle('ann', failed(held));

      expect(await stage.store.retry([held.id])).toEqual([{ id: held.id, applied: true, state: 'ready' }]);

      const record = (await stage.record(held.id))!;
      expect(record).toMatchObject({
        state: 'ready',
        attempts: 0,
        crashes: 0,
        releases: 0,
        history: [{ outcome: 'failed' }],
        log: ['line'],
      });
      const { reason, error, result, finishedAt, expiresAt } = record;
      expect([reason, error, result, finishedAt, expiresAt]).toEqual(Array(5).fill(undefined));
      expect(await stage.claim('ann', 1)).toMatchObject([
        { id: held.id, attempts: 0, checkpoint: 'c', steps: { s: 'r' } },
      ]);
    });

    it('makes a cancelled job ready again, and books it as revived', async () => {
      const id = await ended(cancelled);

      expect(await stage.store.retry([id])).toMatchObject([{ applied: true, state: 'ready' }]);
      expect((await stage.counted())!.totals).toMatchObject({ enqueued: 1, revived: 1, cancelled: 1 });
    });

    it('does not book a failed job as revived, for it had not ended', async () => {
      const id = await ended(failed);
      await stage.store.retry([id]);

      expect((await stage.counted())!.totals).toMatchObject({ enqueued: 1, revived: 0, failed: 1 });
    });

    it('puts the job to the tail of its band', async () => {
      const id = await ended(failed);
      const other = await stage.add();

      await stage.store.retry([id]);

      expect(await stage.listed('ready')).toEqual([other, id]);
    });

    it('runs an expired job after all', async () => {
      await stage.workers('ann');
      const id = await stage.add({ expires: { in: 10 } });
      stage.clock.jump(10);
      await stage.claim('ann', 1);

      await stage.store.retry([id]);

      expect(await stage.claim('ann', 1)).toMatchObject([{ id }]);
    });

    it('does not apply to a job that has not failed and was not cancelled', async () => {
      const done = await ended(completed);
      const active = (await stage.held('ann')).id;
      const ids = [done, active, await stage.add(), await stage.add({ due: { in: 1000 } }), stage.id()];

      expect((await stage.store.retry(ids)).map(({ applied, state }) => [applied, state])).toEqual([
        [false, 'completed'],
        [false, 'active'],
        [false, 'ready'],
        [false, 'scheduled'],
        [false, undefined],
      ]);
    });

    it('is refused while another job has one of its keys', async () => {
      const keys = [{ key: 'k', until: 'settled' as const }];
      const id = await ended(failed, { keys });
      const other = await stage.add({ keys });

      expect(await stage.store.retry([id])).toEqual([{ id, applied: false, state: 'failed' }]);
      await stage.store.cancel([other]);
      expect(await stage.store.retry([id])).toMatchObject([{ applied: true }]);
    });

    it('takes its keys again', async () => {
      const keys = [{ key: '=order:1', until: 'settled' as const }];
      const id = await ended(failed, { keys });
      const other = await stage.add({ keys });
      await stage.store.cancel([other]);
      await stage.store.retry([id]);

      expect(await stage.store.enqueue([stage.job({ keys })])).toMatchObject([{ id, created: false, state: 'ready' }]);
      expect(await stage.store.find([{ name: 'order:1' }])).toMatchObject([{ id }]);
    });
  });

  describe('reschedule', () => {
    it('moves a scheduled job to another time', async () => {
      const id = await stage.add({ due: { in: 1000 } });

      expect(await stage.store.reschedule([id], { in: 9000 })).toEqual([{ id, applied: true, state: 'scheduled' }]);
      expect(await stage.record(id)).toMatchObject({ dueAt: stage.now + 9000, why: 'delay' });
    });

    it('makes a scheduled job ready at the tail, for undefined and for a time that is past', async () => {
      const [a, b] = [await stage.add({ due: { in: 1000 } }), await stage.add({ due: { in: 1000 } })];
      const other = await stage.add();

      await stage.store.reschedule([a], undefined);
      await stage.store.reschedule([b], { at: stage.now });

      expect(await stage.listed('ready')).toEqual([other, a, b]);
      expect((await stage.record(a))!.dueAt).toBeUndefined();
    });

    it('lets a ready job wait', async () => {
      const [id, other] = [await stage.add(), await stage.add()];

      expect(await stage.store.reschedule([id], { at: stage.now + 1000 })).toEqual([
        { id, applied: true, state: 'scheduled' },
      ]);
      await stage.workers('ann');
      expect((await stage.claim('ann', 5)).map((job) => job.id)).toEqual([other]);
      stage.clock.jump(1000);
      expect((await stage.claim('ann', 5)).map((job) => job.id)).toEqual([id]);
    });

    it('leaves a ready job that shall run now where it is', async () => {
      const ids = await stage.addMany(2);

      expect(await stage.store.reschedule([ids[0]!], undefined)).toEqual([
        { id: ids[0], applied: true, state: 'ready' },
      ]);
      expect(await stage.listed('ready')).toEqual(ids);
    });

    it('there and back puts a ready job at the tail, where it is taken once', async () => {
      const [id, other] = await stage.addMany(2);
      await stage.store.reschedule([id!], { in: 1000 });
      await stage.store.reschedule([id!], undefined);
      expect(await stage.listed('ready')).toEqual([other, id]);
      await stage.workers('ann');

      expect((await stage.claim('ann', 1)).map((job) => job.id)).toEqual([other]);
      expect((await stage.claim('ann', 5)).map((job) => job.id)).toEqual([id]);
    });

    it('changes the reason of a wait that was a retry', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', retried(held, 1000));
      await stage.store.reschedule([held.id], { in: 2000 });

      expect((await stage.record(held.id))!.why).toBe('delay');
    });

    it('does not apply to active, ended and unknown jobs', async () => {
      const done = await ended(completed);
      const { id } = await stage.held('ann');

      expect(await stage.store.reschedule([done, id, 'nobody'], { in: 1000 })).toEqual([
        { id: done, applied: false, state: 'completed' },
        { id, applied: false, state: 'active' },
        { id: 'nobody', applied: false, state: undefined },
      ]);
    });
  });

  describe('remove', () => {
    it('forgets jobs that wait or have ended', async () => {
      const ids = [await ended(completed), await ended(failed), await ended(cancelled)];
      ids.push(await stage.add(), await stage.add({ due: { in: 1000 } }));

      expect(await stage.store.remove(ids)).toEqual(ids.map((id) => ({ id, applied: true, state: undefined })));
      expect(await stage.states(ids)).toEqual(ids.map(() => undefined));
    });

    it('books as removed what had neither completed nor been cancelled', async () => {
      const ids = [await ended(completed), await ended(failed), await ended(cancelled), await stage.add()];

      await stage.store.remove(ids);

      expect((await stage.counted())!.totals).toEqual({
        enqueued: 4,
        revived: 0,
        completed: 1,
        failed: 1,
        cancelled: 1,
        removed: 2,
      });
    });

    it('does not apply to an active job', async () => {
      const { id } = await stage.held('ann');

      expect(await stage.store.remove([id])).toEqual([{ id, applied: false, state: 'active' }]);
      expect((await stage.record(id))!.state).toBe('active');
    });

    it('answers an unknown id, and the second time', async () => {
      const id = await stage.add();

      expect(await stage.store.remove([id, id])).toEqual([
        { id, applied: true, state: undefined },
        { id, applied: false, state: undefined },
      ]);
    });

    it('lets no removed job run, and its id be used again', async () => {
      const job = stage.job({ body: 'old' });
      await stage.store.enqueue([job]);
      const other = await stage.add();
      await stage.store.remove([job.id]);
      await stage.store.enqueue([{ ...job, body: 'new' }]);
      await stage.workers('ann');

      expect((await stage.claim('ann', 5)).map(({ id, body }) => [id, body])).toEqual([
        [other, '{}'],
        [job.id, 'new'],
      ]);
    });
  });

  describe('configure', () => {
    it('answers the whole, merged, with defaults for what was never set', async () => {
      const { store } = stage;

      const unset = { paused: false, maxReady: null, maxActive: null, rate: null, weights: null, tasks: {} };
      expect(await store.configure(lane.queue, {})).toEqual(unset);
      expect(await store.configure(lane.queue, { maxReady: 5 })).toEqual({ ...unset, maxReady: 5 });
      expect(await store.configure(lane.queue, { paused: true })).toEqual({ ...unset, paused: true, maxReady: 5 });
      expect(await store.configure(lane.queue, { maxReady: null })).toEqual({ ...unset, paused: true });
    });

    it('concerns one queue, all its shards, and makes it known', async () => {
      await stage.store.configure('other', { paused: true });
      const second = { queue: 'other', shard: 1 };
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, second] }));
      await stage.add({ lane: second });
      await stage.add();

      expect(await stage.exchange('ann', { want: 1, lane: second })).toMatchObject({ jobs: [], paused: true });
      expect(await stage.claim('ann', 1)).toHaveLength(1);
      expect((await stage.counted('other'))!.settings).toMatchObject({ paused: true, maxReady: null });
    });

    it('shows a queue that was only configured', async () => {
      await stage.store.configure('other', { maxReady: 1 });

      expect(await stage.store.counts()).toMatchObject([{ queue: 'other', shards: 1, counts: { ready: 0 } }]);
    });
  });
}
