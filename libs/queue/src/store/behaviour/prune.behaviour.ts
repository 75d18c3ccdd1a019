import { limits } from '../../job/limits.js';
import { cancelled, completed, failed, lane, type Stage } from './stage.js';

export function describePrune(stage: Stage): void {
  /** Ends `count` jobs, a millisecond after one another. */
  const end = async (count: number, ending: typeof completed | typeof failed | typeof cancelled) => {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const held = await stage.held('ann');
      await stage.settle('ann', ending(held));
      ids.push(held.id);
      stage.clock.jump(1);
    }
    return ids;
  };

  const prune = (request: { page?: number; keepCount?: number } = {}) => stage.store.prune({ lane, ...request });

  describe('prune', () => {
    it.each([
      ['completed', completed, limits.keepFinished],
      ['cancelled', cancelled, limits.keepFinished],
      ['failed', failed, limits.keepFailed],
    ] as const)('forgets %s jobs when their time has come, not before', async (_, ending, kept) => {
      const [id] = await end(1, ending);
      stage.clock.jump(kept - 2);
      expect(await prune()).toBe(0);
      expect(await stage.record(id!)).toBeDefined();

      stage.clock.jump(1);

      expect(await prune()).toBe(1);
      expect(await stage.record(id!)).toBeUndefined();
    });

    it('goes by what the settlement says of keeping', async () => {
      const short = await stage.held('ann');
      await stage.settle('ann', completed(short, { keep: 1000 }));
      const long = await stage.held('ann');
      await stage.settle('ann', completed(long, { keep: 10 * limits.keepFinished }));
      const forever = await stage.held('ann');
      await stage.settle('ann', completed(forever, { keep: Infinity }));
      stage.clock.jump(limits.keepFinished);

      expect(await prune()).toBe(1);
      expect(await stage.states([short.id, long.id, forever.id])).toEqual([undefined, 'completed', 'completed']);
      stage.clock.jump(100 * limits.keepFailed);
      expect(await prune()).toBe(1);
      expect((await stage.record(forever.id))!.state).toBe('completed');
    });

    it('forgets what is beyond the count of each state, the soonest to end first', async () => {
      const done = await end(3, completed);
      const stopped = await end(2, cancelled);
      const broken = await end(3, failed);

      expect(await prune({ keepCount: 2 })).toBe(2);
      expect(await stage.listed('completed')).toEqual(done.slice(1).reverse());
      expect(await stage.listed('cancelled')).toEqual([...stopped].reverse());
      expect(await stage.listed('failed')).toEqual(broken.slice(1).reverse());
    });

    it('bounds also what is kept for ever', async () => {
      const ids = [];
      for (let i = 0; i < 3; i++) {
        const held = await stage.held('ann');
        await stage.settle('ann', completed(held, { keep: Infinity }));
        ids.push(held.id);
      }

      expect(await prune({ keepCount: 1 })).toBe(2);
      expect(await stage.listed('completed')).toEqual([ids[2]]);
    });

    it('forgets no more than a page at once', async () => {
      await end(5, completed);

      expect(await prune({ keepCount: 0, page: 2 })).toBe(2);
      expect(await prune({ keepCount: 0, page: 2 })).toBe(2);
      expect(await prune({ keepCount: 0, page: 2 })).toBe(1);
      expect(await prune({ keepCount: 0, page: 2 })).toBe(0);
    });

    it('takes what is past its time before what is beyond the count', async () => {
      const [old] = await end(1, failed);
      stage.clock.jump(limits.keepFailed);
      await end(2, completed);

      expect(await prune({ keepCount: 1, page: 1 })).toBe(1);
      expect(await stage.record(old!)).toBeUndefined();
    });

    it('books forgotten failed jobs as removed', async () => {
      await end(1, completed);
      await end(2, failed);
      await prune({ keepCount: 0 });

      expect(await stage.counted()).toMatchObject({
        counts: { completed: 0, failed: 0 },
        totals: { enqueued: 3, completed: 1, failed: 2, removed: 2 },
      });
    });

    it('leaves jobs that have not ended, however old', async () => {
      const held = await stage.held('ann');
      const ids = [held.id, await stage.add(), await stage.add({ due: { in: 2 * limits.keepFailed } })];
      stage.clock.jump(limits.keepFailed);

      expect(await prune({ keepCount: 0 })).toBe(0);
      expect(await stage.states(ids)).toEqual(['active', 'ready', 'scheduled']);
    });

    it('leaves a job that was retried by hand', async () => {
      const [id] = await end(1, failed);
      await stage.store.retry([id!]);
      stage.clock.jump(limits.keepFailed);

      expect(await prune()).toBe(0);
      expect((await stage.record(id!))!.state).toBe('ready');
    });

    it('touches one lane only, and makes none', async () => {
      await end(1, completed);

      expect(await stage.store.prune({ lane: { ...lane, shard: 1 }, keepCount: 0 })).toBe(0);
      expect(await stage.store.prune({ lane: { queue: 'nowhere', shard: 0 } })).toBe(0);
      expect((await stage.store.counts()).map(({ queue, shards }) => [queue, shards])).toEqual([['mill', 1]]);
    });

    it('forgets the figures of minutes older than a day', async () => {
      await end(1, completed);
      stage.clock.jump(24 * 3_600_000 + 60_000);
      await end(1, completed);
      await prune();

      expect(await stage.store.history({})).toHaveLength(1);
    });
  });
}
