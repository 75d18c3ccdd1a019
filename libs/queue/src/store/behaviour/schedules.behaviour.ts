import { limits } from '../../job/limits.js';
import type { Firing, NewSchedule, ScheduleQuery, ScheduleRecord, SlotRecord } from '../store.js';
import { completed, failed, lane, type Stage } from './stage.js';

export function describeSchedules(stage: Stage): void {
  const minute = 60_000;

  /** A schedule that is due in a minute. */
  const daily = (schedule: Partial<NewSchedule> = {}): NewSchedule => ({
    id: 'daily',
    body: '{}',
    paused: false,
    next: stage.now + minute,
    ...schedule,
  });

  /** Puts a schedule that is not there yet, or whatever is there in its place. */
  async function put(schedule: Partial<NewSchedule> = {}): Promise<ScheduleRecord> {
    const wanted = daily(schedule);
    const seen = (await record(wanted.id))?.version ?? 0;
    return (await stage.store.putSchedule(wanted, seen)).schedule!;
  }

  async function putMany(ids: string[], schedule: Partial<NewSchedule> = {}): Promise<void> {
    for (const id of ids) await put({ ...schedule, id });
  }

  async function record(id = 'daily'): Promise<ScheduleRecord | undefined> {
    return (await stage.store.schedules({ ids: [id] })).schedules[0];
  }

  const ids = async (query: ScheduleQuery) => (await stage.store.schedules(query)).schedules.map(({ id }) => id);

  /** All pages, one after the other. */
  async function walk(query: ScheduleQuery): Promise<string[][]> {
    const pages: string[][] = [];
    for (let cursor: string | undefined, first = true; first || cursor; first = false) {
      const page = await stage.store.schedules({ ...query, cursor });
      pages.push(page.schedules.map(({ id }) => id));
      cursor = page.cursor;
      expect(pages.length).toBeLessThan(100);
    }
    return pages;
  }

  const slotOf = (slot: number, more: Partial<SlotRecord> = {}): SlotRecord => ({ slot, outcome: 'enqueued', ...more });

  /** The next slot of a schedule is dealt with: one job, and the slot after it a minute later. */
  function firing(schedule: ScheduleRecord, more: Partial<Firing> = {}): Firing {
    const slot = schedule.next ?? stage.now;
    const jobs = more.jobs ?? [stage.job()];
    return {
      ...{ id: schedule.id, seen: schedule.version, jobs },
      ...{ slots: [slotOf(slot, { job: jobs[0]?.id })], last: slot, next: slot + minute },
      ...more,
    };
  }

  async function fire(schedule: ScheduleRecord, more: Partial<Firing> = {}): Promise<boolean> {
    return (await stage.store.fire([firing(schedule, more)]))[0]!;
  }

  describe('putSchedule', () => {
    it('adds a schedule that has done nothing yet', async () => {
      const { next } = daily();

      const answer = await stage.store.putSchedule(daily({ body: '{"task":"grind ✓"}', owner: 'shop' }), 0);

      expect(answer).toEqual({
        outcome: 'put',
        schedule: {
          ...{ id: 'daily', body: '{"task":"grind ✓"}', owner: 'shop', next, paused: false, version: 1 },
          ...{ counts: { enqueued: 0, skipped: 0, missed: 0 }, slots: [] },
          ...{ createdAt: stage.now, changedAt: stage.now },
        },
      });
      expect(await record()).toEqual(answer.schedule);
    });

    it('takes a paused one that will not fire, and one nobody declares', async () => {
      await put({ paused: true, next: undefined });

      expect(await record()).toMatchObject({ paused: true });
      expect((await record())!.next).toBeUndefined();
      expect((await record())!.owner).toBeUndefined();
    });

    it.each(['x', 'user:grind', '%_*?[a]\\', `~!"#$&'()+,-./;<=>@^{|}`, '0', '__proto__', 'x'.repeat(200)])(
      'takes the id %s for itself alone',
      async (id) => {
        await putMany(['a', id, 'z']);

        expect(await ids({ ids: [id] })).toEqual([id]);
        expect(await ids({})).toHaveLength(3);
      },
    );

    it('puts a definition in the place of the one of its id', async () => {
      await put({ owner: 'shop', body: 'old' });
      const createdAt = stage.now;
      stage.clock.jump(1000);

      const answer = await stage.store.putSchedule(daily({ body: 'new', next: undefined, paused: true }), 1);

      expect(answer.outcome).toBe('put');
      expect(answer.schedule).toMatchObject({
        ...{ body: 'new', paused: true, version: 2, createdAt, changedAt: stage.now },
      });
      expect(answer.schedule!.owner).toBeUndefined();
      expect(answer.schedule!.next).toBeUndefined();
      expect(await record()).toEqual(answer.schedule);
      expect(await ids({ owner: 'shop' })).toEqual([]);
    });

    it('leaves what it has done', async () => {
      const before = await put();
      await fire(before);
      const { last, job, counts, slots } = (await record())!;
      stage.clock.jump(1000);

      const after = await put({ body: 'new', next: before.next! + 5 * minute });

      expect(after).toMatchObject({ body: 'new', version: 3, next: before.next! + 5 * minute });
      expect(after).toMatchObject({ last, job, counts, slots, createdAt: before.createdAt });
    });

    it('does nothing under another version, and shows what is there', async () => {
      const there = await put({ body: 'there' });

      for (const seen of [0, 2]) {
        expect(await stage.store.putSchedule(daily({ body: 'mine', next: 1 }), seen)).toEqual({
          outcome: 'stale',
          schedule: there,
        });
      }
      expect(await record()).toEqual(there);
    });

    it('adds nothing where a version is expected', async () => {
      const answer = await stage.store.putSchedule(daily(), 1);

      expect(answer.outcome).toBe('stale');
      expect(answer.schedule).toBeUndefined();
      expect(await ids({})).toEqual([]);
    });

    it('applies one of many that have seen the same', async () => {
      for (const seen of [0, 1]) {
        const bodies = Array.from({ length: 20 }, (_, i) => `${seen}.${i}`);

        const answers = await Promise.all(bodies.map((body) => stage.store.putSchedule(daily({ body }), seen)));

        const applied = answers.filter(({ outcome }) => outcome === 'put');
        expect(applied).toHaveLength(1);
        expect(await record()).toEqual(applied[0]!.schedule);
      }
    });

    it('makes no queue', async () => {
      await put();

      expect(await stage.store.counts()).toEqual([]);
    });
  });

  describe('removeSchedule', () => {
    it('forgets a schedule, and says whether there was one', async () => {
      await putMany(['a', 'b'], { owner: 'shop', next: stage.now });

      expect(await stage.store.removeSchedule('a')).toBe(true);
      expect(await stage.store.removeSchedule('a')).toBe(false);
      expect(await stage.store.removeSchedule('c')).toBe(false);

      expect(await record('a')).toBeUndefined();
      for (const query of [{}, { owner: 'shop' }, { due: true }]) expect(await ids(query)).toEqual(['b']);
    });

    it('forgets only the version it is told', async () => {
      await put();

      expect(await stage.store.removeSchedule('daily', 2)).toBe(false);
      expect(await record()).toBeDefined();

      expect(await stage.store.removeSchedule('daily', 1)).toBe(true);
      expect(await record()).toBeUndefined();
    });

    it('leaves the jobs it has made', async () => {
      const job = stage.job();
      await fire(await put(), { jobs: [job] });

      await stage.store.removeSchedule('daily');

      expect(await stage.states([job.id])).toEqual(['ready']);
    });

    it('lets another begin anew under its id', async () => {
      await fire(await put());
      await stage.store.removeSchedule('daily');
      stage.clock.jump(1000);

      const { schedule } = await stage.store.putSchedule(daily(), 0);

      expect(schedule).toMatchObject({ version: 1, counts: { enqueued: 0 }, slots: [], createdAt: stage.now });
      expect(schedule!.last).toBeUndefined();
      expect(schedule!.job).toBeUndefined();
    });
  });

  describe('schedules', () => {
    it('of an empty store are none, and none will come', async () => {
      for (const query of [{}, { ids: ['daily'] }, { owner: 'shop' }, { due: true }]) {
        const page = await stage.store.schedules(query);
        expect(page).toEqual({ schedules: [], now: stage.now });
        expect(page.dueIn).toBeUndefined();
      }
    });

    it('come by id, in the order of its characters, page by page', async () => {
      await putMany(['b', 'a', 'B', 'a-2', 'a10', '~', '10', '9', 'ab']);
      const sorted = ['10', '9', 'B', 'a', 'a-2', 'a10', 'ab', 'b', '~'];

      expect(await ids({})).toEqual(sorted);
      expect(await walk({ limit: 2 })).toEqual([['10', '9'], ['B', 'a'], ['a-2', 'a10'], ['ab', 'b'], ['~']]);
      expect(await walk({ limit: 3 })).toEqual([sorted.slice(0, 3), sorted.slice(3, 6), sorted.slice(6)]);
    });

    it('go on where a page ended, though schedules come and go', async () => {
      await putMany(['a', 'c', 'e', 'g']);
      const { cursor } = await stage.store.schedules({ limit: 2 });
      await stage.store.removeSchedule('c');
      await putMany(['b', 'd']);

      expect(await ids({ cursor })).toEqual(['d', 'e', 'g']);
    });

    it('come 50 at a time when nobody says how many', async () => {
      await putMany(Array.from({ length: 51 }, (_, i) => String(100 + i)));

      expect((await walk({})).map((page) => page.length)).toEqual([50, 1]);
      stage.clock.jump(minute);
      expect(await ids({ due: true })).toHaveLength(50);
    });

    it('come in the order of the ids that are asked for, without those nobody knows', async () => {
      await putMany(['a', 'b', 'c']);

      expect(await ids({ ids: ['c', 'x', 'a'] })).toEqual(['c', 'a']);
      expect(await ids({ ids: [] })).toEqual([]);
    });

    it('may be those of one owner, page by page', async () => {
      await putMany(['e', 'a', 'c'], { owner: 'shop' });
      await putMany(['b'], { owner: 'shop2' });
      await putMany(['d']);

      expect(await ids({ owner: 'shop' })).toEqual(['a', 'c', 'e']);
      expect(await walk({ owner: 'shop', limit: 2 })).toEqual([['a', 'c'], ['e']]);
      expect(await ids({ owner: 'nobody' })).toEqual([]);

      await put({ id: 'a', owner: 'shop2' });
      expect(await ids({ owner: 'shop' })).toEqual(['c', 'e']);
      expect(await ids({ owner: 'shop2' })).toEqual(['a', 'b']);
    });

    it('tell the time', async () => {
      stage.clock.jump(1234);

      expect((await stage.store.schedules({ due: true })).now).toBe(stage.now);
    });

    it('that were handed out do not change any more', async () => {
      const before = await put();
      const copy = structuredClone(before);
      await fire(before);

      expect(before).toEqual(copy);
    });
  });

  describe('schedules that are due', () => {
    it('are those whose next slot has come, longest overdue first, then by id', async () => {
      const { now } = stage;
      await put({ id: 'd', next: now + 3 });
      await put({ id: 'c', next: now + 2 });
      await put({ id: 'b', next: now + 1 });
      await put({ id: 'B', next: now + 2 });
      await put({ id: 'a', next: now + 2 });
      await put({ id: 'paused', next: undefined, paused: true });
      expect(await ids({ due: true })).toEqual([]);

      stage.clock.jump(1);
      expect(await ids({ due: true })).toEqual(['b']);

      stage.clock.jump(1);
      expect(await ids({ due: true })).toEqual(['b', 'B', 'a', 'c']);
      // Looking changes nothing.
      expect(await ids({ due: true })).toEqual(['b', 'B', 'a', 'c']);
    });

    it('come as many as are wanted, and without a cursor', async () => {
      await put({ id: 'a', next: stage.now - 1 });
      await put({ id: 'b', next: stage.now - 3 });
      await put({ id: 'c', next: stage.now - 2 });

      const page = await stage.store.schedules({ due: true, limit: 2 });

      expect(page.schedules.map(({ id }) => id)).toEqual(['b', 'c']);
      expect(page.cursor).toBeUndefined();
    });

    it('come with the time until the next slot of any, less than nothing while some are overdue', async () => {
      const dueIn = async () => (await stage.store.schedules({ due: true, limit: 1 })).dueIn;
      await put({ id: 'later', next: stage.now + 2 * minute });
      await put({ id: 'soon', next: stage.now + minute });
      expect(await dueIn()).toBe(minute);

      stage.clock.jump(minute);
      expect(await dueIn()).toBe(0);

      stage.clock.jump(5);
      expect(await dueIn()).toBe(-5);

      await stage.store.removeSchedule('soon');
      expect(await dueIn()).toBe(minute - 5);

      await put({ id: 'later', next: undefined, paused: true });
      expect(await dueIn()).toBeUndefined();
    });

    it('are told apart in all that is known of them', async () => {
      await put({ id: 'hourly', body: 'h', owner: 'shop', next: stage.now });

      const { schedules } = await stage.store.schedules({ due: true });

      expect(schedules).toEqual([await record('hourly')]);
    });

    it('follow a schedule that is put anew', async () => {
      await put({ next: stage.now });
      await put({ next: stage.now + minute });
      expect(await ids({ due: true })).toEqual([]);

      await put({ next: stage.now - minute });
      expect(await ids({ due: true })).toEqual(['daily']);

      await put({ next: undefined, paused: true });
      expect(await ids({ due: true })).toEqual([]);
    });
  });

  describe('fire', () => {
    it('adds the job and deals with the slot', async () => {
      const before = await put({ owner: 'shop', body: 'b' });
      stage.clock.jump(minute);
      const job = stage.job({ body: 'j', tags: ['t'], priority: 1, root: 'r' });

      expect(await fire(before, { jobs: [job] })).toBe(true);

      expect(await stage.record(job.id)).toMatchObject({
        ...{ state: 'ready', task: 'grind', body: 'j', tags: ['t'], priority: 1, root: 'r', enqueuedAt: stage.now },
      });
      expect(await record()).toEqual({
        ...before,
        ...{ version: 2, last: stage.now, next: stage.now + minute, job: job.id },
        ...{ counts: { enqueued: 1, skipped: 0, missed: 0 }, slots: [slotOf(stage.now, { job: job.id })] },
      });
      expect(await ids({ due: true })).toEqual([]);
      expect((await stage.store.schedules({ due: true })).dueIn).toBe(minute);
    });

    it('hands the job to a worker as any other', async () => {
      await stage.workers('ann');
      const job = stage.job();
      await fire(await put(), { jobs: [job] });

      const [claimed] = await stage.claim('ann', 1);

      expect(claimed!.id).toBe(job.id);
      expect(await stage.settle('ann', completed(claimed!))).toBe('completed');
      expect((await stage.counted())!.totals).toMatchObject({ enqueued: 1, completed: 1 });
    });

    it('does nothing when the schedule has changed meanwhile, or is gone', async () => {
      const before = await put();
      const changed = await put({ body: 'new' });
      const job = stage.job();

      expect(await fire(before, { jobs: [job] })).toBe(false);
      expect(await fire({ ...before, id: 'other' }, { jobs: [job] })).toBe(false);
      expect(await fire({ ...before, id: 'other', version: 0 }, { jobs: [job], finished: true })).toBe(false);

      expect(await record()).toEqual(changed);
      expect(await stage.states([job.id])).toEqual([undefined]);
      expect(await ids({})).toEqual(['daily']);
      expect(await stage.store.counts()).toEqual([]);
    });

    it('makes what others have seen stale', async () => {
      const before = await put();
      await fire(before);

      expect(await stage.store.putSchedule(daily(), before.version)).toMatchObject({ outcome: 'stale' });
      expect(await stage.store.removeSchedule('daily', before.version)).toBe(false);
    });

    it('is applied once, however many have seen the slot', async () => {
      const before = await put();
      const firings = Array.from({ length: 20 }, () => firing(before));

      const answers = await Promise.all(firings.map((one) => stage.store.fire([one])));

      expect(answers.flat().filter(Boolean)).toHaveLength(1);
      const applied = firings[answers.findIndex(([done]) => done)]!;
      expect(await stage.listed('ready')).toEqual([applied.jobs[0]!.id]);
      expect(await record()).toMatchObject({ version: 2, job: applied.jobs[0]!.id, counts: { enqueued: 1 } });
    });

    it('gives every one of many schedules its job once, whoever fires them', async () => {
      const befores: ScheduleRecord[] = [];
      for (let i = 0; i < 10; i++) befores.push(await put({ id: `s${i}` }));
      const batch = (start: number) => befores.map((_, i) => firing(befores[(start + i) % befores.length]!));

      const answers = await Promise.all([0, 3, 6].map((start) => stage.store.fire(batch(start))));

      expect(answers.flat().filter(Boolean)).toHaveLength(10);
      expect((await stage.counted())!.counts.ready).toBe(10);
      const { schedules } = await stage.store.schedules({});
      expect(schedules.map(({ version, counts }) => [version, counts.enqueued])).toEqual(befores.map(() => [2, 1]));
    });

    it('answers several firings in order, each for itself', async () => {
      const [a, b, c] = [await put({ id: 'a' }), await put({ id: 'b' }), await put({ id: 'c' })];
      await put({ id: 'b', body: 'new' });
      const jobs = [stage.job(), stage.job(), stage.job({ lane: { queue: 'other', shard: 0 } })];

      const answers = await stage.store.fire(
        [a, b, c].map((schedule, i) => firing(schedule, { jobs: [jobs[i]!] })).reverse(),
      );

      expect(answers).toEqual([true, false, true]);
      expect(await stage.states(jobs.map(({ id }) => id))).toEqual(['ready', undefined, 'ready']);
      expect(await stage.store.fire([])).toEqual([]);
    });

    it('sees in a second firing of one call what the first has done', async () => {
      const before = await put();
      const [first, second, third] = [firing(before), firing(before), firing({ ...before, version: 2 })];
      third.slots = [];

      expect(await stage.store.fire([first, second, third])).toEqual([true, false, true]);

      expect(await stage.listed('ready')).toEqual([first.jobs[0]!.id, third.jobs[0]!.id]);
      expect(await record()).toMatchObject({ version: 3, counts: { enqueued: 1 }, job: third.jobs[0]!.id });
    });

    it('adds several jobs in order, of any lane, and remembers the latest', async () => {
      const lanes = [lane, { queue: 'other', shard: 0 }, lane, { ...lane, shard: 1 }];
      const jobs = lanes.map((at) => stage.job({ lane: at }));

      await fire(await put(), { jobs });

      expect(await stage.states(jobs.map(({ id }) => id))).toEqual(['ready', 'ready', 'ready', 'ready']);
      expect(await stage.listed('ready')).toEqual([jobs[0]!.id, jobs[2]!.id, jobs[3]!.id]);
      expect((await record())!.job).toBe(jobs[3]!.id);
      expect(await stage.counted('other')).toMatchObject({ counts: { ready: 1 }, totals: { enqueued: 1 } });
    });

    it('schedules a job whose time has not come', async () => {
      const { now } = stage;
      const jobs = [stage.job({ due: { at: now + 10 } }), stage.job({ due: { at: now } }), stage.job()];

      await fire(await put({ next: now }), { jobs });

      expect(await stage.record(jobs[0]!.id)).toMatchObject({ state: 'scheduled', why: 'delay', dueAt: now + 10 });
      expect(await stage.states(jobs.map(({ id }) => id))).toEqual(['scheduled', 'ready', 'ready']);
    });

    it('adds a job that expires', async () => {
      await stage.workers('ann');
      const job = stage.job({ expires: { at: stage.now + 1000 } });
      await fire(await put({ next: stage.now }), { jobs: [job] });
      stage.clock.jump(1000);
      await stage.claim('ann', 1);

      expect(await stage.record(job.id)).toMatchObject({ state: 'cancelled', reason: 'expired' });
    });

    it.each([
      ['in its lane', lane],
      ['in another lane', { queue: 'other', shard: 0 }],
    ])('blocks a job behind another, %s', async (_, at) => {
      const held = await stage.held('ann');
      const [waits, doomed] = [stage.job({ lane: at, after: [held.id] }), stage.job({ lane: at, after: [stage.id()] })];

      await fire(await put(), { jobs: [waits, doomed] });
      expect(await stage.record(waits.id)).toMatchObject({ state: 'blocked', waitsFor: [held.id] });
      expect(await stage.record(doomed.id)).toMatchObject({ state: 'cancelled', reason: 'dependency' });

      await stage.settle('ann', completed(held));
      expect(await stage.states([waits.id])).toEqual(['ready']);
    });

    it('lets one of its jobs wait for another', async () => {
      await stage.workers('ann');
      const first = stage.job();
      const second = stage.job({ after: [first.id] });
      await fire(await put(), { jobs: [first, second] });
      expect(await stage.states([second.id])).toEqual(['blocked']);

      await stage.settle('ann', failed((await stage.claim('ann', 1))[0]!));

      expect(await stage.record(second.id)).toMatchObject({ state: 'cancelled', reason: 'dependency' });
    });

    it('adds nothing under a key that is taken, and deals with the slot all the same', async () => {
      const keys = [{ key: 'k', until: 'settled' as const }];
      const [first, second] = [stage.job({ keys }), stage.job({ keys })];
      const before = await put();

      expect(await fire(before, { jobs: [first] })).toBe(true);
      expect(await fire({ ...before, version: 2, next: before.next! + minute }, { jobs: [second] })).toBe(true);

      expect(await stage.states([first.id, second.id])).toEqual(['ready', undefined]);
      expect(await record()).toMatchObject({ version: 3, last: before.next! + minute, counts: { enqueued: 2 } });
      expect((await stage.store.enqueue([stage.job({ keys })]))[0]).toMatchObject({ id: first.id, created: false });
    });

    it('adds nothing under an id that is known', async () => {
      const job = stage.job();
      await stage.store.enqueue([job]);

      expect(await fire(await put(), { jobs: [job] })).toBe(true);

      expect((await stage.counted())!.totals.enqueued).toBe(1);
    });

    it('is never refused for want of room', async () => {
      await stage.add();
      await stage.store.configure(lane.queue, { maxReady: 1 });
      const job = stage.job();

      expect(await fire(await put(), { jobs: [job] })).toBe(true);
      expect(await stage.states([job.id])).toEqual(['ready']);
    });

    it('counts what became of slots, and those nobody lists', async () => {
      const before = await put();
      const slots = [
        slotOf(before.next! - 3, { outcome: 'missed', why: 'grace' }),
        slotOf(before.next! - 2, { outcome: 'skipped', why: 'overlap' }),
        slotOf(before.next! - 1, { job: 'j' }),
        slotOf(before.next!, { outcome: 'skipped', why: 'overlap', job: 'other' }),
      ];

      await fire(before, { jobs: [], slots, missed: 40 });

      expect(await record()).toMatchObject({ counts: { enqueued: 1, skipped: 2, missed: 41 } });
      expect((await record())!.slots).toEqual(slots);
      expect((await record())!.job).toBeUndefined();
    });

    it('keeps the newest slots, as many as stay readable', async () => {
      let schedule = await put();
      const slots = Array.from({ length: limits.slots + 5 }, (_, i) => slotOf(i + 1));
      await fire(schedule, { slots: slots.slice(0, limits.slots - 1) });
      schedule = (await record())!;
      expect(schedule.slots).toHaveLength(limits.slots - 1);

      await fire(schedule, { slots: slots.slice(limits.slots - 1, limits.slots + 2) });
      schedule = (await record())!;
      expect(schedule.slots.map(({ slot }) => slot)).toEqual(slots.slice(2, -3).map(({ slot }) => slot));

      await fire(schedule, { slots });
      schedule = (await record())!;
      expect(schedule.slots.map(({ slot }) => slot)).toEqual(slots.slice(5).map(({ slot }) => slot));
      expect(schedule.counts.enqueued).toBe(2 * limits.slots + 7);
    });

    it('moves no slot when none was dealt with, as by hand', async () => {
      const { version, next } = await put();
      await fire({ ...(await record())!, version });
      const before = (await record())!;
      const job = stage.job();

      await fire(before, {
        ...{ jobs: [job], slots: [slotOf(stage.now, { why: 'trigger', job: job.id })] },
        ...{ last: undefined, next: before.next },
      });

      expect(await record()).toMatchObject({ version: 3, last: next, next: before.next, job: job.id });
      expect((await record())!.slots.at(-1)).toEqual({
        slot: stage.now,
        outcome: 'enqueued',
        why: 'trigger',
        job: job.id,
      });
    });

    it('keeps the latest job when it makes none', async () => {
      const job = stage.job();
      await fire(await put(), { jobs: [job] });

      await fire((await record())!, { jobs: [], slots: [] });

      expect(await record()).toMatchObject({ version: 3, job: job.id });
    });

    it('leaves a paused schedule without a next slot', async () => {
      const before = await put({ paused: true, next: undefined });

      await fire(before, { last: undefined, next: undefined });

      const after = (await record())!;
      expect(after).toMatchObject({ version: 2, paused: true, counts: { enqueued: 1 } });
      expect(after.next).toBeUndefined();
      expect(after.last).toBeUndefined();
    });

    it('leaves alone when the definition was put last', async () => {
      const before = await put();
      stage.clock.jump(1000);
      await fire(before);

      expect((await record())!.changedAt).toBe(before.changedAt);
    });

    it('forgets a schedule that has no slot any more, and adds its last job', async () => {
      await put({ id: 'other', next: stage.now, owner: 'shop' });
      const before = await put({ next: stage.now, owner: 'shop' });
      const job = stage.job();

      expect(await fire(before, { jobs: [job], next: undefined, finished: true })).toBe(true);

      expect(await record()).toBeUndefined();
      for (const query of [{}, { owner: 'shop' }, { due: true }]) expect(await ids(query)).toEqual(['other']);
      expect(await stage.states([job.id])).toEqual(['ready']);
      expect((await put()).version).toBe(1);
    });

    it('may catch up on as many slots as one call may carry', async () => {
      const before = await put({ next: stage.now - 1000 * minute });
      const jobs = Array.from({ length: limits.batch }, () => stage.job());
      const slots = jobs.map((job, i) => slotOf(before.next! + i * minute, { job: job.id }));

      expect(await fire(before, { jobs, slots, last: slots.at(-1)!.slot, next: stage.now + 1 })).toBe(true);

      expect((await stage.counted())!.counts.ready).toBe(limits.batch);
      expect(await record()).toMatchObject({ counts: { enqueued: limits.batch }, job: jobs.at(-1)!.id });
      expect((await stage.listed('ready')).slice(0, 3)).toEqual(jobs.slice(0, 3).map(({ id }) => id));
    });
  });

  describe('listen to schedules', () => {
    const heard = (cause: () => Promise<unknown>) => stage.hinted({ schedules: true }, 'schedules', cause);

    it('hints at the first schedule, and at one that is due sooner than all others', async () => {
      await heard(() => put({ id: 'a', next: stage.now + 10 * minute }));
      await heard(() => put({ id: 'b', next: stage.now + 9 * minute }));
    });

    it('hints at a schedule that is put to an earlier time, or goes on after a pause', async () => {
      await put({ next: stage.now + 10 * minute });
      await heard(() => put({ next: stage.now + 9 * minute }));

      await put({ next: undefined, paused: true });
      await heard(() => put({ next: stage.now + 10 * minute }));
    });

    it('hints at a firing whose next slot comes sooner than all others', async () => {
      const before = await put({ paused: true, next: undefined });
      await put({ id: 'later', next: stage.now + 10 * minute });

      await heard(() => fire(before, { last: undefined, next: stage.now + 9 * minute }));
    });

    it('hints at the ready jobs of a firing', async () => {
      const before = await put();

      await stage.hinted({ lanes: [lane] }, 'ready', () => fire(before));
    });

    it('tells nothing of schedules to those who listen for something else', async () => {
      const topics: string[] = [];
      const listener = await stage.store.listen({ lanes: [lane] }, (hint) => topics.push(hint.topic));

      await heard(() => put());

      await listener.stop();
      expect(topics).not.toContain('schedules');
    });
  });
}
