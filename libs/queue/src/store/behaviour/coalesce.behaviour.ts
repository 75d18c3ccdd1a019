import type { NewJob } from '../store.js';
import { cancelled, completed, failed, lane, released, retried, type Stage } from './stage.js';

export function describeCoalesce(stage: Stage): void {
  const keyed = (key = 'k') => ({ keys: [{ key, until: 'settled' as const }] });
  const enqueue = async (job: Partial<NewJob>) => (await stage.store.enqueue([stage.job({ ...keyed(), ...job })]))[0]!;

  describe("unique keys with onDuplicate 'extend'", () => {
    const extend = (job: Partial<NewJob>) => enqueue({ body: 'new', ...job, onDuplicate: 'extend' });

    it('put a scheduled holder off, and change nothing else about it', async () => {
      const id = await stage.add({ ...keyed(), due: { in: 1000 }, body: 'old', tags: ['old'], expires: { in: 9000 } });
      const before = await stage.record(id);

      const answer = await extend({ due: { in: 5000 }, tags: ['new'] });

      expect(answer).toEqual({ id, created: false, state: 'scheduled', replaced: true });
      expect(await stage.record(id)).toEqual({ ...before, dueAt: stage.now + 5000 });
    });

    it('never bring it forward', async () => {
      const id = await stage.add({ ...keyed(), due: { in: 5000 } });
      const dueAt = stage.now + 5000;

      for (const due of [{ in: 4999 }, { in: 5000 }, { at: 0 }, undefined]) {
        expect((await extend({ due })).replaced ?? false).toBe(false);
        expect(await stage.record(id)).toMatchObject({ state: 'scheduled', dueAt });
      }
    });

    it('again and again put off, run a silence after the last', async () => {
      await stage.workers('ann');
      const first = await extend({ due: { in: 1000 } });
      for (let i = 0; i < 5; i++) {
        stage.clock.jump(900);
        expect(await extend({ due: { in: 1000 } })).toMatchObject({ id: first.id, created: false, replaced: true });
        expect(await stage.claim('ann', 1)).toEqual([]);
      }
      stage.clock.jump(1000);

      expect(await stage.claim('ann', 1)).toMatchObject([{ id: first.id, body: 'new' }]);
    });

    it('put off no longer than maxWait from its enqueue', async () => {
      const id = await stage.add({ ...keyed(), due: { in: 1000 } });
      const enqueuedAt = stage.now;
      stage.clock.jump(500);

      expect(await extend({ due: { in: 60_000 }, maxWait: 3000 })).toMatchObject({ replaced: true });
      expect((await stage.record(id))!.dueAt).toBe(enqueuedAt + 3000);
      expect((await extend({ due: { in: 60_000 }, maxWait: 3000 })).replaced ?? false).toBe(false);
      expect((await extend({ due: { in: 60_000 }, maxWait: 2000 })).replaced ?? false).toBe(false);
      expect((await stage.record(id))!.dueAt).toBe(enqueuedAt + 3000);
    });

    it('leave a ready, blocked or active holder alone', async () => {
      const parent = await stage.held('ann');
      const ready = await stage.add(keyed('ready'));
      const blocked = await stage.add({ ...keyed('blocked'), after: [parent.id] });

      for (const [key, id, state] of [
        ['ready', ready, 'ready'],
        ['blocked', blocked, 'blocked'],
      ] as const) {
        expect(await extend({ ...keyed(key), due: { in: 1000 } })).toMatchObject({ id, created: false, state });
        expect((await stage.record(id))!.dueAt).toBeUndefined();
      }
    });

    it('add the job where no key is taken', async () => {
      expect(await extend({ due: { in: 1000 } })).toMatchObject({ created: true, state: 'scheduled' });
    });
  });

  describe("unique keys with onDuplicate 'replace' and maxWait", () => {
    it('put a scheduled holder off no longer than so from its enqueue', async () => {
      const id = await stage.add({ ...keyed(), due: { in: 1000 } });
      const enqueuedAt = stage.now;
      stage.clock.jump(900);

      await enqueue({ body: 'new', due: { in: 5000 }, maxWait: 2000, onDuplicate: 'replace' });

      expect(await stage.record(id)).toMatchObject({ body: 'new', state: 'scheduled', dueAt: enqueuedAt + 2000 });
    });

    it('make it ready when it has waited so long', async () => {
      const id = await stage.add({ ...keyed(), due: { in: 10_000 } });
      stage.clock.jump(2000);

      const answer = await enqueue({ due: { in: 5000 }, maxWait: 2000, onDuplicate: 'replace' });

      expect(answer).toEqual({ id, created: false, state: 'ready', replaced: true });
    });
  });

  describe('unique keys with replaces', () => {
    it.each(['replace', 'follow'] as const)("change the holder by '%s' while it has that body", async (onDuplicate) => {
      const id = await stage.add({ ...keyed(), body: 'one' });

      expect(await enqueue({ body: 'one two', replaces: 'one', onDuplicate })).toMatchObject({ id, replaced: true });
      expect((await stage.record(id))!.body).toBe('one two');
    });

    it.each(['replace', 'follow'] as const)("change nothing by '%s' when it has another", async (onDuplicate) => {
      const id = await stage.add({ ...keyed(), body: 'one', due: { in: 1000 }, tags: ['a'] });
      const before = await stage.record(id);

      for (const replaces of ['', 'One', 'one ', 'ones']) {
        const answer = await enqueue({ body: 'x', replaces, onDuplicate, due: { in: 1 } });
        expect(answer).toMatchObject({ id, created: false, state: 'scheduled' });
        expect(answer.replaced ?? false).toBe(false);
      }
      expect(await stage.record(id)).toEqual(before);
    });

    it('add nothing behind an active holder, whatever its body: what was made for one that waits is not for what follows', async () => {
      const held = await stage.held('ann', { ...keyed(), body: 'one' });

      for (const replaces of ['one', 'two']) {
        const answer = await enqueue({ replaces, onDuplicate: 'follow' });
        expect(answer).toMatchObject({ id: held.id, created: false, state: 'active' });
        expect(answer.replaced ?? false).toBe(false);
      }
      expect((await stage.counted())!.counts.blocked).toBe(0);
    });

    it('follow an active holder, and no other, when they are empty', async () => {
      const held = await stage.held('ann', { ...keyed(), body: 'one' });

      const follower = await enqueue({ replaces: '', onDuplicate: 'follow', body: 'two' });
      expect(follower).toMatchObject({ created: true, state: 'blocked' });
      expect(await enqueue({ replaces: '', onDuplicate: 'follow' })).toMatchObject({ id: follower.id, created: false });
      expect(await stage.record(follower.id)).toMatchObject({ body: 'two', waitsFor: [held.id] });
    });

    it.each(['replace', 'follow'] as const)(
      "add nothing by '%s' where no key is taken, unless they are empty",
      async (onDuplicate) => {
        const job = stage.job({ ...keyed(), replaces: 'one', onDuplicate });
        expect(await stage.store.enqueue([job])).toEqual([{ id: job.id, created: false, state: 'completed' }]);
        expect(await stage.record(job.id)).toBeUndefined();

        expect(await enqueue({ replaces: '', onDuplicate })).toMatchObject({ created: true });
      },
    );
  });

  describe("unique keys with onDuplicate 'follow'", () => {
    const follow = (job: Partial<NewJob> = {}) => enqueue({ body: 'new', ...job, onDuplicate: 'follow' });

    it('add one job behind an active holder, and put what comes later into it', async () => {
      const held = await stage.held('ann', keyed());
      const answer = await follow({ body: 'first' });
      expect(answer).toMatchObject({ created: true, state: 'blocked' });
      expect(await stage.record(answer.id)).toMatchObject({ state: 'blocked', waitsFor: [held.id] });

      for (const body of ['second', 'third']) {
        expect(await follow({ body, tags: [body] })).toEqual({
          id: answer.id,
          created: false,
          state: 'blocked',
          replaced: true,
        });
      }

      const { jobs } = await stage.exchange('ann', { settle: [completed(held)] });
      expect(jobs).toEqual([]);
      expect(await stage.claim('ann', 10)).toMatchObject([{ id: answer.id, body: 'third', tags: ['third'] }]);
    });

    it.each([
      ['completes', completed],
      ['completes and leaves no record', (job: Parameters<typeof completed>[0]) => completed(job, { keep: 0 })],
      ['fails', failed],
      ['is cancelled', cancelled],
    ])('let it begin when the holder %s, and leave the keys to it', async (_, ending) => {
      const held = await stage.held('ann', keyed());
      const { id } = await follow();
      await stage.settle('ann', ending(held));

      expect(await stage.states([id])).toEqual(['ready']);
      expect(await enqueue({})).toMatchObject({ id, created: false });
      expect(await stage.claim('ann', 10)).toMatchObject([{ id }]);
      expect(await follow()).toMatchObject({ created: true, state: 'blocked' });
    });

    it.each([
      ['is retried', (job: Parameters<typeof retried>[0]) => retried(job, 1000)],
      ['is released', (job: Parameters<typeof retried>[0]) => released(job)],
    ])('keep it blocked when the holder %s', async (_, ending) => {
      const held = await stage.held('ann', keyed());
      const { id } = await follow();
      await stage.settle('ann', ending(held));

      expect(await stage.states([id])).toEqual(['blocked']);
      expect(await follow({ body: 'newer' })).toMatchObject({ id, created: false, replaced: true });
    });

    it('go to the follower by name from then on', async () => {
      const keys = [{ key: '=order', until: 'settled' as const }];
      const held = await stage.held('ann', { keys });
      const { id } = await follow({ keys });
      await stage.settle('ann', completed(held));

      const [found] = await stage.store.find([{ name: 'order', queue: lane.queue }]);
      expect(found).toMatchObject({ id, state: 'ready' });
    });

    it.each([
      ['scheduled', { due: { in: 1000 } }],
      ['ready', {}],
    ])('put body, expiry and tags into a %s holder, and leave its time', async (state, waits) => {
      const id = await stage.add({ ...keyed(), ...waits, body: 'old', tags: ['old'] });
      const { dueAt } = (await stage.record(id))!;

      const answer = await follow({ tags: ['new'], expires: { in: 9000 }, due: { in: 60_000 } });

      expect(answer).toEqual({ id, created: false, state, replaced: true });
      expect(await stage.record(id)).toMatchObject({ state, body: 'new', tags: ['new'], expiresAt: stage.now + 9000 });
      expect((await stage.record(id))!.dueAt).toBe(dueAt);
    });

    it('change nothing when the holder has ended', async () => {
      const keys = [{ key: 'k', until: 'kept' as const }];
      const id = await stage.add({ keys, body: 'old' });
      await stage.store.cancel([id]);

      expect(await follow({ keys })).toEqual({ id, created: false, state: 'cancelled' });
      expect((await stage.record(id))!.body).toBe('old');
    });

    it('wait for what the job itself waits for as well, however that ends', async () => {
      await stage.workers('ann');
      const parent = await stage.add({ priority: 0 });
      await stage.add({ ...keyed() });
      const [first, holder] = await stage.claim('ann', 2);
      expect(first!.id).toBe(parent);
      const { id } = await follow({ after: [parent] });
      expect(new Set((await stage.record(id))!.waitsFor)).toEqual(new Set([holder!.id, parent]));

      await stage.settle('ann', completed(holder!));
      expect(await stage.states([id])).toEqual(['blocked']);
      await stage.settle('ann', failed(first!));
      expect(await stage.states([id])).toEqual(['ready']);
    });

    it('wait for its due time after the holder', async () => {
      const held = await stage.held('ann', keyed());
      const { id } = await follow({ due: { in: 5000 } });
      await stage.settle('ann', completed(held));

      expect(await stage.record(id)).toMatchObject({ state: 'scheduled', dueAt: stage.now + 5000 });
    });

    it('add nothing where somebody else has another of the keys', async () => {
      const held = await stage.held('ann', keyed('a'));
      const other = await stage.add(keyed('b'));
      const keys = [...keyed('a').keys, ...keyed('b').keys];

      expect(await follow({ keys })).toMatchObject({ id: held.id, created: false, state: 'active' });
      expect(await enqueue(keyed('b'))).toMatchObject({ id: other, created: false });
    });

    it('add one of ten calls at once', async () => {
      const held = await stage.held('ann', keyed());
      const answers = await Promise.all(Array.from({ length: 10 }, () => follow()));

      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      await stage.settle('ann', completed(held));
      expect(await stage.claim('ann', 10)).toHaveLength(1);
    });

    it('follow from a settlement: the job that just ended is no holder', async () => {
      const held = await stage.held('ann', keyed());
      const next = stage.job({ ...keyed(), onDuplicate: 'follow' });
      await stage.settle('ann', completed(held, { then: [next] }));

      expect(await stage.states([next.id])).toEqual(['ready']);
    });

    it('take no room of a full queue', async () => {
      const held = await stage.held('ann', keyed());
      await stage.add();
      await stage.store.configure(lane.queue, { maxReady: 1 });

      expect(await follow()).toMatchObject({ created: true, state: 'blocked' });
      await stage.settle('ann', completed(held));
    });

    it('add the job where no key is taken', async () => {
      expect(await follow()).toMatchObject({ created: true, state: 'ready' });
    });
  });
}
