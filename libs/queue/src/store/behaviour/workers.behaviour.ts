import { lane, lease, retried, type Stage } from './stage.js';

export function describeWorkers(stage: Stage): void {
  const second = { ...lane, shard: 1 };

  describe('register', () => {
    it('announces the worker and gives it a lease on every lane it serves', async () => {
      const record = stage.workerRecord({ id: 'ann', name: 'Ann', lanes: [lane, second], tasks: ['grind', 'sift'] });

      await stage.store.register(record);

      expect(await stage.store.workers()).toEqual([{ ...record, leaseUntil: stage.now + lease, held: 0 }]);
      expect((await stage.exchange('ann')).gone).toBeFalsy();
      expect((await stage.exchange('ann', { lane: second })).gone).toBeFalsy();
    });

    it('makes its lanes known', async () => {
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, second] }));

      expect(await stage.counted()).toMatchObject({ shards: 2, counts: { ready: 0 } });
    });

    it('again replaces the record and renews the lease', async () => {
      await stage.workers('ann');
      stage.clock.jump(1000);

      await stage.store.register(stage.workerRecord({ id: 'ann', tasks: ['sift'], lease: 2000 }));

      expect(await stage.store.workers()).toMatchObject([{ id: 'ann', tasks: ['sift'], leaseUntil: stage.now + 2000 }]);
    });

    it('again takes nothing away from what the worker holds', async () => {
      const held = await stage.held('ann');
      await stage.workers('ann');

      expect(await stage.settle('ann', retried(held))).toBe('ready');
    });
  });

  describe('retire', () => {
    it('gives back what the worker holds, uncharged, to the front and in the order it was taken', async () => {
      const { store } = stage;
      await stage.workers('ann');
      const [a, b, c] = await stage.addMany(3);
      await stage.claim('ann', 2);

      await store.retire('ann');

      expect(await stage.listed('ready')).toEqual([a, b, c]);
      expect(await stage.record(a!)).toMatchObject({
        state: 'ready',
        attempts: 0,
        crashes: 0,
        releases: 1,
        history: [],
      });
    });

    it('forgets the worker in every lane', async () => {
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, second] }));
      await stage.add({ lane: second });
      await stage.claim('ann', 1, { lane: second });

      await stage.store.retire('ann');

      expect(await stage.store.workers()).toEqual([]);
      expect(await stage.exchange('ann')).toMatchObject({ gone: true });
      expect(await stage.exchange('ann', { lane: second })).toMatchObject({ gone: true });
      expect((await stage.counted())!.counts).toMatchObject({ ready: 1, active: 0 });
    });

    it('cancels what somebody wants cancelled', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id], { reason: 'enough' });

      await stage.store.retire('ann');

      expect(await stage.record(held.id)).toMatchObject({
        state: 'cancelled',
        reason: 'enough',
        releases: 1,
        history: [],
      });
    });

    it('leaves other workers what they hold', async () => {
      await stage.held('ann');
      const held = await stage.held('bob');

      await stage.store.retire('ann');

      expect(await stage.record(held.id)).toMatchObject({ state: 'active', worker: 'bob' });
    });

    it('twice, or of a stranger, is harmless', async () => {
      await stage.held('ann');
      await stage.store.retire('ann');
      await stage.store.retire('ann');
      await stage.store.retire('stranger');

      expect((await stage.counted())!.counts.ready).toBe(1);
    });
  });

  describe('reconcile', () => {
    it('releases what the worker does not know it holds, to the front, the earliest first', async () => {
      await stage.workers('ann');
      const [a, b, c, d] = await stage.addMany(4);
      const [, known] = await stage.claim('ann', 3);

      const released = await stage.store.reconcile('ann', lane, [known!]);

      expect(released).toEqual([c, a]);
      expect(await stage.listed('ready')).toEqual([a, c, d]);
      expect(await stage.record(b!)).toMatchObject({ state: 'active' });
      expect(await stage.record(a!)).toMatchObject({ attempts: 0, crashes: 0, releases: 1, history: [] });
    });

    it('goes by the fence: an older hold of the same job is none', async () => {
      const held = await stage.held('ann');

      expect(await stage.store.reconcile('ann', lane, [{ id: held.id, fence: held.fence - 1 }])).toEqual([held.id]);
    });

    it('releases nothing when both agree, or of a worker it does not know', async () => {
      const held = await stage.held('ann');

      expect(await stage.store.reconcile('ann', lane, [held])).toEqual([]);
      expect(await stage.store.reconcile('bob', lane, [])).toEqual([]);
      expect(await stage.store.reconcile('ann', { queue: 'nowhere', shard: 0 }, [])).toEqual([]);
    });

    it('ignores what the worker holds in other lanes', async () => {
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, second] }));
      const id = await stage.add({ lane: second });
      await stage.claim('ann', 1, { lane: second });

      expect(await stage.store.reconcile('ann', lane, [])).toEqual([]);
      expect((await stage.record(id))!.state).toBe('active');
    });

    it('cancels what somebody wants cancelled, and names it all the same', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id]);

      expect(await stage.store.reconcile('ann', lane, [])).toEqual([held.id]);
      expect(await stage.record(held.id)).toMatchObject({ state: 'cancelled', releases: 1 });
    });
  });

  describe('workers', () => {
    it('lists those whose lease runs, with what they hold', async () => {
      await stage.held('bob');
      await stage.workers('ann');
      stage.clock.jump(lease);
      expect(await stage.store.workers()).toMatchObject([
        { id: 'ann', held: 0, leaseUntil: stage.now },
        { id: 'bob', held: 1, leaseUntil: stage.now },
      ]);

      stage.clock.jump(1);

      expect(await stage.store.workers()).toEqual([]);
    });

    it('goes by the latest lease of several lanes, and counts the holds of all', async () => {
      await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, second] }));
      await stage.add({ lane: second });
      await stage.add();
      await stage.claim('ann', 1);
      stage.clock.jump(1000);
      await stage.claim('ann', 1, { lane: second });

      expect(await stage.store.workers()).toMatchObject([{ id: 'ann', held: 2, leaseUntil: stage.now + lease }]);
    });
  });
}
