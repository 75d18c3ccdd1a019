import { completed, failed, lane, lease, released, retried, snoozed, type Stage } from './stage.js';

export function describeLook(stage: Stage): void {
  const named = (name: string, until: 'kept' | 'settled' | number = 'kept') => ({ keys: [{ key: `=${name}`, until }] });

  describe('time', () => {
    it("is the store's clock", async () => {
      expect(await stage.store.time()).toBe(stage.now);
      stage.clock.jump(1234);
      expect(await stage.store.time()).toBe(stage.now);
    });
  });

  describe('open and close', () => {
    it('twice are harmless', async () => {
      await stage.store.open();
      const id = await stage.add();
      await stage.store.open();

      expect((await stage.record(id))!.state).toBe('ready');
      await stage.store.close();
      await stage.store.close();
      await stage.set();
    });
  });

  describe('find', () => {
    it('answers a record per key, in order, and undefined for what it does not know', async () => {
      const [a, b] = await stage.addMany(2);
      const keys = [{ id: b! }, { id: stage.id() }, { id: 'no id' }, { id: a! }, { name: 'nobody' }];

      const records = await stage.store.find(keys);

      expect(records.map((record) => record?.id)).toEqual([b, undefined, undefined, a, undefined]);
    });

    it('finds a job by the name its caller gave it', async () => {
      const id = await stage.add(named('order:42'));

      expect(await stage.store.find([{ name: 'order:42', queue: lane.queue }])).toMatchObject([
        { id, name: 'order:42' },
      ]);
      expect(await stage.store.find([{ name: 'order:42' }])).toMatchObject([{ id }]);
      expect(await stage.store.find([{ name: 'order:42', queue: 'other' }])).toEqual([undefined]);
      expect(await stage.store.find([{ name: '=order:42' }])).toEqual([undefined]);
    });

    it('without a queue answers the newest of that name', async () => {
      const first = await stage.add({ ...named('n'), lane: { queue: 'a', shard: 0 } });
      stage.clock.jump(1);
      const second = await stage.add({ ...named('n'), lane: { queue: 'b', shard: 0 } });
      stage.clock.jump(1);
      await stage.add({ ...named('other'), lane: { queue: 'a', shard: 0 } });

      expect(await stage.store.find([{ name: 'n' }, { name: 'n', queue: 'a' }])).toMatchObject([
        { id: second },
        { id: first },
      ]);
    });

    it('finds a name in any shard of the queue', async () => {
      const id = await stage.add({ ...named('n'), lane: { ...lane, shard: 3 } });

      expect(await stage.store.find([{ name: 'n', queue: lane.queue }])).toMatchObject([{ id }]);
    });

    it('finds a job that ended by its name, until the next takes it or the record goes', async () => {
      const held = await stage.held('ann', named('n', 'settled'));
      await stage.settle('ann', completed(held));
      expect(await stage.store.find([{ name: 'n' }])).toMatchObject([{ id: held.id, state: 'completed' }]);

      const next = await stage.add(named('n', 'settled'));
      expect(await stage.store.find([{ name: 'n' }])).toMatchObject([{ id: next }]);

      await stage.store.remove([next]);
      expect(await stage.store.find([{ name: 'n' }])).toEqual([undefined]);
    });

    it('finds a job by a name that is free again, as long as there is a record', async () => {
      const id = await stage.add({ ...named('n', 1000), due: { in: 60_000 } });
      stage.clock.jump(1000);
      await stage.store.prune({ lane });

      expect(await stage.store.find([{ name: 'n' }])).toMatchObject([{ id }]);
    });

    it('answers copies: what is done to them changes nothing', async () => {
      const id = await stage.add({ tags: ['a'] });
      const record = (await stage.record(id))!;
      record.tags!.push('b');
      record.history.push({ attempt: 1, worker: 'x', startedAt: 0, finishedAt: 0, outcome: 'lost' });

      expect(await stage.record(id)).toMatchObject({ tags: ['a'], history: [] });
    });
  });

  describe('counts', () => {
    it('knows nothing of an empty store', async () => {
      expect(await stage.store.counts()).toEqual([]);
    });

    it('counts every state', async () => {
      await stage.workers('ann');
      await stage.addMany(6);
      const [a, b, c] = await stage.claim('ann', 4);
      await stage.exchange('ann', { settle: [completed(a!), failed(b!), retried(c!, 1000)] });
      await stage.store.cancel([await stage.add()]);

      expect(await stage.counted()).toMatchObject({
        counts: { scheduled: 1, blocked: 0, ready: 2, active: 1, completed: 1, failed: 1, cancelled: 1 },
        totals: { enqueued: 7, revived: 0, completed: 1, failed: 1, cancelled: 1, removed: 0 },
        settings: { paused: false, maxReady: null },
      });
    });

    it('adds up the shards of a queue', async () => {
      await stage.add();
      await stage.addMany(2, { lane: { ...lane, shard: 1 } });

      expect(await stage.counted()).toMatchObject({ shards: 2, counts: { ready: 3 }, totals: { enqueued: 3 } });
    });

    it('says when the oldest job at the head of a line was enqueued', async () => {
      expect((await stage.counted())?.oldestReadyAt).toBeUndefined();
      const start = stage.now;
      await stage.add({ priority: 3 });
      stage.clock.jump(1000);
      await stage.add({ priority: 0 });
      expect((await stage.counted())!.oldestReadyAt).toBe(start);

      await stage.workers('ann');
      await stage.claim('ann', 2);
      expect((await stage.counted())!.oldestReadyAt).toBeUndefined();
    });

    it('does not take a cancelled job for the oldest', async () => {
      const id = await stage.add();
      stage.clock.jump(1000);
      await stage.add();
      await stage.store.cancel([id]);

      expect((await stage.counted())!.oldestReadyAt).toBe(stage.now);
    });
  });

  describe('the ledger', () => {
    it('balances through every way a job can go', async () => {
      await stage.workers('ann');
      const ids = await stage.addMany(12, { crashLimit: 2 });
      const held = await stage.claim('ann', 8);
      await stage.exchange('ann', {
        settle: [
          completed(held[0]!),
          completed(held[1]!, { keep: 0, then: [stage.job()] }),
          failed(held[2]!),
          retried(held[3]!, 1000),
          snoozed(held[4]!, 1000),
          released(held[5]!),
        ],
      });
      await stage.store.cancel([ids[6]!], { force: true });
      await stage.lose();
      await stage.store.cancel([ids[3]!, ids[8]!]);
      await stage.store.retry([ids[2]!, ids[8]!, ids[6]!]);
      await stage.store.remove([ids[0]!, ids[9]!, ids[3]!]);
      await stage.store.cancel([ids[8]!]);
      await stage.store.prune({ lane, keepCount: 0 });

      const { counts, totals } = (await stage.counted())!;
      const here = counts.scheduled + counts.blocked + counts.ready + counts.active + counts.failed;
      expect(totals.enqueued + totals.revived).toBe(totals.completed + totals.cancelled + totals.removed + here);
      expect(totals).toEqual({ enqueued: 13, revived: 2, completed: 2, failed: 1, cancelled: 4, removed: 1 });
    });
  });

  describe('history', () => {
    const minute = 60_000;

    it('counts settled attempts per minute and queue, oldest first', async () => {
      await stage.workers('ann');
      await stage.addMany(8);
      const start = stage.now - (stage.now % minute);
      const [a, b, c, d, e, f] = await stage.claim('ann', 6);
      await stage.exchange('ann', { settle: [completed(a!), completed(b!), failed(c!), retried(d!, 1), released(e!)] });
      stage.clock.jump(minute);
      await stage.exchange('ann', { settle: [snoozed(f!, 1)] });
      const [g] = await stage.claim('ann', 1);
      await stage.settle('ann', retried(g!));

      expect(await stage.store.history({})).toEqual([
        { queue: lane.queue, at: start, completed: 2, failed: 1, cancelled: 0, retry: 1 },
        { queue: lane.queue, at: start + minute, completed: 0, failed: 0, cancelled: 0, retry: 1 },
      ]);
    });

    it('counts what came of the settlement: a retry that was to be cancelled is cancelled', async () => {
      const held = await stage.held('ann');
      await stage.store.cancel([held.id]);
      await stage.settle('ann', retried(held));

      expect(await stage.store.history({})).toMatchObject([{ cancelled: 1, retry: 0 }]);
    });

    it('counts no stale settlement, no cancellation of a waiting job and no loss', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', retried(held));
      await stage.settle('ann', retried(held));
      await stage.store.cancel([await stage.add()]);
      await stage.claim('ann', 1);
      await stage.lose();

      expect(await stage.store.history({})).toMatchObject([{ completed: 0, failed: 0, cancelled: 0, retry: 1 }]);
    });

    it('answers one queue, from a time on', async () => {
      const other = { queue: 'other', shard: 0 };
      const settleIn = async (at: typeof lane) => {
        await stage.store.register(stage.workerRecord({ id: 'ann', lanes: [lane, other] }));
        await stage.add({ lane: at });
        const [job] = await stage.claim('ann', 1, { lane: at });
        await stage.exchange('ann', { lane: at, settle: [completed(job!)] });
      };
      await settleIn(lane);
      await settleIn(other);
      stage.clock.jump(minute);
      await settleIn(other);
      const since = stage.now - (stage.now % minute);

      expect((await stage.store.history({ queue: 'other' })).map((bucket) => bucket.at)).toEqual([
        since - minute,
        since,
      ]);
      expect(await stage.store.history({ since })).toMatchObject([{ queue: 'other', at: since }]);
      expect((await stage.store.history({})).map((bucket) => bucket.queue)).toEqual([lane.queue, 'other', 'other']);
    });
  });

  describe('listen', () => {
    it('hints at ready work when a job is enqueued', async () => {
      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.add());
    });

    it('hints at ready work when a job is retried by hand', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', failed(held));

      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.store.retry([held.id]));
    });

    it('hints at a job that is due before an idle worker would look again', async () => {
      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.add({ due: { in: 200 } }));
    });

    it('hints at ready work when a job falls due and is promoted', async () => {
      await stage.workers('ann');
      await stage.add({ due: { in: 1000 } });
      stage.clock.jump(1000);

      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.exchange('ann'));
    });

    it('hints at ready work when a job is given back', async () => {
      await stage.held('ann');

      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.store.retire('ann'));
    });

    it('hints at a cancellation', async () => {
      const held = await stage.held('ann');

      await stage.hinted({ lanes: [lane] }, 'cancelled', () => stage.store.cancel([held.id]));
    });

    it('hints at every change of a watched job', async () => {
      const held = await stage.held('ann');
      await stage.store.find([{ id: held.id }], { watch: true });

      await stage.hinted({ jobs: [held.id] }, 'job', () => stage.store.note(held.id, held.fence, { progress: '1' }));
      await stage.hinted({ jobs: [held.id] }, 'job', () => stage.settle('ann', completed(held)));
    });

    it('hints at a watched job that ends without a record', async () => {
      const held = await stage.held('ann');
      await stage.store.find([{ id: held.id }], { watch: true });

      await stage.hinted({ jobs: [held.id] }, 'job', () => stage.settle('ann', completed(held, { keep: 0 })));
    });

    it('hints at a watched job whose worker was lost', async () => {
      const held = await stage.held('ann');
      await stage.store.find([{ id: held.id }], { watch: true });
      await stage.pass(lease + 1);

      await stage.hinted({ jobs: [held.id] }, 'job', () => stage.reap());
    });

    it('tells several listeners, and stopping one twice is harmless', async () => {
      const listener = await stage.store.listen({ lanes: [lane] }, () => {});

      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.add());
      await listener.stop();
      await listener.stop();
    });

    it('breaks no verb when a watched job is watched twice, or is unknown', async () => {
      const held = await stage.held('ann');
      await stage.store.find([{ id: held.id }, { id: held.id }, { id: stage.id() }], { watch: true });

      expect(await stage.settle('ann', completed(held))).toBe('completed');
    });
  });
}
