import type { ClaimedJob } from '../store.js';
import { Gated, group, ids, order } from './gated.js';
import { cancelled, completed, failed, lane, released, retried, snoozed, type Stage } from './stage.js';

export function describeOrder(stage: Stage): void {
  const gated = new Gated(stage);
  const a = { gates: [order('a')] };
  const held = { gates: [order('a', { holdFailed: true })] };

  /** Of three jobs of one key the first runs. */
  async function setup(job = a) {
    await stage.workers('ann');
    const [first, second, third] = await stage.addMany(3, job);
    const [running] = await stage.claim('ann', 10);
    expect(running!.id).toBe(first);
    return { running: running!, second: second!, third: third! };
  }

  describe('an order', () => {
    it('runs the jobs of a key one at a time, as they came', async () => {
      await stage.workers('ann');
      const jobs = await stage.addMany(5, a);

      expect(await gated.claim('ann')).toEqual([jobs[0]]);
      expect(await gated.claim('ann')).toEqual([]);
      await stage.store.retire('ann');
      await stage.workers('bob');
      expect(await gated.drain('bob')).toEqual(jobs);
    });

    it('is that of arrival, whatever the priority', async () => {
      await stage.workers('ann');
      const jobs: string[] = [];
      for (const priority of [2, 3, 0, 1, 2]) jobs.push(await stage.add({ ...a, priority }));

      expect(await gated.drain('ann')).toEqual(jobs);
    });

    it('takes a job that was due later by the time at which it was due', async () => {
      await stage.workers('ann');
      const first = await stage.add(a);
      const later = await stage.add({ ...a, due: { in: 1000 } });
      const second = await stage.add(a);
      const [running] = await stage.claim('ann', 1);
      stage.clock.jump(2000);
      const last = await stage.add(a);
      await stage.exchange('ann');
      expect(await gated.ready()).toEqual([second, later, last]);

      await stage.settle('ann', completed(running!));
      expect([first, ...(await gated.drain('ann'))]).toEqual([running!.id, second, later, last]);
    });

    it('binds no other key', async () => {
      await stage.workers('ann');
      const jobs: string[] = [];
      for (const key of ['a', 'b', 'A', 'a ', 'ä']) jobs.push(await stage.add({ gates: [order(key)] }));

      expect(await gated.claim('ann')).toEqual(jobs);
    });

    it('is another one in another lane, and apart from a group of the same key', async () => {
      await stage.workers('ann');
      const other = { queue: 'other', shard: 0 };
      await stage.store.register(stage.workerRecord({ id: 'bob', lanes: [other] }));
      const first = await stage.add(a);
      const away = await stage.add({ ...a, lane: other });
      const grouped = await stage.add({ gates: [group('a', { max: 1 })] });

      expect(await gated.claim('ann')).toEqual([first, grouped]);
      expect(ids(await stage.claim('bob', 10, { lane: other }))).toEqual([away]);
    });

    const waits: [string, (job: ClaimedJob) => ReturnType<typeof retried>, string][] = [
      ['a retry', (job) => retried(job, 5000), 'retry'],
      ['a snooze', (job) => snoozed(job, 5000), 'snooze'],
      ['later, given back', (job) => released(job, { in: 5000, why: 'unknown-task' }), 'unknown-task'],
    ];

    it.each(waits)('keeps the place of a job that waits for %s', async (_, ending, why) => {
      const { running, second, third } = await setup();
      await stage.settle('ann', ending(running));
      expect(await stage.record(running.id)).toMatchObject({ state: 'scheduled', why });
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(5000);
      expect(await gated.drain('ann')).toEqual([running.id, second, third]);
    });

    it.each([
      ['is cancelled', (id: string) => stage.store.cancel([id])],
      ['is removed', (id: string) => stage.store.remove([id])],
    ])('goes on when a job that waits for its retry %s', async (_, control) => {
      const { running, second } = await setup();
      await stage.settle('ann', retried(running, 5000));

      await control(running.id);

      expect(await gated.claim('ann')).toEqual([second]);
    });

    it('keeps the place of a job that waits for its retry and is put off', async () => {
      const { running, second } = await setup();
      await stage.settle('ann', retried(running, 5000));
      await stage.store.reschedule([running.id], { in: 9000 });
      stage.clock.jump(8999);
      expect(await gated.claim('ann')).toEqual([]);

      await stage.store.reschedule([running.id], undefined);
      expect(await gated.drain('ann')).toEqual([running.id, second, expect.any(String)]);
    });

    it('gives the place of a ready job that is put off to the next', async () => {
      await stage.workers('ann');
      const [first, second] = await stage.addMany(2, a);
      await stage.store.reschedule([first!], { in: 1000 });

      expect(await gated.claim('ann')).toEqual([second]);
    });

    it.each([
      ['retried at once', (job: ClaimedJob) => stage.settle('ann', retried(job))],
      ['released', (job: ClaimedJob) => stage.settle('ann', released(job))],
      ['lost', () => stage.lose()],
      ['reconciled', () => stage.store.reconcile('ann', lane, [])],
    ])('keeps the place of a job that is %s', async (_, giveBack) => {
      const { running, second } = await setup();
      await giveBack(running);
      await stage.workers('bob');

      expect(await gated.claim('bob')).toEqual([running.id]);
      expect(await gated.parked(second)).toEqual(order('a'));
    });

    it.each([
      ['completes', completed],
      ['fails', failed],
      ['is cancelled', cancelled],
    ])('goes on when a job %s', async (_, ending) => {
      const { running, second } = await setup();

      const { jobs } = await stage.exchange('ann', { settle: [ending(running)], want: 10 });

      expect(ids(jobs)).toEqual([second]);
    });

    it('goes on when a job expires, loses its last worker or is cancelled by force', async () => {
      await stage.workers('ann');
      const [first, second] = [await stage.add({ ...a, expires: { in: 1 } }), await stage.add(a)];
      stage.clock.jump(1);
      expect(await gated.claim('ann')).toEqual([second]);
      expect(await stage.states([first])).toEqual(['cancelled']);

      const [third, fourth] = [await stage.add({ ...a, crashLimit: 1 }), await stage.add(a)];
      await stage.store.cancel([second], { force: true });
      expect(await gated.claim('ann')).toEqual([third]);
      await stage.lose();
      expect(await gated.claim('keeper')).toEqual([fourth]);
    });

    it('is not kept by jobs that are blocked, or due for the first time', async () => {
      const parent = await stage.held('bob');
      await stage.workers('ann');
      await stage.add({ ...a, after: [parent.id] });
      await stage.add({ ...a, due: { in: 1000 } });
      const ready = await stage.add(a);

      expect(await gated.claim('ann')).toEqual([ready]);
    });

    it('puts a job that was parked and is put off behind those that came meanwhile', async () => {
      const { running, second, third } = await setup();
      await stage.store.reschedule([second], { in: 1000 });
      stage.clock.jump(1000);
      await stage.settle('ann', completed(running));

      expect(await gated.drain('ann')).toEqual([third, second]);
    });
  });

  describe('an order that failed jobs hold', () => {
    it('stands still behind a failed job', async () => {
      const { running, second } = await setup(held);
      await stage.settle('ann', failed(running));

      expect(await gated.claim('ann')).toEqual([]);
      expect(await gated.parked(second)).toEqual(held.gates[0]);
    });

    it('stands still behind a job that lost its last worker', async () => {
      await stage.workers('ann');
      const first = await stage.add({ ...held, crashLimit: 1 });
      await stage.add(held);
      await stage.claim('ann', 1);
      await stage.lose();

      expect(await stage.states([first])).toEqual(['failed']);
      expect(await gated.claim('keeper')).toEqual([]);
    });

    it('goes on when the job is retried by hand and ends otherwise', async () => {
      const { running, second, third } = await setup(held);
      await stage.settle('ann', failed(running));
      expect(await stage.store.retry([running.id])).toMatchObject([{ applied: true, state: 'ready' }]);

      expect(await gated.drain('ann')).toEqual([running.id, second, third]);
    });

    it('stands still again when it fails again', async () => {
      const { running } = await setup(held);
      await stage.settle('ann', failed(running));
      await stage.store.retry([running.id]);
      const [again] = await stage.claim('ann', 1);
      await stage.settle('ann', failed(again!));

      expect(await gated.claim('ann')).toEqual([]);
    });

    it('goes on when the job is removed, or forgotten by time', async () => {
      const { running, second, third } = await setup(held);
      await stage.settle('ann', failed(running));
      await stage.store.remove([running.id]);
      const [next] = await stage.claim('ann', 1);
      expect(next!.id).toBe(second);
      await stage.settle('ann', failed(next!));

      await stage.store.prune({ lane, keepCount: 0 });

      expect(await gated.claim('ann')).toEqual([third]);
    });

    it.each([
      ['completes', completed],
      ['is cancelled', cancelled],
    ])('does not stand still behind a job that %s', async (_, ending) => {
      const { running, second } = await setup(held);
      await stage.settle('ann', ending(running));

      expect(await gated.claim('ann')).toEqual([second]);
    });

    it('is a matter of the job that failed, not of those behind it', async () => {
      await stage.workers('ann');
      const first = await stage.add(a);
      const second = await stage.add(held);
      const [running] = await stage.claim('ann', 1);
      expect(running!.id).toBe(first);
      await stage.settle('ann', failed(running!));

      expect(await gated.claim('ann')).toEqual([second]);
    });

    it('frees the other gates of the job that failed', async () => {
      await stage.workers('ann');
      const tenant = group('t', { max: 1 });
      await stage.add({ gates: [order('a', { holdFailed: true }), tenant] });
      const other = await stage.add({ gates: [order('b'), tenant] });
      const [running] = await stage.claim('ann', 10);
      await stage.settle('ann', failed(running!));

      expect(await gated.claim('ann')).toEqual([other]);
    });
  });
}
