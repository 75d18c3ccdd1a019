import type { UniqueKey } from '../store.js';
import { completed, failed, lane, retried, type Stage } from './stage.js';

export function describeUnique(stage: Stage): void {
  const until = (until: UniqueKey['until'], key = 'k'): { keys: UniqueKey[] } => ({ keys: [{ key, until }] });

  /** Whether a job with the key could be added now; answers who holds it otherwise. */
  const tryAdd = async (keys: { keys: UniqueKey[] }) => {
    const job = stage.job(keys);
    const [answer] = await stage.store.enqueue([job]);
    return answer!.created ? 'created' : answer!.id;
  };

  describe('unique keys', () => {
    it('answer the holder and its state instead of adding', async () => {
      const id = await stage.add({ ...until('settled'), due: { in: 1000 } });

      const [answer] = await stage.store.enqueue([stage.job(until('settled'))]);

      expect(answer).toEqual({ id, created: false, state: 'scheduled' });
      expect((await stage.counted())!.totals.enqueued).toBe(1);
    });

    it('let one of ten in a batch through', async () => {
      const answers = await stage.store.enqueue(Array.from({ length: 10 }, () => stage.job(until('settled'))));

      expect(answers.map((answer) => answer.created)).toEqual([true, ...Array<boolean>(9).fill(false)]);
      expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    });

    it('let one of ten calls at once through', async () => {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => stage.store.enqueue([stage.job(until('settled'))])),
      );

      expect(answers.filter(([answer]) => answer!.created)).toHaveLength(1);
    });

    it('are looked at in order, and the first taken one names the holder', async () => {
      const a = await stage.add(until('kept', 'a'));
      const b = await stage.add(until('kept', 'b'));

      expect(
        await tryAdd({ keys: [...until('kept', 'free').keys, ...until('kept', 'b').keys, ...until('kept', 'a').keys] }),
      ).toBe(b);
      expect(await tryAdd({ keys: [...until('kept', 'a').keys, ...until('kept', 'b').keys] })).toBe(a);
    });

    it('of a refused job are not taken', async () => {
      await stage.add(until('kept', 'a'));
      await tryAdd({ keys: [...until('kept', 'b').keys, ...until('kept', 'a').keys] });

      expect(await tryAdd(until('kept', 'b'))).toBe('created');
    });

    it('may be several of one job, each with its own end', async () => {
      const held = await stage.held('ann', { keys: [...until('started', 'a').keys, ...until('settled', 'b').keys] });

      expect(await tryAdd(until('kept', 'b'))).toBe(held.id);
      expect(await tryAdd(until('kept', 'a'))).toBe('created');
    });

    it('belong to their queue and shard', async () => {
      await stage.add(until('kept'));

      const answers = await stage.store.enqueue([
        stage.job({ ...until('kept'), lane: { queue: 'other', shard: 0 } }),
        stage.job({ ...until('kept'), lane: { ...lane, shard: 1 } }),
      ]);

      expect(answers.map((answer) => answer.created)).toEqual([true, true]);
    });

    it('differ by every character', async () => {
      const keys = ['k', 'K', ' k', 'k ', 'k:1', 'k~1', 'ключ', '🔑', '__proto__', '%_*[]'];
      for (const key of keys) expect(await tryAdd(until('kept', key))).toBe('created');
      for (const key of keys) expect(await tryAdd(until('kept', key))).not.toBe('created');
    });

    it('are read by the rule of the job that holds them', async () => {
      const id = await stage.add(until('kept'));
      await stage.store.cancel([id]);

      expect(await tryAdd(until('settled'))).toBe(id);
    });
  });

  describe("unique keys until 'started'", () => {
    it('are taken until the first claim', async () => {
      await stage.workers('ann');
      const id = await stage.add(until('started'));
      expect(await tryAdd(until('started'))).toBe(id);

      await stage.claim('ann', 1);

      expect(await tryAdd(until('started'))).toBe('created');
    });

    it('stay free when the job is retried', async () => {
      const held = await stage.held('ann', until('started'));
      await stage.settle('ann', retried(held, 1000));

      expect(await tryAdd(until('started'))).toBe('created');
    });

    it('are free when the job was cancelled before it began', async () => {
      const id = await stage.add(until('started'));
      await stage.store.cancel([id]);

      expect(await tryAdd(until('started'))).toBe('created');
    });
  });

  describe("unique keys until 'settled'", () => {
    it('are taken while the job waits, runs and waits again', async () => {
      const held = await stage.held('ann', until('settled'));
      expect(await tryAdd(until('settled'))).toBe(held.id);
      await stage.settle('ann', retried(held, 1000));
      expect(await tryAdd(until('settled'))).toBe(held.id);
    });

    it.each([
      ['completed', completed],
      ['failed', failed],
    ] as const)('are free once it is %s', async (_, ending) => {
      const held = await stage.held('ann', until('settled'));
      await stage.settle('ann', ending(held));

      expect(await tryAdd(until('settled'))).toBe('created');
    });

    it('are free once it is removed', async () => {
      const id = await stage.add(until('settled'));
      await stage.store.remove([id]);

      expect(await tryAdd(until('settled'))).toBe('created');
    });
  });

  describe("unique keys until 'kept'", () => {
    it('are taken while a record exists', async () => {
      const held = await stage.held('ann', until('kept'));
      await stage.settle('ann', completed(held, { keep: 1000 }));

      const [answer] = await stage.store.enqueue([stage.job(until('kept'))]);
      expect(answer).toEqual({ id: held.id, created: false, state: 'completed' });

      stage.clock.jump(1000);
      await stage.store.prune({ lane });
      expect(await tryAdd(until('kept'))).toBe('created');
    });

    it('are free at once when no record is kept', async () => {
      const held = await stage.held('ann', until('kept'));
      await stage.settle('ann', completed(held, { keep: 0 }));

      expect(await tryAdd(until('kept'))).toBe('created');
    });

    it('are freed only by the job they point to', async () => {
      const first = await stage.add(until('settled'));
      await stage.store.cancel([first]);
      const second = await stage.add(until('kept'));

      await stage.store.remove([first]);

      expect(await tryAdd(until('kept'))).toBe(second);
    });
  });

  describe('unique keys for a time', () => {
    it('are taken so long from enqueue, whatever becomes of the job', async () => {
      const id = await stage.add(until(1000));
      await stage.store.cancel([id]);
      stage.clock.jump(999);
      expect(await tryAdd(until(1000))).toBe(id);

      stage.clock.jump(1);

      expect(await tryAdd(until(1000))).toBe('created');
    });

    it('outlive the record, and call the vanished job completed', async () => {
      const held = await stage.held('ann', until(1000));
      await stage.settle('ann', completed(held, { keep: 0 }));

      const [answer] = await stage.store.enqueue([stage.job(until(1000))]);

      expect(answer).toEqual({ id: held.id, created: false, state: 'completed' });
    });

    it('are free after their time though the job still waits', async () => {
      await stage.add({ ...until(1000), due: { in: 60_000 } });
      stage.clock.jump(1000);

      expect(await tryAdd(until(1000))).toBe('created');
    });

    it('are forgotten by prune only when over', async () => {
      const id = await stage.add(until(1000));
      await stage.store.remove([id]);
      await stage.store.prune({ lane });
      expect(await tryAdd(until(1000))).toBe(id);

      stage.clock.jump(1000);
      await stage.store.prune({ lane });

      expect(await tryAdd(until(1000))).toBe('created');
    });

    it('of zero length are never taken', async () => {
      await stage.add(until(0));

      expect(await tryAdd(until(0))).toBe('created');
    });
  });

  describe("unique keys with onDuplicate 'replace'", () => {
    const replace = { ...until('settled'), onDuplicate: 'replace' as const };

    it('put what is new into a scheduled holder, with the new due time', async () => {
      const id = await stage.add({ ...until('settled'), due: { in: 1000 }, body: 'old', tags: ['old'] });

      const [answer] = await stage.store.enqueue([
        stage.job({ ...replace, body: 'new', tags: ['new'], due: { in: 9000 }, expires: { in: 10_000 } }),
      ]);

      expect(answer).toEqual({ id, created: false, state: 'scheduled', replaced: true });
      expect(await stage.record(id)).toMatchObject({
        body: 'new',
        tags: ['new'],
        state: 'scheduled',
        why: 'delay',
        dueAt: stage.now + 9000,
        expiresAt: stage.now + 10_000,
      });
      expect((await stage.counted())!.totals.enqueued).toBe(1);
    });

    it('make a scheduled holder ready at the tail when no due time is given', async () => {
      const id = await stage.add({ ...until('settled'), due: { in: 1000 } });
      const other = await stage.add();

      const [answer] = await stage.store.enqueue([stage.job(replace)]);

      expect(answer).toEqual({ id, created: false, state: 'ready', replaced: true });
      expect(await stage.listed('ready')).toEqual([other, id]);
      expect((await stage.record(id))!.dueAt).toBeUndefined();
    });

    it('leave a ready holder in its place, whatever the due time', async () => {
      const id = await stage.add(until('settled'));
      const other = await stage.add();

      const [answer] = await stage.store.enqueue([stage.job({ ...replace, body: 'new', due: { in: 1000 } })]);

      expect(answer).toEqual({ id, created: false, state: 'ready', replaced: true });
      expect(await stage.listed('ready')).toEqual([id, other]);
      expect((await stage.record(id))!.body).toBe('new');
    });

    it('clear the expiry and the tags that are not given again', async () => {
      const id = await stage.add({ ...until('settled'), expires: { in: 1000 }, tags: ['old'] });

      await stage.store.enqueue([stage.job(replace)]);

      const record = await stage.record(id);
      expect([record!.expiresAt, record!.tags]).toEqual([undefined, undefined]);
    });

    it('keep the task, priority, name and age of the holder', async () => {
      const keys = [{ key: '=a', until: 'settled' as const }];
      const id = await stage.add({ keys, priority: 3, task: 'grind', parent: 'p' });
      const { enqueuedAt } = (await stage.record(id))!;
      stage.clock.jump(1000);

      await stage.store.enqueue([stage.job({ ...replace, keys, priority: 0, task: 'sift' })]);

      expect(await stage.record(id)).toMatchObject({ priority: 3, task: 'grind', name: 'a', parent: 'p', enqueuedAt });
    });

    it('change nothing once the holder runs or has ended', async () => {
      const held = await stage.held('ann', { ...until('kept'), body: 'old' });
      const again = () => stage.store.enqueue([stage.job({ ...replace, body: 'new' })]);
      expect(await again()).toEqual([{ id: held.id, created: false, state: 'active' }]);
      await stage.settle('ann', completed(held));
      expect(await again()).toEqual([{ id: held.id, created: false, state: 'completed' }]);

      expect((await stage.record(held.id))!.body).toBe('old');
    });
  });
}
