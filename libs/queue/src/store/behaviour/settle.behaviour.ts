import { limits } from '../../job/limits.js';
import type { ClaimedJob, Settlement } from '../store.js';
import { cancelled, completed, failed, lane, released, retried, snoozed, type Stage } from './stage.js';

export function describeSettle(stage: Stage): void {
  const endings: [string, (job: ClaimedJob) => Settlement][] = [
    ['completed', completed],
    ['retry', (job) => retried(job, 1000)],
    ['snoozed', (job) => snoozed(job, 1000)],
    ['failed', failed],
    ['cancelled', cancelled],
    ['released', released],
  ];

  describe('settle', () => {
    it.each(endings)('answers stale to %s when another fence holds the job, and writes nothing', async (_, ending) => {
      const old = await stage.held('ann');
      await stage.settle('ann', released(old));
      const [held] = await stage.claim('ann', 1);
      const before = await stage.record(old.id);

      expect(await stage.settle('ann', ending(old))).toBe('stale');
      expect(await stage.record(old.id)).toEqual(before);
      expect(held!.fence).toBeGreaterThan(old.fence);
    });

    it.each(endings)('answers stale to %s by another worker', async (_, ending) => {
      const held = await stage.held('ann');
      await stage.workers('bob');

      expect(await stage.settle('bob', ending(held))).toBe('stale');
      expect(await stage.record(held.id)).toMatchObject({ state: 'active', worker: 'ann' });
    });

    it.each(endings)('answers stale to %s the second time', async (_, ending) => {
      const held = await stage.held('ann');
      await stage.settle('ann', ending(held));
      const before = await stage.record(held.id);

      expect(await stage.settle('ann', ending(held))).toBe('stale');
      expect(await stage.record(held.id)).toEqual(before);
    });

    it.each(endings)('answers stale to %s of a job that is gone', async (_, ending) => {
      await stage.workers('ann');

      expect(await stage.settle('ann', ending({ id: stage.id(), fence: 1 } as ClaimedJob))).toBe('stale');
    });

    it.each(endings)('ends the hold when %s: worker and fence are gone, the start stays', async (_, ending) => {
      const held = await stage.held('ann');
      const { startedAt } = (await stage.record(held.id))!;
      await stage.settle('ann', ending(held));

      const record = await stage.record(held.id);
      expect(record).toMatchObject({ startedAt });
      expect([record!.worker, record!.fence, record!.cancelling]).toEqual([undefined, undefined, undefined]);
      expect((await stage.store.workers())[0]!.held).toBe(0);
    });

    it('settles several in order, the stale ones apart', async () => {
      await stage.workers('ann');
      await stage.addMany(3);
      const [a, b, c] = await stage.claim('ann', 3);

      const { settled } = await stage.exchange('ann', {
        settle: [failed(a!), completed(b!), completed(b!), retried(c!, 5)],
      });

      expect(settled).toEqual(['failed', 'completed', 'stale', 'scheduled']);
    });
  });

  describe('settle completed', () => {
    it('keeps the record with its result, and charges the attempt', async () => {
      const held = await stage.held('ann');
      stage.clock.jump(5);

      expect(await stage.settle('ann', completed(held, { result: '{"sum":3}' }))).toBe('completed');
      expect(await stage.record(held.id)).toMatchObject({
        state: 'completed',
        result: '{"sum":3}',
        attempts: 1,
        startedAt: stage.now - 5,
        finishedAt: stage.now,
        history: [],
      });
    });

    it('leaves no result when there is none', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', completed(held));

      expect((await stage.record(held.id))!.result).toBeUndefined();
    });

    it('clears the error of an earlier attempt and keeps its history', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', retried(held));
      const [again] = await stage.claim('ann', 1);
      await stage.settle('ann', completed(again!));

      const record = await stage.record(held.id);
      expect(record!.error).toBeUndefined();
      expect(record).toMatchObject({ attempts: 2, history: [{ outcome: 'retry', error: 'oops' }] });
    });

    it('leaves no record with keep 0, and counts it all the same', async () => {
      const held = await stage.held('ann');

      expect(await stage.settle('ann', completed(held, { keep: 0 }))).toBe('completed');
      expect(await stage.record(held.id)).toBeUndefined();
      expect(await stage.counted()).toMatchObject({
        counts: { active: 0, completed: 0 },
        totals: { completed: 1, removed: 0 },
      });
    });

    it('wins over a cancellation that came too late', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id]);

      expect(await stage.settle('ann', completed(held))).toBe('completed');
      expect((await stage.record(held.id))!.reason).toBeUndefined();
    });
  });

  describe('settle retry', () => {
    it('schedules the job again and charges the attempt', async () => {
      const held = await stage.held('ann');
      stage.clock.jump(5);

      expect(await stage.settle('ann', retried(held, 3000, 'boom'))).toBe('scheduled');
      const record = await stage.record(held.id);
      expect(record).toMatchObject({
        state: 'scheduled',
        why: 'retry',
        dueAt: stage.now + 3000,
        attempts: 1,
        error: 'boom',
        history: [
          {
            attempt: 1,
            worker: 'ann',
            startedAt: stage.now - 5,
            finishedAt: stage.now,
            outcome: 'retry',
            error: 'boom',
          },
        ],
      });
      expect(record!.finishedAt).toBeUndefined();
    });

    it('without a wait makes it ready at the tail', async () => {
      await stage.workers('ann');
      await stage.add({ due: { in: 1000 } });
      stage.clock.jump(1000);
      const [due] = await stage.claim('ann', 1);
      const other = await stage.add();

      expect(await stage.settle('ann', retried(due!, 0))).toBe('ready');
      expect(await stage.listed('ready')).toEqual([other, due!.id]);
      expect((await stage.record(due!.id))!.dueAt).toBeUndefined();
    });

    it('becomes cancelled, for the reason of the mark, when somebody wants that', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id], { reason: 'enough' });

      expect(await stage.settle('ann', retried(held, 1000))).toBe('cancelled');
      expect(await stage.record(held.id)).toMatchObject({
        state: 'cancelled',
        reason: 'enough',
        attempts: 1,
        error: 'oops',
        finishedAt: stage.now,
        history: [{ outcome: 'retry' }],
      });
    });

    it(`keeps the newest ${limits.history} attempts readable`, async () => {
      let held = await stage.held('ann');
      for (let i = 0; i < limits.history + 2; i++) {
        await stage.settle('ann', retried(held, 0, `error ${i}`));
        [held] = (await stage.claim('ann', 1)) as [ClaimedJob];
      }

      const { history, attempts } = (await stage.record(held.id))!;
      expect(attempts).toBe(limits.history + 2);
      expect(history).toHaveLength(limits.history);
      expect(history[0]).toMatchObject({ attempt: 3, error: 'error 2' });
      expect(history.at(-1)).toMatchObject({ attempt: limits.history + 2 });
    });

    it('hands the next attempt what was charged', async () => {
      const held = await stage.held('ann', { attempts: 1 });
      await stage.settle('ann', retried(held));

      expect(await stage.claim('ann', 1)).toMatchObject([{ id: held.id, attempts: 2 }]);
      expect((await stage.record(held.id))!.history).toMatchObject([{ attempt: 2 }]);
    });
  });

  describe('settle snoozed', () => {
    it('schedules the job again and charges nothing', async () => {
      const held = await stage.held('ann');

      expect(await stage.settle('ann', snoozed(held, 3000))).toBe('scheduled');
      expect(await stage.record(held.id)).toMatchObject({
        state: 'scheduled',
        why: 'snooze',
        dueAt: stage.now + 3000,
        attempts: 0,
        history: [{ attempt: 1, outcome: 'snoozed' }],
      });
    });

    it('without a wait makes it ready at the tail', async () => {
      const held = await stage.held('ann');
      const other = await stage.add();

      expect(await stage.settle('ann', snoozed(held))).toBe('ready');
      expect(await stage.listed('ready')).toEqual([other, held.id]);
    });

    it('becomes cancelled when somebody wants that', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id]);

      expect(await stage.settle('ann', snoozed(held, 1000))).toBe('cancelled');
      expect(await stage.record(held.id)).toMatchObject({
        reason: 'request',
        attempts: 0,
        history: [{ outcome: 'snoozed' }],
      });
    });
  });

  describe('settle failed', () => {
    it('puts the job into the dead letters, with reason and error', async () => {
      const held = await stage.held('ann');

      expect(await stage.settle('ann', failed(held, 'exhausted', 'boom'))).toBe('failed');
      expect(await stage.record(held.id)).toMatchObject({
        state: 'failed',
        reason: 'exhausted',
        error: 'boom',
        attempts: 1,
        finishedAt: stage.now,
        history: [{ attempt: 1, outcome: 'failed', error: 'boom' }],
      });
    });

    it('stays failed though somebody wanted it cancelled', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id]);

      expect(await stage.settle('ann', failed(held))).toBe('failed');
    });
  });

  describe('settle cancelled', () => {
    it('ends the job without charge', async () => {
      const held = await stage.held('ann');

      expect(await stage.settle('ann', cancelled(held, 'request', 'stopped'))).toBe('cancelled');
      expect(await stage.record(held.id)).toMatchObject({
        state: 'cancelled',
        reason: 'request',
        error: 'stopped',
        attempts: 0,
        finishedAt: stage.now,
        history: [{ attempt: 1, outcome: 'cancelled', error: 'stopped' }],
      });
    });

    it('gives the reason of the mark, when somebody wants it cancelled', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id], { reason: 'too late' });

      expect(await stage.settle('ann', cancelled(held, 'request', 'stopped'))).toBe('cancelled');
      expect(await stage.record(held.id)).toMatchObject({
        reason: 'too late',
        error: 'stopped',
        history: [{ attempt: 1, outcome: 'cancelled', error: 'stopped' }],
      });
    });

    it('leaves the error of an earlier attempt when it has none itself', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', retried(held, 0, 'earlier'));
      const [again] = await stage.claim('ann', 1);
      await stage.settle('ann', cancelled(again!));

      expect((await stage.record(held.id))!.error).toBe('earlier');
    });
  });

  describe('settle released', () => {
    it('gives the job back to the front, uncharged and without a trace in its history', async () => {
      const held = await stage.held('ann');
      await stage.add();

      expect(await stage.settle('ann', released(held))).toBe('ready');
      expect((await stage.listed('ready'))[0]).toBe(held.id);
      expect(await stage.record(held.id)).toMatchObject({ attempts: 0, crashes: 0, releases: 1, history: [] });
    });

    it('puts each of several to the front, so that the last comes first', async () => {
      await stage.workers('ann');
      await stage.addMany(3);
      const [a, b] = await stage.claim('ann', 2);

      await stage.exchange('ann', { settle: [released(a!), released(b!)] });

      expect((await stage.listed('ready')).slice(0, 2)).toEqual([b!.id, a!.id]);
    });

    it('waits first when asked to, for the reason given', async () => {
      const held = await stage.held('ann');

      expect(await stage.settle('ann', released(held, { in: 5000, why: 'unknown-task' }))).toBe('scheduled');
      expect(await stage.record(held.id)).toMatchObject({
        why: 'unknown-task',
        dueAt: stage.now + 5000,
        releases: 1,
        attempts: 0,
      });
    });

    it('calls the wait a delay when no reason is given', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', released(held, { in: 5000 }));

      expect((await stage.record(held.id))!.why).toBe('delay');
    });

    it('goes to the tail when the wait is over at once', async () => {
      const held = await stage.held('ann');
      const other = await stage.add();

      expect(await stage.settle('ann', released(held, { in: 0 }))).toBe('ready');
      expect(await stage.listed('ready')).toEqual([other, held.id]);
    });

    it.each([{}, { in: 5000 }])('becomes cancelled when somebody wants that: %j', async (later) => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id], { reason: 'enough' });

      expect(await stage.settle('ann', released(held, later))).toBe('cancelled');
      expect(await stage.record(held.id)).toMatchObject({ reason: 'enough', releases: 1, history: [] });
    });
  });

  describe('settle with jobs that follow', () => {
    it('adds them in the same step', async () => {
      const held = await stage.held('ann');
      const next = stage.job({ parent: held.id });
      const later = stage.job({ due: { in: 1000 } });

      await stage.settle('ann', completed(held, { then: [next, later] }));

      expect(await stage.states([next.id, later.id])).toEqual(['ready', 'scheduled']);
      expect((await stage.record(next.id))!.parent).toBe(held.id);
    });

    it('may hand them out in the same exchange', async () => {
      const held = await stage.held('ann');
      const next = stage.job();

      const { jobs } = await stage.exchange('ann', { settle: [completed(held, { then: [next] })], want: 1 });

      expect(jobs.map((job) => job.id)).toEqual([next.id]);
    });

    it.each(endings)('adds them whatever the ending: %s', async (_, ending) => {
      const held = await stage.held('ann');
      const next = stage.job({ due: { in: 1000 } });

      await stage.settle('ann', { ...ending(held), then: [next] });

      expect(await stage.states([next.id])).toEqual(['scheduled']);
    });

    it('adds them also when no record of the settled job is kept', async () => {
      const held = await stage.held('ann');
      const next = stage.job();
      await stage.settle('ann', completed(held, { keep: 0, then: [next] }));

      expect(await stage.states([held.id, next.id])).toEqual([undefined, 'ready']);
    });

    it('adds none of a stale settlement', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', completed(held));
      const next = stage.job();

      await stage.settle('ann', completed(held, { then: [next] }));

      expect(await stage.states([next.id])).toEqual([undefined]);
    });

    it('respects their unique keys, freed by the settled job itself', async () => {
      const held = await stage.held('ann', { keys: [{ key: 'k', until: 'settled' }] });
      const [first, second] = [1, 2].map(() => stage.job({ keys: [{ key: 'k', until: 'settled' }] }));

      await stage.settle('ann', completed(held, { then: [first!, second!] }));

      expect(await stage.states([first!.id, second!.id])).toEqual(['ready', undefined]);
    });

    it('is never refused for want of room', async () => {
      const held = await stage.held('ann');
      await stage.add();
      await stage.store.configure(lane.queue, { maxReady: 1 });
      const next = stage.job();

      expect(await stage.settle('ann', completed(held, { then: [next] }))).toBe('completed');
      expect(await stage.states([next.id])).toEqual(['ready']);
    });

    it('carries them to another queue and another shard, once', async () => {
      const held = await stage.held('ann');
      const next = [stage.job({ lane: { queue: 'other', shard: 0 } }), stage.job({ lane: { ...lane, shard: 1 } })];

      await stage.settle('ann', completed(held, { then: next }));
      await stage.store.relay(lane);
      await stage.store.relay(lane);

      expect(await stage.states(next.map((job) => job.id))).toEqual(['ready', 'ready']);
      expect(await stage.counted('other')).toMatchObject({ counts: { ready: 1 }, totals: { enqueued: 1 } });
    });
  });
}
