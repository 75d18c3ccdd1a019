import { limits } from '../../job/limits.js';
import type { ClaimedJob } from '../store.js';
import { completed, lane, lease, released, retried, type Stage } from './stage.js';

export function describeClaim(stage: Stage): void {
  const ids = (jobs: ClaimedJob[]) => jobs.map((job) => job.id);
  const bands = (jobs: ClaimedJob[]) => jobs.map((job) => job.priority);

  /** One lost worker of the two it may lose: the next crash would be its last. */
  const suspect = async (job: Parameters<Stage['add']>[0] = {}) => {
    const id = await stage.add({ crashLimit: 2, ...job });
    await stage.workers(`lost-${id}`);
    expect(ids(await stage.claim(`lost-${id}`, 1))).toEqual([id]);
    await stage.lose();
    return id;
  };

  describe('claim', () => {
    it('takes in the order of enqueue', async () => {
      const added = await stage.addMany(5);
      await stage.workers('ann');

      expect(ids(await stage.claim('ann', 3))).toEqual(added.slice(0, 3));
      expect(ids(await stage.claim('ann', 3))).toEqual(added.slice(3));
    });

    it('takes no more than is wanted, and nothing for zero', async () => {
      await stage.addMany(3);
      await stage.workers('ann');

      expect(await stage.claim('ann', 0)).toEqual([]);
      expect(await stage.claim('ann', 2)).toHaveLength(2);
    });

    it('takes urgent before high before normal before low', async () => {
      await stage.workers('ann');
      for (const priority of [3, 1, 2, 0]) await stage.add({ priority });

      expect(bands(await stage.claim('ann', 4))).toEqual([0, 1, 2, 3]);
    });

    it(`gives one take in ${limits.lowestShare} to the lowest band that has jobs, one by one`, async () => {
      await stage.workers('ann');
      await stage.addMany(40, { priority: 0 });
      await stage.addMany(5, { priority: 2 });

      const taken: number[] = [];
      for (let i = 0; i < 33; i++) taken.push(...bands(await stage.claim('ann', 1)));

      expect(taken.flatMap((band, index) => (band === 2 ? [index] : []))).toEqual([15, 31]);
    });

    it('gives the lowest band its share of a batch, after the others', async () => {
      await stage.workers('ann');
      await stage.addMany(40, { priority: 1 });
      await stage.addMany(1, { priority: 2 });
      await stage.addMany(5, { priority: 3 });

      const taken = bands(await stage.claim('ann', 32));

      expect(taken).toEqual([...Array<number>(30).fill(1), 3, 3]);
    });

    it('fills up from the top when the lowest band has too little', async () => {
      await stage.workers('ann');
      await stage.addMany(40, { priority: 0 });
      await stage.addMany(1, { priority: 3 });

      expect(bands(await stage.claim('ann', 32))).toEqual([...Array<number>(30).fill(0), 3, 0]);
    });

    it('counts what was taken, not what was wanted', async () => {
      await stage.workers('ann');
      await stage.addMany(3, { priority: 0 });
      await stage.claim('ann', 15);
      await stage.addMany(20, { priority: 0 });
      await stage.addMany(2, { priority: 3 });

      const taken: number[] = [];
      for (let i = 0; i < 13; i++) taken.push(...bands(await stage.claim('ann', 1)));

      expect(taken.indexOf(3)).toBe(12);
    });

    it('gives no share while one band alone has jobs', async () => {
      await stage.workers('ann');
      const added = await stage.addMany(20, { priority: 1 });

      expect(ids(await stage.claim('ann', 20))).toEqual(added);
    });

    it('hands out fences that strictly increase, from the microsecond on', async () => {
      await stage.workers('ann', 'bob');
      await stage.addMany(4);
      const [first, second] = await stage.claim('ann', 2);
      const [third] = await stage.claim('bob', 1);
      stage.clock.jump(1000);
      const [fourth] = await stage.claim('ann', 1);

      expect(first!.fence).toBe((stage.now - 1000) * 1000);
      expect(second!.fence).toBe(first!.fence + 1);
      expect(third!.fence).toBe(second!.fence + 1);
      expect(fourth!.fence).toBe(stage.now * 1000);
    });

    it('never hands out a lower fence when the clock goes back', async () => {
      await stage.workers('ann');
      await stage.addMany(2);
      const [first] = await stage.claim('ann', 1);
      stage.clock.jump(-3_600_000);
      const [second] = await stage.claim('ann', 1);

      expect(second!.fence).toBe(first!.fence + 1);
    });

    it('cancels an expired job instead of handing it out, and takes the next', async () => {
      await stage.workers('ann');
      const late = await stage.add({ expires: { in: 1000 }, body: 'kept' });
      const next = await stage.add({ expires: { in: 1001 } });
      stage.clock.jump(1000);

      expect(ids(await stage.claim('ann', 1))).toEqual([next]);
      expect(await stage.record(late)).toMatchObject({
        state: 'cancelled',
        reason: 'expired',
        body: 'kept',
        finishedAt: stage.now,
        history: [],
      });
    });

    it('checks the expiry of a job that is retried', async () => {
      const held = await stage.held('ann', { expires: { in: 1000 } });
      await stage.settle('ann', retried(held, 2000));
      stage.clock.jump(2000);

      expect(await stage.claim('ann', 1)).toEqual([]);
      expect(await stage.record(held.id)).toMatchObject({ state: 'cancelled', reason: 'expired' });
    });

    it('lets each of many jobs be taken once by workers that ask at the same time', async () => {
      const workers = ['ann', 'bob', 'cid', 'dan'];
      await stage.workers(...workers);
      const added = await stage.addMany(100);

      const rounds = workers.flatMap((worker) => Array.from({ length: 6 }, () => stage.claim(worker, 5)));
      const taken = ids((await Promise.all(rounds)).flat());

      expect(taken).toHaveLength(100);
      expect(new Set(taken)).toEqual(new Set(added));
    });
  });

  describe('claim of suspects', () => {
    it('is never part of an ordinary claim: a job whose next crash would be its last waits apart', async () => {
      const id = await suspect();
      const other = await stage.add();
      await stage.workers('ann');

      const answer = await stage.exchange('ann', { want: 5 });

      expect(ids(answer.jobs)).toEqual([other]);
      expect(answer).toMatchObject({ suspects: 1, more: false });
      expect((await stage.record(id))!.state).toBe('ready');
    });

    it('hands out exactly one, alone, and nothing else', async () => {
      const first = await suspect();
      await stage.addMany(2);
      await stage.workers('ann');

      const answer = await stage.exchange('ann', { want: 5, alone: true });

      expect(answer.jobs).toMatchObject([{ id: first, alone: true, crashes: 1 }]);
      expect(answer).toMatchObject({ suspects: 0, more: true });
    });

    it('claims as usual with alone when there is none', async () => {
      const added = await stage.addMany(2);
      await stage.workers('ann');

      const jobs = await stage.claim('ann', 5, { alone: true });

      expect(ids(jobs)).toEqual(added);
      expect(jobs.every((job) => !job.alone)).toBe(true);
    });

    it('takes the oldest first', async () => {
      const first = await suspect();
      const second = await suspect();
      await stage.workers('ann', 'bob');

      // The second was given back last, and to the front.
      expect(ids(await stage.claim('ann', 1, { alone: true }))).toEqual([second]);
      expect(ids(await stage.claim('bob', 1, { alone: true }))).toEqual([first]);
    });

    it('is not made while the queue is paused or nothing is wanted', async () => {
      await suspect();
      await stage.workers('ann');

      expect(await stage.claim('ann', 0, { alone: true })).toEqual([]);
      await stage.store.configure(lane.queue, { paused: true });
      expect(await stage.exchange('ann', { want: 1, alone: true })).toMatchObject({ jobs: [], suspects: 1 });
    });

    it('cancels an expired one and goes on', async () => {
      const id = await suspect({ expires: { in: 10 * lease } });
      const other = await stage.add();
      await stage.pass(10 * lease);
      await stage.workers('ann');

      const answer = await stage.exchange('ann', { want: 1, alone: true });

      expect(ids(answer.jobs)).toEqual([other]);
      expect(answer.suspects).toBe(0);
      expect(await stage.record(id)).toMatchObject({ state: 'cancelled', reason: 'expired' });
    });

    it('returns one to the suspects when it is released, retried or due again', async () => {
      const id = await suspect();
      await stage.workers('ann');
      for (const ending of [
        (job: ClaimedJob) => released(job),
        (job: ClaimedJob) => retried(job),
        (job: ClaimedJob) => retried(job, 1000),
      ]) {
        const [held] = await stage.claim('ann', 1, { alone: true });
        expect(held).toMatchObject({ id, alone: true });
        await stage.settle('ann', ending(held!));
        stage.clock.jump(1000);
        expect(await stage.exchange('ann', { want: 5 })).toMatchObject({ jobs: [], suspects: 1 });
      }
    });

    it('is over once a retry by hand has cleared the crashes', async () => {
      const id = await suspect();
      await stage.store.cancel([id]);
      await stage.store.retry([id]);
      await stage.workers('ann');

      expect(ids(await stage.claim('ann', 1))).toEqual([id]);
    });

    it('may be cancelled, removed or rescheduled like any other job', async () => {
      const [first, second, third] = [await suspect(), await suspect(), await suspect()];
      await stage.workers('ann');

      await stage.store.cancel([first]);
      await stage.store.remove([second]);
      await stage.store.reschedule([third], { in: 1000 });
      expect(await stage.exchange('ann', { want: 1, alone: true })).toMatchObject({ jobs: [], suspects: 0 });

      stage.clock.jump(1000);
      expect(ids(await stage.claim('ann', 1, { alone: true }))).toEqual([third]);
    });

    it('does not concern a job that completed after a crash', async () => {
      const id = await suspect();
      await stage.workers('ann');
      const [held] = await stage.claim('ann', 1, { alone: true });

      expect(await stage.settle('ann', completed(held!))).toBe('completed');
      expect(await stage.record(id)).toMatchObject({ state: 'completed', crashes: 1 });
    });

    it('begins at the second crash when the limit is three, as it is by default', async () => {
      await stage.held('ann');
      await stage.lose();
      await stage.workers('bob');
      expect(await stage.claim('bob', 1)).toMatchObject([{ crashes: 1 }]);
      await stage.lose();
      await stage.workers('cid');

      expect(await stage.exchange('cid', { want: 1 })).toMatchObject({ jobs: [], suspects: 1 });
    });
  });
}
