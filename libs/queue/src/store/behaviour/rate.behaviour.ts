import type { Gate } from '../store.js';
import { every, Gated, group, task } from './gated.js';
import { completed, failed, lane, released, retried, snoozed, type Stage } from './stage.js';

export function describeRate(stage: Stage): void {
  const gated = new Gated(stage);
  const slow = { gates: [task('grind', undefined, { rate: every(1000) })] };
  const burst = (more: number) => ({ gates: [task('grind', undefined, { rate: every(1000, more) })] });

  /** When the attempts of jobs began, while somebody asks every `step` milliseconds and completes at once. */
  async function beginnings(until: number, step: number): Promise<number[]> {
    const from = stage.now;
    const times: number[] = [];
    for (; stage.now < from + until; stage.clock.jump(step)) {
      const jobs = await stage.claim('ann', 10);
      times.push(...jobs.map(() => stage.now - from));
      await stage.exchange('ann', { settle: jobs.map((job) => completed(job)) });
    }
    return times;
  }

  describe('a rate', () => {
    it('lets an attempt begin each interval, and none before', async () => {
      await stage.workers('ann');
      const [a, b, c] = await stage.addMany(3, slow);
      expect(await gated.claim('ann')).toEqual([a]);

      stage.clock.jump(999);
      expect(await stage.exchange('ann', { want: 10 })).toMatchObject({ jobs: [], more: false, dueIn: 1 });

      stage.clock.jump(1);
      expect(await gated.claim('ann')).toEqual([b]);
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([c]);
    });

    it('lets so many more begin at once as its slack holds, and fills that up again by time', async () => {
      await stage.workers('ann');
      await stage.addMany(10, burst(2));

      expect(await gated.claim('ann')).toHaveLength(3);
      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toHaveLength(1);
      stage.clock.jump(2000);
      expect(await gated.claim('ann')).toHaveLength(2);
      stage.clock.jump(60_000);
      expect(await gated.claim('ann')).toHaveLength(3);
    });

    it('saves nothing up beyond its slack', async () => {
      await stage.workers('ann');
      await stage.add(slow);
      await stage.claim('ann', 1);
      stage.clock.jump(3_600_000);
      await stage.addMany(3, slow);

      expect(await gated.claim('ann')).toHaveLength(1);
    });

    it.each([
      [333_333, 0],
      [333_333, 333_333],
      [700_000, 1_000_000],
      [1_500, 1000],
    ])('of one in %d µs with a slack of %d µs is kept in every window, and used', async (interval, slack) => {
      await stage.workers('ann');
      const rate = { interval, slack, text: 'x' };
      await stage.addMany(60, { gates: [task('grind', undefined, { rate })] });
      const length = Math.min(8000, (40 * interval) / 1000);

      const times = await beginnings(length, 1);

      times.forEach((end, last) =>
        times.slice(0, last + 1).forEach((start, first) => {
          expect(last - first).toBeLessThanOrEqual(((end - start) * 1000 + slack) / interval);
        }),
      );
      expect(times.length).toBeGreaterThanOrEqual(0.95 * Math.floor((length * 1000) / interval));
    });

    it('counts attempts, not jobs: what is retried begins at the rate', async () => {
      await stage.workers('ann');
      const [a] = await stage.addMany(1, slow);
      const [held] = await stage.claim('ann', 1);

      expect(await stage.settle('ann', retried(held!))).toBe('ready');
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([a]);
    });

    it('is spent by an attempt, whatever becomes of it', async () => {
      for (const ending of [completed, failed, released, (job: never) => snoozed(job, 5000)] as const) {
        await stage.workers('ann');
        const gates = [group(`g${stage.now}`, { rate: every(1000) })];
        await stage.add({ gates });
        const [held] = await stage.claim('ann', 1);
        const next = await stage.add({ gates });
        await stage.settle('ann', ending(held as never));
        expect(await gated.claim('ann')).toEqual([]);
        stage.clock.jump(1000);
        const [job] = await stage.claim('ann', 1);
        expect([held!.id, next]).toContain(job!.id);
        await stage.settle('ann', completed(job!));
        await stage.store.remove([held!.id, next]);
        stage.clock.jump(10_000);
      }
    });

    it('is not spent by jobs that expire, are cancelled or are removed', async () => {
      await stage.workers('ann');
      const [cancelled, removed] = await stage.addMany(2, slow);
      await stage.add({ ...slow, expires: { in: 1 } });
      const next = await stage.add(slow);
      await stage.store.cancel([cancelled!]);
      await stage.store.remove([removed!]);
      stage.clock.jump(1);

      expect(await gated.claim('ann')).toEqual([next]);
    });

    it('holds up nobody else', async () => {
      await stage.workers('ann');
      const limited = await stage.addMany(50, slow);
      const free = await stage.addMany(3, { task: 'sift' });

      expect(await gated.claim('ann')).toEqual([limited[0], ...free]);
    });

    it('has one job in line, so that the others are in nobody’s way', async () => {
      await stage.workers('ann');
      await stage.addMany(3, slow);
      const { jobs } = await stage.store.list({ states: ['ready'] });

      expect(jobs.map(({ parked }) => parked !== undefined)).toEqual([false, true, true]);
    });

    it('tells when it opens, to whoever looks at a job that waits for it', async () => {
      await stage.workers('ann');
      const [, b, c] = await stage.addMany(3, slow);
      const from = stage.now;
      await stage.claim('ann', 1);
      stage.clock.jump(400);

      const until = from + 1000;
      expect(await gated.parked(b!)).toEqual({ ...slow.gates[0], until });
      expect(await gated.parked(c!)).toEqual({ ...slow.gates[0], until });

      stage.clock.jump(600);
      expect((await gated.parked(b!))!.until).toBeUndefined();
    });

    it('tells a worker when it opens', async () => {
      await stage.workers('ann');
      await stage.addMany(2, slow);
      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ dueIn: 1000 });
      await stage.add({ due: { in: 300 } });

      expect(await stage.exchange('ann')).toMatchObject({ dueIn: 300, more: false });
    });

    it('of a third of a second opens in whole milliseconds, not before', async () => {
      await stage.workers('ann');
      await stage.addMany(4, {
        gates: [task('grind', undefined, { rate: { interval: 333_333, slack: 0, text: '3/s' } })],
      });

      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ dueIn: 334 });
      stage.clock.jump(333);
      expect(await gated.claim('ann')).toHaveLength(0);
      stage.clock.jump(1);
      expect(await stage.exchange('ann', { want: 1 })).toMatchObject({ jobs: [{}], dueIn: 334 });
    });

    it('is that of each key', async () => {
      await stage.workers('ann');
      const of = (key: string) => ({ gates: [group(key, { rate: every(1000) })] });
      const jobs = [await stage.add(of('a')), await stage.add(of('a')), await stage.add(of('b'))];

      expect(await gated.claim('ann')).toEqual([jobs[0], jobs[2]]);
    });

    it('is not forgotten while it counts, though no job is left', async () => {
      const held = await stage.held('ann', slow);
      await stage.settle('ann', completed(held, { keep: 0 }));
      stage.clock.jump(999);
      const next = await stage.add(slow);
      expect((await gated.parked(next))!.until).toBe(stage.now + 1);
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(1);
      expect(await gated.claim('ann')).toHaveLength(1);
    });

    it('does not keep a worker awake once it is over', async () => {
      const held = await stage.held('ann', slow);
      await stage.settle('ann', completed(held));
      stage.clock.jump(1000);

      expect((await stage.exchange('ann')).dueIn).toBeUndefined();
    });

    it('with a max keeps both', async () => {
      await stage.workers('ann');
      await stage.addMany(4, { gates: [task('grind', 2, { rate: every(1000) })] });
      expect(await gated.claim('ann')).toHaveLength(1);
      stage.clock.jump(1000);
      const [second] = await stage.claim('ann', 10);
      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([]);

      const { jobs } = await stage.exchange('ann', { settle: [completed(second!)], want: 10 });
      expect(jobs).toHaveLength(1);
    });

    it('goes by the clock of two gates: the later one counts', async () => {
      await stage.workers('ann');
      const gates: Gate[] = [group('a', { rate: every(1000) }), task('grind', undefined, { rate: every(3000) })];
      const [a, b] = await stage.addMany(2, { gates });
      expect(await gated.claim('ann')).toEqual([a]);

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([]);
      expect(await gated.parked(b!)).toMatchObject({ kind: 'task', until: stage.now + 2000 });

      stage.clock.jump(2000);
      expect(await gated.claim('ann')).toEqual([b]);
    });

    it('puts a job that comes to the head too early back to where it stood, and wakes for it', async () => {
      await stage.workers('ann');
      const [low, urgent] = [await stage.add({ ...slow, priority: 3 }), await stage.add({ ...slow, priority: 0 })];
      const later = await stage.add({ ...slow, priority: 3 });
      expect(await gated.claim('ann')).toEqual([urgent]);
      expect(await gated.parked(low)).toMatchObject({ until: stage.now + 1000 });

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([low]);
      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([later]);
    });

    it('is hinted at where a job that parks may begin soon', async () => {
      const held = await stage.held('ann', slow);
      await stage.settle('ann', completed(held));

      await stage.hinted({ lanes: [lane] }, 'ready', () => stage.add(slow));
    });

    it('is kept over workers that come and go', async () => {
      await stage.workers('ann', 'bob');
      const jobs = await stage.addMany(2, slow);
      expect(await gated.claim('ann')).toEqual([jobs[0]]);
      expect(await gated.claim('bob')).toEqual([]);
      await stage.store.retire('ann');
      expect(await gated.claim('bob')).toEqual([]);

      stage.clock.jump(1000);
      expect(await gated.claim('bob')).toEqual([jobs[0]]);
    });
  });

  describe('snoozed with pause', () => {
    const tenant = { gates: [group('a'), task('grind')] };

    it('lets no attempt of the group begin before', async () => {
      await stage.workers('ann');
      const [a, b] = await stage.addMany(2, tenant);
      const other = await stage.add({ gates: [group('b'), task('grind')] });
      const [held] = await stage.claim('ann', 1);

      expect(await stage.settle('ann', snoozed(held!, 5000, true))).toBe('scheduled');
      expect(await gated.claim('ann')).toEqual([other]);
      expect(await gated.parked(b!)).toEqual({ ...group('a'), until: stage.now + 5000 });

      stage.clock.jump(4999);
      expect(await stage.exchange('ann', { want: 10 })).toMatchObject({ jobs: [], dueIn: 1 });
      stage.clock.jump(1);
      expect(new Set(await gated.claim('ann'))).toEqual(new Set([a, b]));
    });

    it('does not pause without being told', async () => {
      await stage.workers('ann');
      const [, b] = await stage.addMany(2, tenant);
      const [held] = await stage.claim('ann', 1);
      await stage.settle('ann', snoozed(held!, 5000));

      expect(await gated.claim('ann')).toEqual([b]);
    });

    it('pauses the task where there is no group, and nothing where there is neither', async () => {
      await stage.workers('ann');
      const of = (gates: Gate[] | undefined, name: string) => stage.add({ gates, task: name });
      await of([task('grind')], 'grind');
      await of(undefined, 'sift');
      const [grind, sift] = await stage.claim('ann', 2);
      const more = [await of([task('grind')], 'grind'), await of(undefined, 'sift')];

      const settle = [snoozed(grind!, 1000, true), snoozed(sift!, 1000, true)];
      expect((await stage.exchange('ann', { settle })).settled).toEqual(['scheduled', 'scheduled']);

      expect(await gated.claim('ann')).toEqual([more[1]]);
    });

    it('makes the longer of two pauses count', async () => {
      await stage.workers('ann');
      const [, , c] = await stage.addMany(3, tenant);
      const [first, second] = await stage.claim('ann', 2);
      await stage.settle('ann', snoozed(first!, 5000, true));
      await stage.settle('ann', snoozed(second!, 1000, true));

      expect(await gated.claim('ann')).toEqual([]);
      expect((await gated.parked(c!))!.until).toBe(stage.now + 5000);
    });

    it('holds for jobs that come later, also when all others are gone', async () => {
      const held = await stage.held('ann', tenant);
      await stage.settle('ann', snoozed(held, 5000, true));
      await stage.store.remove([held.id]);
      stage.clock.jump(4000);
      const next = await stage.add(tenant);
      expect(await gated.claim('ann')).toEqual([]);

      stage.clock.jump(1000);
      expect(await gated.claim('ann')).toEqual([next]);
    });

    it('of no time pauses nothing', async () => {
      await stage.workers('ann');
      const [a, b] = await stage.addMany(2, tenant);
      const [held] = await stage.claim('ann', 1);
      await stage.settle('ann', snoozed(held!, 0, true));

      expect(await gated.claim('ann')).toEqual([b, a]);
    });

    it('pauses the group even where the job itself was to be cancelled', async () => {
      await stage.workers('ann');
      await stage.addMany(2, tenant);
      const [held] = await stage.claim('ann', 1);
      await stage.store.cancel([held!.id]);

      expect(await stage.settle('ann', snoozed(held!, 1000, true))).toBe('cancelled');
      expect(await gated.claim('ann')).toEqual([]);
    });

    it('counts beside a rate: the later of both opens the gate', async () => {
      await stage.workers('ann');
      const [a, b] = await stage.addMany(2, { gates: [group('a', { rate: every(1000) })] });
      const [held] = await stage.claim('ann', 1);
      await stage.settle('ann', snoozed(held!, 5000, true));
      expect((await gated.parked(b!))!.until).toBe(stage.now + 5000);

      stage.clock.jump(4999);
      expect(await gated.claim('ann')).toEqual([]);
      stage.clock.jump(1);
      expect(await gated.claim('ann')).toEqual([b]);
      expect((await gated.parked(a!))!.until).toBe(stage.now + 1000);
    });

    it('lets what falls due at its end in before those that wait', async () => {
      const only = { gates: [group('a', { max: 1 })] };
      const held = await stage.held('ann', { ...only, priority: 0 });
      await stage.add(only);
      await stage.settle('ann', snoozed(held, 1000, true));
      stage.clock.jump(1000);

      expect(await gated.claim('ann')).toEqual([held.id]);
    });

    it('charges no attempt', async () => {
      const held = await stage.held('ann', tenant);
      await stage.settle('ann', snoozed(held, 1000, true));

      expect(await stage.record(held.id)).toMatchObject({ state: 'scheduled', why: 'snooze', attempts: 0 });
    });
  });
}
