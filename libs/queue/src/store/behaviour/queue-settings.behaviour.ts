import { every, Gated, ids } from './gated.js';
import { completed, lane, released, retried, type Stage } from './stage.js';

export function describeQueueSettings(stage: Stage): void {
  const gated = new Gated(stage);
  const configure = (change: Parameters<Stage['store']['configure']>[1]) => stage.store.configure(lane.queue, change);

  describe('a queue with maxActive', () => {
    it('runs so many at once over all workers, and says that there is no more', async () => {
      await configure({ maxActive: 3 });
      await stage.workers('ann', 'bob');
      const jobs = await stage.addMany(5);
      expect(await gated.claim('ann', 2)).toEqual(jobs.slice(0, 2));

      expect(await stage.exchange('bob', { want: 10 })).toMatchObject({ jobs: [{ id: jobs[2] }], more: false });
      expect(await stage.exchange('bob', { want: 10 })).toMatchObject({ jobs: [], more: false });
    });

    it('goes on as one ends, in the same exchange', async () => {
      await configure({ maxActive: 1 });
      const held = await stage.held();
      const next = await stage.add();

      const answer = await stage.exchange('ann', { settle: [completed(held)], want: 10 });

      expect(ids(answer.jobs)).toEqual([next]);
    });

    it('says that there is more while a place is free', async () => {
      await configure({ maxActive: 2 });
      await stage.workers('ann');
      await stage.addMany(3);

      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ more: true });
      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ more: false });
    });

    it('binds each lane, and no other queue', async () => {
      await configure({ maxActive: 1 });
      const lanes = [lane, { ...lane, shard: 1 }, { queue: 'other', shard: 0 }];
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes }));
      for (const at of lanes) await stage.addMany(2, { lane: at });

      const taken: number[] = [];
      for (const at of lanes) taken.push((await stage.claim('ann', 10, { lane: at })).length);

      expect(taken).toEqual([1, 1, 2]);
    });

    it('is changed at once, and takes nothing away from those that run', async () => {
      await stage.workers('ann');
      await stage.addMany(4);
      const jobs = await stage.claim('ann', 3);
      await configure({ maxActive: 2 });
      expect(await stage.exchange('ann', { settle: [completed(jobs[0]!)], want: 1 })).toMatchObject({ jobs: [] });

      await configure({ maxActive: null });
      expect(await gated.claim('ann')).toHaveLength(1);
    });

    it.each([
      ['is settled', (id: string, fence: number) => stage.settle('ann', completed({ id, fence } as never))],
      [
        'is to be retried later',
        (id: string, fence: number) => stage.settle('ann', retried({ id, fence } as never, 60_000)),
      ],
      ['is cancelled by force', (id: string) => stage.store.cancel([id], { force: true })],
    ])('hints at the place that is free when a job %s', async (_, end) => {
      await configure({ maxActive: 1 });
      const { id, fence } = await stage.held();
      await stage.add();

      await stage.hinted({ lanes: [lane] }, 'ready', () => end(id, fence));
    });

    it('counts suspects that run alone', async () => {
      await configure({ maxActive: 1 });
      await stage.held('ann', { crashLimit: 2 });
      await stage.lose();
      await stage.workers('ann');
      const other = await stage.add();
      expect(await gated.claim('keeper', 1)).toEqual([other]);

      expect(await stage.exchange('ann', { want: 1, alone: true })).toMatchObject({ jobs: [], suspects: 1 });
    });
  });

  describe('a queue with a rate', () => {
    it('lets so many attempts begin, whatever their task, and tells when the next may', async () => {
      await configure({ rate: every(1000, 1) });
      await stage.workers('ann');
      const jobs = [await stage.add(), await stage.add({ task: 'sift' }), await stage.add(), await stage.add()];

      const answer = await stage.exchange('ann', { want: 10 });
      expect(ids(answer.jobs)).toEqual(jobs.slice(0, 2));
      expect(answer).toMatchObject({ more: false, dueIn: 1000 });

      stage.clock.jump(999);
      expect(await stage.exchange('ann', { want: 10 })).toMatchObject({ jobs: [], more: false, dueIn: 1 });
      stage.clock.jump(1);
      expect(await gated.claim('ann')).toEqual([jobs[2]]);
    });

    it('keeps the order of the line', async () => {
      await configure({ rate: every(10) });
      await stage.workers('ann');
      const jobs = await stage.addMany(5);
      const ran: string[] = [];
      for (; ran.length < 5; stage.clock.jump(10)) ran.push(...(await gated.claim('ann')));

      expect(ran).toEqual(jobs);
    });

    it('says no time where there is nothing in line, where the queue is paused or full', async () => {
      await configure({ rate: every(1000) });
      await stage.workers('ann');
      const [first] = await stage.addMany(1);
      expect(await gated.claim('ann')).toEqual([first]);
      expect((await stage.exchange('ann')).dueIn).toBeUndefined();

      await stage.add();
      expect((await stage.exchange('ann')).dueIn).toBe(1000);
      await configure({ maxActive: 1 });
      expect((await stage.exchange('ann')).dueIn).toBeUndefined();
      await configure({ maxActive: null, paused: true });
      expect((await stage.exchange('ann')).dueIn).toBeUndefined();
    });

    it('says that there is more while the next may begin at once', async () => {
      await configure({ rate: every(1000, 1) });
      await stage.workers('ann');
      await stage.addMany(3);

      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ more: true, dueIn: undefined });
    });

    it('is kept in every window, by many workers, and used', async () => {
      const workers = ['ann', 'bob', 'cid', 'dan'];
      await stage.workers(...workers);
      await configure({ rate: { interval: 333_333, slack: 1_000_000, text: 'x' } });
      await stage.addMany(60);
      const times: number[] = [];
      const from = stage.now;
      for (let i = 0; stage.now < from + 10_000; i++, stage.clock.jump(1)) {
        const jobs = await stage.claim(workers[i % 4]!, 5);
        times.push(...jobs.map(() => stage.now - from));
        await stage.exchange(workers[i % 4]!, { settle: jobs.map((job) => completed(job)) });
      }

      times.forEach((end, last) =>
        times.slice(0, last + 1).forEach((start, first) => {
          expect(last - first).toBeLessThanOrEqual(((end - start) * 1000 + 1_000_000) / 333_333);
        }),
      );
      expect(times.length).toBeGreaterThanOrEqual(29);
    });

    it('becomes faster at once', async () => {
      await configure({ rate: every(3_600_000) });
      await stage.workers('ann');
      await stage.addMany(3);
      await stage.claim('ann', 1);
      await configure({ rate: every(1000) });
      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ jobs: [], dueIn: 1000 });

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toHaveLength(1);
      await configure({ rate: null });
      expect(await gated.claim('ann')).toHaveLength(1);
    });

    it('counts what is given back as begun', async () => {
      await configure({ rate: every(1000) });
      const held = await stage.held();
      await stage.settle('ann', released(held));
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([held.id]);
    });
  });

  describe('a queue with weights', () => {
    const bands = async (count: number, ...priorities: number[]) => {
      for (const priority of priorities) await stage.addMany(count, { priority });
    };

    /** How many of each band were taken. */
    async function taken(want: number, times = 1): Promise<number[]> {
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < times; i++) {
        for (const { priority } of await stage.claim('ann', want)) counts[priority]!++;
      }
      return counts;
    }

    it('shares the takes by them, one at a time or many at once', async () => {
      await configure({ weights: [4, 3, 2, 1] });
      await stage.workers('ann');
      await bands(60, 0, 1, 2, 3);

      expect(await taken(20)).toEqual([8, 6, 4, 2]);
      expect(await taken(1, 20)).toEqual([8, 6, 4, 2]);
    });

    it('shares among the bands that have jobs', async () => {
      await configure({ weights: [6, 0, 3, 1] });
      await stage.workers('ann');
      await bands(60, 2, 3);

      expect(await taken(20)).toEqual([0, 0, 15, 5]);
    });

    it('gives what a band has no jobs for to the highest', async () => {
      await configure({ weights: [1, 1, 1, 1] });
      await stage.workers('ann');
      await bands(60, 3);
      await bands(20, 1);
      await bands(1, 0);

      expect(await taken(12)).toEqual([1, 7, 0, 4]);
    });

    it('takes from a band of weight 0 only what nobody else wants', async () => {
      await configure({ weights: [1, 0, 0, 0] });
      await stage.workers('ann');
      await bands(2, 0, 3);

      expect(await taken(1, 2)).toEqual([2, 0, 0, 0]);
      expect(await taken(2)).toEqual([0, 0, 0, 2]);
    });

    it('of null are the highest first, and one in sixteen for the lowest', async () => {
      await configure({ weights: [1, 1, 1, 1] });
      await configure({ weights: null });
      await stage.workers('ann');
      await bands(40, 0, 3);

      expect(await taken(1, 32)).toEqual([30, 0, 0, 2]);
    });

    it('keep the order within a band', async () => {
      await configure({ weights: [2, 1, 1, 1] });
      await stage.workers('ann');
      const urgent = await stage.addMany(6, { priority: 0 });
      const low = await stage.addMany(3, { priority: 3 });
      const ran = await gated.drain('ann');

      expect(ran.filter((id) => urgent.includes(id))).toEqual(urgent);
      expect(ran.filter((id) => low.includes(id))).toEqual(low);
      expect(ran.slice(0, 3).filter((id) => low.includes(id))).toHaveLength(1);
    });
  });
}
