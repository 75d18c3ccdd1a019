import { limits } from '../../job/limits.js';
import { lane, type Stage } from './stage.js';

export function describeEnqueue(stage: Stage): void {
  describe('enqueue', () => {
    it('makes a job without a due time ready at once', async () => {
      const id = await stage.add({ body: '{"payload":1}', task: 'grind', priority: 1 });

      expect(await stage.record(id)).toMatchObject({
        id,
        task: 'grind',
        state: 'ready',
        body: '{"payload":1}',
        priority: 1,
        attempts: 0,
        crashes: 0,
        releases: 0,
        enqueuedAt: stage.now,
        history: [],
        log: [],
      });
    });

    it('answers per job, in order', async () => {
      const { store, now } = stage;
      const jobs = [stage.job(), stage.job({ due: { in: 1000 } }), stage.job({ due: { at: now + 1 } })];

      const answers = await store.enqueue(jobs);

      expect(answers).toEqual([
        { id: jobs[0]!.id, created: true, state: 'ready' },
        { id: jobs[1]!.id, created: true, state: 'scheduled' },
        { id: jobs[2]!.id, created: true, state: 'scheduled' },
      ]);
    });

    it('schedules what is due later, for the reason of a delay', async () => {
      const id = await stage.add({ due: { in: 60_000 } });

      expect(await stage.record(id)).toMatchObject({ state: 'scheduled', why: 'delay', dueAt: stage.now + 60_000 });
    });

    it('takes zero, negative and past times for now', async () => {
      const { store, now } = stage;
      const dues = [{ in: 0 }, { in: -5 }, { at: now }, { at: now - 1 }];

      const answers = await store.enqueue(dues.map((due) => stage.job({ due })));

      expect(answers.map((answer) => answer.state)).toEqual(['ready', 'ready', 'ready', 'ready']);
      expect((await stage.record(answers[0]!.id))!.dueAt).toBeUndefined();
    });

    it('keeps what the caller said about a job', async () => {
      const id = await stage.add({
        expires: { in: 5000 },
        attempts: 2,
        parent: 'parent',
        root: 'root',
        tags: ['a', 'b'],
        keys: [{ key: '=order:1', until: 'kept' }],
      });

      expect(await stage.record(id)).toMatchObject({
        expiresAt: stage.now + 5000,
        attempts: 2,
        parent: 'parent',
        root: 'root',
        tags: ['a', 'b'],
        name: 'order:1',
      });
    });

    it('takes an absolute expiry', async () => {
      const id = await stage.add({ expires: { at: stage.now + 77 } });

      expect((await stage.record(id))!.expiresAt).toBe(stage.now + 77);
    });

    it('leaves bodies as they are, whatever they hold', async () => {
      const bodies = ['', '"', "it's; --", 'zähler 🦉\u0000\n\r\t', '\\', '{"a":[1,null]}', 'x'.repeat(100_000)];

      const ids = await Promise.all(bodies.map((body) => stage.add({ body })));

      const records = await stage.store.find(ids.map((id) => ({ id })));
      expect(records.map((record) => record!.body)).toEqual(bodies);
    });

    it('recognises a repeated id and adds nothing', async () => {
      const { store } = stage;
      const job = stage.job();
      await store.enqueue([job]);
      await stage.workers('ann');
      await stage.claim('ann', 1);

      const [again] = await store.enqueue([{ ...job, body: 'other' }]);

      expect(again).toEqual({ id: job.id, created: true, state: 'active' });
      expect(await stage.counted()).toMatchObject({ counts: { ready: 0, active: 1 }, totals: { enqueued: 1 } });
      expect((await stage.record(job.id))!.body).toBe('{}');
    });

    it('recognises an id that is repeated within one batch', async () => {
      const job = stage.job();

      const answers = await stage.store.enqueue([job, job]);

      expect(answers.map((answer) => answer.created)).toEqual([true, true]);
      expect((await stage.counted())!.counts.ready).toBe(1);
    });

    it('does not take a repeat of an id for a duplicate of its own key', async () => {
      const job = stage.job({ keys: [{ key: 'k', until: 'kept' }] });
      await stage.store.enqueue([job]);

      expect(await stage.store.enqueue([job])).toEqual([{ id: job.id, created: true, state: 'ready' }]);
    });

    it('adds an empty batch', async () => {
      expect(await stage.store.enqueue([])).toEqual([]);
    });

    it(`adds ${limits.batch} jobs in one call`, async () => {
      const ids = await stage.addMany(limits.batch);

      expect(new Set(ids).size).toBe(limits.batch);
      expect((await stage.counted())!.counts.ready).toBe(limits.batch);
    });

    it('adds to several queues and shards in one call', async () => {
      const other = { queue: 'other.queue-1', shard: 3 };

      const answers = await stage.store.enqueue([stage.job(), stage.job({ lane: other }), stage.job()]);

      expect(answers.map((answer) => answer.created)).toEqual([true, true, true]);
      expect(await stage.counted('other.queue-1')).toMatchObject({ shards: 4, counts: { ready: 1 } });
      expect(await stage.counted()).toMatchObject({ shards: 1, counts: { ready: 2 } });
    });

    it('keeps queues apart whose names begin alike', async () => {
      await stage.add({ lane: { queue: 'a', shard: 0 } });
      await stage.add({ lane: { queue: 'a.b', shard: 0 } });
      await stage.add({ lane: { queue: 'a_b', shard: 1 } });
      await stage.add({ lane: { queue: 'A', shard: 0 } });

      expect((await stage.store.counts()).map(({ queue, counts }) => [queue, counts.ready])).toEqual([
        ['A', 1],
        ['a', 1],
        ['a.b', 1],
        ['a_b', 1],
      ]);
    });
  });

  describe('enqueue with maxReady', () => {
    it('refuses a batch that does not fit, and adds none of it', async () => {
      const { store } = stage;
      await store.configure(lane.queue, { maxReady: 3 });
      await stage.addMany(2);

      const refused = store.enqueue([stage.job(), stage.job()]);

      await expect(refused).rejects.toMatchObject({ code: 'QUEUE_FULL', queue: lane.queue, maxReady: 3 });
      expect(await stage.counted()).toMatchObject({ counts: { ready: 2 }, totals: { enqueued: 2 } });
    });

    it('takes as many as fit exactly', async () => {
      await stage.store.configure(lane.queue, { maxReady: 3 });

      await stage.addMany(3);

      expect((await stage.counted())!.counts.ready).toBe(3);
    });

    it('counts scheduled jobs as waiting, and active ones not', async () => {
      await stage.store.configure(lane.queue, { maxReady: 1 });
      await stage.held();
      await stage.add({ due: { in: 1000 } });

      await expect(stage.add()).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    });

    it('counts neither repeats nor duplicates', async () => {
      const { store } = stage;
      await store.configure(lane.queue, { maxReady: 2 });
      const first = stage.job({ keys: [{ key: 'k', until: 'settled' }] });
      await store.enqueue([first]);
      const second = stage.job({ keys: [{ key: 'l', until: 'settled' }] });

      const answers = await store.enqueue([
        first,
        stage.job({ keys: [{ key: 'k', until: 'settled' }] }),
        second,
        stage.job({ keys: [{ key: 'l', until: 'settled' }] }),
        second,
      ]);

      expect(answers.map((answer) => [answer.id, answer.created])).toEqual([
        [first.id, true],
        [first.id, false],
        [second.id, true],
        [second.id, false],
        [second.id, true],
      ]);
    });

    it('answers repeats and duplicates of a full queue', async () => {
      const { store } = stage;
      await store.configure(lane.queue, { maxReady: 1 });
      const job = stage.job({ keys: [{ key: 'k', until: 'kept' }] });
      await store.enqueue([job]);

      expect(await store.enqueue([job])).toMatchObject([{ created: true }]);
      expect(await store.enqueue([stage.job({ keys: job.keys })])).toMatchObject([{ id: job.id, created: false }]);
    });

    it('bounds each shard by itself, and no other queue', async () => {
      await stage.store.configure(lane.queue, { maxReady: 1 });
      await stage.add();

      await stage.add({ lane: { ...lane, shard: 1 } });
      await stage.addMany(2, { lane: { queue: 'other', shard: 0 } });

      expect((await stage.counted())!.counts.ready).toBe(2);
    });
  });
}
