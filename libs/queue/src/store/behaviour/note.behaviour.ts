import { limits } from '../../job/limits.js';
import { completed, released, retried, type Stage } from './stage.js';

export function describeNote(stage: Stage): void {
  describe('note', () => {
    it('replaces the progress, visible at once', async () => {
      const held = await stage.held('ann');

      expect(await stage.store.note(held.id, held.fence, { progress: '{"percent":10}' })).toBe('noted');
      await stage.store.note(held.id, held.fence, { progress: '{"percent":60}' });

      expect((await stage.record(held.id))!.progress).toBe('{"percent":60}');
    });

    it('appends log lines and keeps the newest', async () => {
      const held = await stage.held('ann');
      const lines = Array.from({ length: limits.log + 5 }, (_, i) => `line ${i}`);

      await stage.store.note(held.id, held.fence, { log: lines.slice(0, 10) });
      await stage.store.note(held.id, held.fence, { log: lines.slice(10) });

      expect((await stage.record(held.id))!.log).toEqual(lines.slice(5));
    });

    it('hands the checkpoint to the next attempt', async () => {
      const held = await stage.held('ann');
      await stage.store.note(held.id, held.fence, { checkpoint: 'old' });
      await stage.store.note(held.id, held.fence, { checkpoint: '{"page":7}' });
      await stage.settle('ann', retried(held));

      expect(await stage.claim('ann', 1)).toMatchObject([{ checkpoint: '{"page":7}' }]);
    });

    it('hands the results of finished steps to the next attempt, by name', async () => {
      const held = await stage.held('ann');
      await stage.store.note(held.id, held.fence, { step: { name: 'charge', result: '"first"' } });
      await stage.store.note(held.id, held.fence, { step: { name: '__proto__', result: '1' } });
      await stage.store.note(held.id, held.fence, { step: { name: 'charge', result: '"second"' } });
      await stage.settle('ann', released(held));

      const [again] = await stage.claim('ann', 1);

      expect(Object.entries(again!.steps!).sort()).toEqual([
        ['__proto__', '1'],
        ['charge', '"second"'],
      ]);
    });

    it('takes everything in one call', async () => {
      const held = await stage.held('ann');
      const note = { progress: 'p', log: ['a', 'b'], checkpoint: 'c', step: { name: 's', result: 'r' } };
      await stage.store.note(held.id, held.fence, note);
      await stage.settle('ann', retried(held));

      expect(await stage.record(held.id)).toMatchObject({ progress: 'p', log: ['a', 'b'] });
      expect(await stage.claim('ann', 1)).toMatchObject([{ checkpoint: 'c', steps: { s: 'r' } }]);
    });

    it('says nothing of checkpoint and steps to a first attempt', async () => {
      const held = await stage.held('ann');

      expect([held.checkpoint, held.steps]).toEqual([undefined, undefined]);
    });

    it('answers stale and writes nothing once the hold was lost', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', retried(held));
      expect(await stage.store.note(held.id, held.fence, { progress: 'old' })).toBe('stale');

      const [again] = await stage.claim('ann', 1);
      expect(await stage.store.note(held.id, held.fence, { progress: 'old', log: ['old'] })).toBe('stale');
      expect(await stage.store.note(held.id, again!.fence, { progress: 'new' })).toBe('noted');

      expect(await stage.record(held.id)).toMatchObject({ progress: 'new', log: [] });
    });

    it('answers stale for finished and unknown jobs', async () => {
      const held = await stage.held('ann');
      await stage.settle('ann', completed(held));

      expect(await stage.store.note(held.id, held.fence, { progress: '1' })).toBe('stale');
      expect(await stage.store.note(stage.id(), 1, { progress: '1' })).toBe('stale');
      expect(await stage.store.note('no id', 1, { progress: '1' })).toBe('stale');
    });

    it('stays readable when the job has ended', async () => {
      const held = await stage.held('ann');
      await stage.store.note(held.id, held.fence, { progress: '1', log: ['done'] });
      await stage.settle('ann', completed(held));

      expect(await stage.record(held.id)).toMatchObject({ progress: '1', log: ['done'] });
    });
  });
}
