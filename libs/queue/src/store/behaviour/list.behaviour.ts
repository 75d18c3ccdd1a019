import type { ListQuery } from '../store.js';
import { completed, failed, lane, released, type Stage } from './stage.js';

export function describeList(stage: Stage): void {
  const ids = async (query: ListQuery) => (await stage.store.list(query)).jobs.map((job) => job.id);

  /** All pages, one after the other. */
  const walk = async (query: ListQuery) => {
    const pages: string[][] = [];
    for (let cursor: string | undefined, first = true; first || cursor; first = false) {
      const page = await stage.store.list({ ...query, cursor });
      pages.push(page.jobs.map((job) => job.id));
      cursor = page.cursor;
      expect(pages.length).toBeLessThan(100);
    }
    return pages;
  };

  describe('list', () => {
    it('of an empty store is empty', async () => {
      expect(await stage.store.list({})).toEqual({ jobs: [] });
      expect(await stage.store.list({ queue: 'nowhere', states: ['ready'] })).toEqual({ jobs: [] });
    });

    it('shows ready jobs in the order they run: by band, then by turn', async () => {
      await stage.workers('ann');
      const low = await stage.add({ priority: 3 });
      const [a, b] = await stage.addMany(2, { priority: 1 });
      const urgent = await stage.add({ priority: 0 });
      expect(await ids({ states: ['ready'] })).toEqual([urgent, a, b, low]);

      const [first] = await stage.claim('ann', 1);
      await stage.settle('ann', released(first!));
      expect(await ids({ states: ['ready'] })).toEqual([urgent, a, b, low]);
    });

    it('shows suspects last among the ready', async () => {
      const suspect = await stage.add({ priority: 0, crashLimit: 2 });
      await stage.workers('ann');
      await stage.claim('ann', 1);
      await stage.lose();
      const low = await stage.add({ priority: 3 });

      expect(await ids({ states: ['ready'] })).toEqual([low, suspect]);
    });

    it('shows scheduled jobs by due time', async () => {
      const [c, a, b] = [
        await stage.add({ due: { in: 3000 } }),
        await stage.add({ due: { in: 1000 } }),
        await stage.add({ due: { in: 1000 } }),
      ];

      expect(await ids({ states: ['scheduled'] })).toEqual([a, b, c]);
    });

    it('shows active jobs by their fence', async () => {
      await stage.workers('ann', 'bob');
      const added = await stage.addMany(3);
      await stage.claim('ann', 1);
      await stage.claim('bob', 1);
      await stage.claim('ann', 1);

      expect(await ids({ states: ['active'] })).toEqual(added);
    });

    it('shows finished jobs newest first', async () => {
      await stage.workers('ann');
      await stage.addMany(3);
      const [a, b, c] = await stage.claim('ann', 3);
      await stage.settle('ann', completed(b!));
      stage.clock.jump(1);
      await stage.settle('ann', completed(c!));
      await stage.settle('ann', completed(a!));

      expect(await ids({ states: ['completed'] })).toEqual([c!.id, a!.id, b!.id]);
    });

    it('shows states in the order of their life, queues by name and shards by number', async () => {
      const queues = [
        { queue: 'b', shard: 0 },
        { queue: 'a', shard: 1 },
        { queue: 'a', shard: 0 },
      ];
      const expected = new Map<string, string>();
      for (const at of queues) {
        expected.set(`${at.queue}${at.shard} ready`, await stage.add({ lane: at }));
        expected.set(`${at.queue}${at.shard} scheduled`, await stage.add({ lane: at, due: { in: 1000 } }));
      }

      const order = ['a0 scheduled', 'a0 ready', 'a1 scheduled', 'a1 ready', 'b0 scheduled', 'b0 ready'];
      expect(await ids({})).toEqual(order.map((key) => expected.get(key)));
      expect(await ids({ queue: 'a', states: ['ready', 'scheduled'] })).toEqual(
        order.slice(0, 4).map((key) => expected.get(key)),
      );
    });

    it('shows no cancelled job among the ready', async () => {
      const [a, b] = await stage.addMany(2);
      await stage.store.cancel([a!]);

      expect(await ids({ states: ['ready'] })).toEqual([b]);
      expect(await ids({ states: ['cancelled'] })).toEqual([a]);
    });

    it('answers whole records', async () => {
      const held = await stage.held('ann', { tags: ['t'], keys: [{ key: '=n', until: 'kept' }] });
      await stage.settle('ann', failed(held));

      expect((await stage.store.list({})).jobs).toEqual([await stage.record(held.id)]);
    });

    it('filters by task, exactly or by what it begins with', async () => {
      const [a, b, c] = [
        await stage.add({ task: 'orders.process' }),
        await stage.add({ task: 'orders.sweep' }),
        await stage.add({ task: 'ordersX' }),
      ];

      expect(await ids({ task: 'orders.process' })).toEqual([a]);
      expect(await ids({ task: 'orders.*' })).toEqual([a, b]);
      expect(await ids({ task: 'orders*' })).toEqual([a, b, c]);
      expect(await ids({ task: '*' })).toEqual([a, b, c]);
      expect(await ids({ task: 'orders' })).toEqual([]);
    });

    it('filters by tags, all of them, by parent and by age', async () => {
      const a = await stage.add({ tags: ['x', 'y'], parent: 'p' });
      const b = await stage.add({ tags: ['x'] });
      stage.clock.jump(1000);
      const c = await stage.add({ parent: 'p' });

      expect(await ids({ tags: ['x'] })).toEqual([a, b]);
      expect(await ids({ tags: ['y', 'x'] })).toEqual([a]);
      expect(await ids({ parent: 'p' })).toEqual([a, c]);
      expect(await ids({ since: stage.now })).toEqual([c]);
      expect(await ids({ parent: 'p', tags: ['x'], task: 'grind' })).toEqual([a]);
      expect(await ids({ states: [] })).toEqual([]);
    });

    it('goes page by page, each job once, over states and queues', async () => {
      await stage.workers('ann');
      const added = new Set([
        ...(await stage.addMany(7)),
        ...(await stage.addMany(5, { due: { in: 1000 } })),
        ...(await stage.addMany(4, { lane: { queue: 'other', shard: 0 } })),
        ...(await stage.addMany(4, { priority: 0 })),
      ]);
      const held = await stage.claim('ann', 6);
      await stage.exchange('ann', { settle: held.slice(0, 4).map((job) => completed(job)) });

      const pages = await walk({ limit: 3 });

      expect(pages.every((page) => page.length <= 3)).toBe(true);
      expect(pages.flat()).toHaveLength(added.size);
      expect(new Set(pages.flat())).toEqual(added);
      expect(pages.flat()).toEqual(await ids({ limit: 200 }));
    });

    it('gives 50 by default and 200 at most', async () => {
      await stage.addMany(201);

      expect(await ids({})).toHaveLength(50);
      expect(await ids({ limit: 200 })).toHaveLength(200);
      expect(await ids({ limit: 1000 })).toHaveLength(200);
      expect((await walk({ limit: 200 })).flat()).toHaveLength(201);
    });

    it('gives no cursor when there are no more', async () => {
      await stage.addMany(3);

      expect((await stage.store.list({ limit: 5 })).cursor).toBeUndefined();
      expect((await stage.store.list({ limit: 2 })).cursor).toBeDefined();
    });

    it('looks at no more records than its budget, and says where to go on', async () => {
      await stage.addMany(30);
      const wanted = await stage.add({ task: 'rare' });

      const page = await stage.store.list({ task: 'rare', budget: 10 });

      expect(page.jobs).toEqual([]);
      expect(page.cursor).toBeDefined();
      expect((await walk({ task: 'rare', budget: 10 })).flat()).toEqual([wanted]);
    });

    it('goes on after jobs that are gone, without showing one twice', async () => {
      await stage.addMany(6, { due: { in: 1000 } });
      const first = await stage.store.list({ states: ['scheduled'], limit: 3 });
      await stage.store.remove([first.jobs[2]!.id]);

      const second = await stage.store.list({ states: ['scheduled'], limit: 3, cursor: first.cursor });

      expect(second.jobs.filter((job) => first.jobs.some((seen) => seen.id === job.id))).toEqual([]);
    });

    it('refuses a cursor that is none of its own', async () => {
      await stage.add();

      await expect(stage.store.list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    });

    it.each([[[true, true]], [[null, 'a']], [[{}, []]], [[1]], ['rank'], [undefined]])(
      'refuses a cursor with %j where its rank should be',
      async (rank) => {
        await stage.add();
        const cursor = Buffer.from(JSON.stringify([lane.queue, lane.shard, 'ready', rank])).toString('base64url');

        await expect(stage.store.list({ cursor })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      },
    );

    it('shows a queue by its exact name', async () => {
      const id = await stage.add({ lane: { queue: 'a', shard: 0 } });
      await stage.add({ lane: { queue: 'a.b', shard: 0 } });
      await stage.add({ lane: { queue: 'A', shard: 0 } });

      expect(await ids({ queue: 'a' })).toEqual([id]);
      expect(await ids({ queue: lane.queue })).toEqual([]);
    });
  });
}
