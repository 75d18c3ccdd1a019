import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Aborted, cron, every, type JobState, type Store, type TaskContext } from 'millrace';
import { sqlite } from 'millrace/sqlite';
import { ManualClock, memory } from 'millrace/testing';
import { afterwards, closeAll, mill, type Parts, promised } from './mill.js';
import { iso, type Run, ticking, Ticks, times } from './ticking.js';

const start = '2027-01-01T00:00:00Z';
const instant = (time: string) => Date.parse(`2027-01-01T${time}Z`);
const minutely = { task: Ticks.tick, trigger: cron('* * * * *') };

afterEach(closeAll);

/** An application at half past the first minute. */
const begun = (parts: Parameters<typeof ticking>[0] = {}) =>
  ticking({ clock: new ManualClock('2027-01-01T00:00:30Z'), ...parts });

/** The slots of the runs of all these applications, in order. */
const slotsOf = (...ran: Run[][]) =>
  ran
    .flat()
    .map(({ slot }) => slot)
    .sort();

/** A store whose calls go to another one, but for some. */
const between = (store: Store, some: Partial<Store>) => Object.assign(Object.create(store) as Store, some);

/** Many turns of the event loop. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A store slow enough for every worker to see what is due before the first of them fires it. Counts those that came too late. */
function slowly(store: Store, tooLate: { count: number }): Store {
  return between(store, {
    async fire(firings) {
      await manyTurns();
      const answers = await store.fire(firings);
      tooLate.count += answers.filter((applied) => !applied).length;
      return answers;
    },
  });
}

/** The seconds from `from` on, as ISO text. */
const seconds = (n: number, from = start) => times(...Array.from({ length: n }, (_, i) => Date.parse(from) + i * 1000));

const everySecond = { task: Ticks.tick, trigger: cron('* * * * * *') };

describe('firing', () => {
  it('SC3: of any number of workers that all see a slot, one makes its job', async () => {
    const clock = new ManualClock('2026-12-31T23:59:59.500Z');
    const store = memory({ clock });
    const tooLate = { count: 0 };
    const workers = await Promise.all(
      Array.from({ length: 5 }, () => ticking({ clock, store: slowly(store, tooLate) })),
    );
    for (const id of ['a', 'b', 'c']) await workers[0]!.schedules.put(id, everySecond);
    await workers[0]!.turn('20s');
    await manyTurns();
    await workers[0]!.turn(0);

    const ran = workers.flatMap((worker) => worker.ran);
    for (const id of ['a', 'b', 'c']) {
      expect(slotsOf(ran.filter(({ schedule }) => schedule === id))).toEqual(seconds(20));
      expect(await workers[1]!.schedules.get(id)).toMatchObject({ counts: { enqueued: 20, skipped: 0, missed: 0 } });
    }
    expect((await workers[0]!.queue.counts()).find(({ queue }) => queue === 'work')).toMatchObject({
      counts: { completed: 60 },
    });
    expect(tooLate.count).toBeGreaterThan(20);
  });

  it('SC3: two applications on one file of SQLite do, with a store of their own each, and after both have restarted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-schedules-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const clock = new ManualClock('2026-12-31T23:59:59.500Z');
    const tooLate = { count: 0 };
    const store = () => slowly(sqlite({ path: join(folder, 'queue.db'), clock }), tooLate);
    const bootTwo = async () => [await ticking({ clock, store: store() }), await ticking({ clock, store: store() })];
    const tenSeconds = async () => {
      for (let second = 0; second < 10; second++) {
        await clock.advance('1s');
        await manyTurns();
      }
      await clock.advance(0);
    };
    const before = await bootTwo();
    await before[0]!.schedules.put('tick', everySecond);
    await tenSeconds();
    for (const each of before) await each.close();
    const after = await bootTwo();
    await tenSeconds();

    expect(slotsOf(...[...before, ...after].map(({ ran }) => ran))).toEqual(seconds(20));
    expect(await after[1]!.schedules.get('tick')).toMatchObject({ counts: { enqueued: 20, skipped: 0, missed: 0 } });
    expect(tooLate.count).toBeGreaterThan(5);
  });

  it('SC3: clocks of the workers may be wrong: slots come by the clock of the store, once', async () => {
    const storeClock = new ManualClock(start);
    const store = memory({ clock: storeClock });
    const workers = await Promise.all(
      ['2026-12-31T21:00:00Z', start, '2027-01-01T07:00:00.250Z'].map((now) =>
        ticking({ clock: new ManualClock(now), store }),
      ),
    );
    await workers[2]!.schedules.put('tick', everySecond);
    for (let second = 0; second < 10; second++) {
      storeClock.freeze('1s');
      for (const worker of workers) await worker.turn('1s');
    }
    for (const worker of workers) await worker.turn('1s');

    expect(slotsOf(...workers.map(({ ran }) => ran))).toEqual(seconds(11));
  });

  it.each([
    ['before the write', false],
    ['after the write, before its answer', true],
  ])('SC3: a worker that dies %s loses no slot and doubles none', async (_, written) => {
    const clock = new ManualClock('2026-12-31T23:59:59.500Z');
    const store = memory({ clock });
    // From its third firing on the store never answers it again.
    let left = 3;
    const dead = promised<boolean[]>();
    const dying = between(store, {
      async fire(firings) {
        if (--left > 0) return store.fire(firings);
        if (left === 0 && written) await store.fire(firings);
        return dead.promise;
      },
    });
    const first = await ticking({ clock, store: dying });
    afterwards(() => dead.keep([]));
    await first.schedules.put('tick', everySecond);
    await first.turn('4s');
    expect(await first.schedules.get('tick')).toMatchObject({ counts: { enqueued: written ? 3 : 2 } });
    const second = await ticking({ clock, store });
    await second.turn('4s');

    expect(slotsOf(first.ran, second.ran)).toEqual(seconds(8));
  });

  it('SC3: a write whose answer was lost is not repeated by the worker itself', async () => {
    const clock = new ManualClock('2026-12-31T23:59:59.500Z');
    const store = memory({ clock });
    let calls = 0;
    const flaky = between(store, {
      async fire(firings) {
        const answers = await store.fire(firings);
        if (calls++ % 2 === 0) throw new Error('the answer was lost');
        return answers;
      },
    });
    const m = await ticking({ clock, store: flaky });
    m.events.on('error', () => undefined);
    await m.schedules.put('tick', everySecond);
    await m.turn('10s');

    expect(calls).toBeGreaterThan(5);
    expect(slotsOf(m.ran)).toEqual(seconds(10));
  });

  it('SC10: a slot found later than the grace is recorded as missed, and has no job', async () => {
    const m = await begun();
    const missed: unknown[] = [];
    m.events.on('schedule.missed', ({ id, slot, count, why }) => void missed.push({ id, slot, count, why }));
    await m.schedules.put('tick', { ...minutely, grace: '90s', misfire: 'all' });
    await m.stall('210s');

    // At 00:04:00 the slots of 00:01 and 00:02 are more than 90 s late.
    expect(slotsOf(m.ran)).toEqual(times(instant('00:03'), instant('00:04')));
    expect(await m.schedules.history('tick')).toMatchObject([
      { slot: instant('00:01'), outcome: 'missed', why: 'grace', jobId: null },
      { slot: instant('00:02'), outcome: 'missed', why: 'grace', jobId: null },
      { slot: instant('00:03'), outcome: 'enqueued' },
      { slot: instant('00:04'), outcome: 'enqueued' },
    ]);
    expect(await m.schedules.get('tick')).toMatchObject({ counts: { enqueued: 2, missed: 2 } });
    expect(missed).toEqual([{ id: 'tick', slot: instant('00:02'), count: 2, why: 'grace' }]);
    expect((await m.queue.list({ queue: 'work' })).jobs).toHaveLength(2);
  });

  it.each([
    [29_999, { outcome: 'enqueued', why: null }],
    [30_000, { outcome: 'missed', why: 'grace' }],
  ])('SC10: a grace of 30 s, and a slot found %i ms late: %j', async (late, found) => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, grace: '30s' });
    await m.stall(30_000 + late);

    expect(await m.schedules.history('tick')).toMatchObject([{ slot: instant('00:01'), ...found }]);
  });

  it('SC10: a job that nobody claims by slot and grace is cancelled, reason expired, and never runs', async () => {
    const clock = new ManualClock('2027-01-01T00:00:30Z');
    const scheduler = await mill({ clock, worker: { queues: {} } });
    await scheduler.schedules.put('tick', { ...minutely, grace: '90s' });
    await scheduler.turn('2m');
    await scheduler.schedules.pause('tick');
    expect((await scheduler.queue.list({ state: 'ready' })).jobs.map(({ expires }) => expires).sort()).toEqual([
      instant('00:02:30'),
      instant('00:03:30'),
    ]);
    await scheduler.turn('1s');

    const worker = await ticking({ clock, store: scheduler.store, worker: { schedules: false } });
    await worker.rest();
    expect(slotsOf(worker.ran)).toEqual(times(instant('00:02')));
    const [first] = (await scheduler.schedules.history('tick'))!;
    expect(await worker.look(first!.jobId!)).toMatchObject({ state: 'cancelled', reason: 'expired', attempted: 0 });
  });

  it('SC10: with jitter the job has its grace from its own start on', async () => {
    const scheduler = await mill({ clock: new ManualClock('2027-01-01T00:00:30Z'), worker: { queues: {} } });
    await scheduler.schedules.put('tick', { ...minutely, trigger: every('1h'), grace: '10s', jitter: '30m' });
    await scheduler.turn('1h');

    const [job] = (await scheduler.queue.list({})).jobs;
    expect(job!.runAt! - instant('01:00:30')).toBeGreaterThan(0);
    expect(job!.expires! - job!.runAt!).toBe(10_000);
  });

  it.each([
    ['latest', {}, ['00:05']],
    ['latest', { misfire: 'latest' }, ['00:05']],
    ['earliest', { misfire: 'earliest' }, ['00:01']],
    ['all', { misfire: 'all' }, ['00:01', '00:02', '00:03', '00:04', '00:05']],
    ['all, at most 2', { misfire: 'all', catchUp: 2 }, ['00:04', '00:05']],
    ['skip', { misfire: 'skip' }, []],
  ] as const)('SC11: slots that nobody fired in time: %s %j; the next slot never moves', async (_, policy, fired) => {
    const clock = new ManualClock('2027-01-01T00:00:30Z');
    const before = await mill({ clock, worker: false });
    await before.schedules.put('tick', { ...minutely, ...policy });
    clock.freeze('280s');
    const m = await ticking({ clock, store: before.store });
    await m.turn(0);

    expect(slotsOf(m.ran)).toEqual(times(...fired.map(instant)));
    const all = ['00:01', '00:02', '00:03', '00:04', '00:05'];
    expect((await m.schedules.history('tick'))!.map(({ slot, outcome, why }) => [slot, outcome, why])).toEqual(
      all.map((time) =>
        (fired as readonly string[]).includes(time)
          ? [instant(time), 'enqueued', null]
          : [instant(time), 'missed', 'misfire'],
      ),
    );
    expect(await m.schedules.get('tick')).toMatchObject({
      ...{ next: instant('00:06'), last: instant('00:05') },
      counts: { enqueued: fired.length, missed: 5 - fired.length },
    });
    await m.turn('50s');
    expect(slotsOf(m.ran)).toEqual(times(...fired.map(instant), instant('00:06')));
    expect(m.ran.at(-1)!.at).toBe('2027-01-01T00:06:00Z');
  });

  it('SC11: however long nobody was there, `all` makes 1 000 jobs at most, those of the newest slots', async () => {
    const clock = new ManualClock(start);
    const scheduler = await mill({ clock, worker: false });
    await scheduler.schedules.put('tick', { ...everySecond, misfire: 'all' });
    clock.freeze('1500s');
    const m = await ticking({ clock, store: scheduler.store });
    await m.rest();

    expect(slotsOf(m.ran)).toEqual(seconds(1000, '2027-01-01T00:08:21Z'));
    expect(await m.schedules.get('tick')).toMatchObject({
      ...{ next: instant('00:25:01'), counts: { enqueued: 1000, missed: 501 } },
    });
  });

  it('SC11: a slot found a little late is fired as ever, whatever misfire says', async () => {
    const m = await begun();
    for (const misfire of ['latest', 'earliest', 'all', 'skip'] as const) {
      await m.schedules.put(misfire, { ...minutely, misfire });
    }
    await m.turn('29s');
    await m.stall('6s');

    expect(m.ran.map(({ schedule, slot }) => `${schedule} ${slot}`).sort()).toEqual(
      ['all', 'earliest', 'latest', 'skip'].map((id) => `${id} 2027-01-01T00:01:00Z`),
    );
  });

  it('SC12: jitter starts the job up to so much later, never early; scheduledFor stays nominal', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, jitter: '30s' });
    await m.turn('40m');

    expect(slotsOf(m.ran)).toEqual(times(...Array.from({ length: 40 }, (_, i) => instant('00:01') + i * 60_000)));
    const delays = m.ran.map(({ slot, at }) => Date.parse(at) - Date.parse(slot));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(30_000);
    // Spread over the whole width.
    for (const third of [0, 10_000, 20_000]) {
      expect(delays.filter((delay) => delay >= third && delay < third + 10_000).length).toBeGreaterThan(4);
    }
  });

  it('SC12: it is cut before the next slot, so that jobs keep their order', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...everySecond, trigger: every('5s'), jitter: '1h' });
    await m.turn('5m');

    expect(m.ran.length).toBeGreaterThan(55);
    expect(m.ran.map(({ slot }) => slot)).toEqual(slotsOf(m.ran));
    const delays = m.ran.map(({ slot, at }) => Date.parse(at) - Date.parse(slot));
    expect(Math.max(...delays)).toBeLessThan(5000);
    expect(Math.max(...delays)).toBeGreaterThan(4000);
  });

  it('SC12: it is drawn from schedule id and slot, so that processes agree', async () => {
    const dueTimes = async (id: string) => {
      const scheduler = await mill({ clock: new ManualClock('2027-01-01T00:00:30Z'), worker: { queues: {} } });
      await scheduler.schedules.put(id, { ...minutely, jitter: '30s' });
      await scheduler.turn('5m');
      const { jobs } = await scheduler.queue.list({ state: 'scheduled' });
      return jobs.map(({ runAt }) => runAt!).sort();
    };
    const [one, again, other] = [await dueTimes('one'), await dueTimes('one'), await dueTimes('other')];

    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(new Set(one.map((due) => due % 60_000)).size).toBe(5);
  });

  it('SC13: maxActive bounds a task over the whole cluster, and the surplus stays ready', async () => {
    const clock = new ManualClock('2027-01-01T00:00:30Z');
    const store = memory({ clock });
    const gates: (() => void)[] = [];
    let [active, most] = [0, 0];
    const run = async () => {
      most = Math.max(most, ++active);
      const gate = promised();
      gates.push(gate.keep);
      await gate.promise;
      active--;
    };
    const boot = () => mill({ ...{ clock, store }, handlers: [[Ticks.narrow, run]], worker: { concurrency: 5 } });
    const [one, two] = [await boot(), await boot()];
    await one.schedules.put('tick', { ...minutely, task: Ticks.narrow });
    await one.turn('4m');
    const states = async (state: JobState) => (await two.queue.list({ queue: 'work', state })).jobs.length;
    expect([await states('active'), await states('ready')]).toEqual([2, 2]);

    for (let done = 1; done <= 4; done++) {
      gates.shift()!();
      await two.turn('2s');
      expect([done, await states('active'), await states('ready')]).toEqual([
        ...[done, Math.min(2, 4 - done), Math.max(0, 2 - done)],
      ]);
    }
    expect(most).toBe(2);
    expect(await states('completed')).toBe(4);
  });

  describe('with jobs longer than the time between slots', () => {
    /** The runs wait for `gates`, in order. */
    async function long(overlap: 'allow' | 'skip' | 'wait' | 'cancel' | undefined, parts: Parts = {}) {
      const gates: ReturnType<typeof promised<void>>[] = [];
      const aborted: string[] = [];
      const run = ({ signal, scheduledFor }: TaskContext) => {
        const gate = promised();
        gates.push(gate);
        signal.addEventListener(
          'abort',
          () => void aborted.push(`${iso(scheduledFor!)} ${(signal.reason as Aborted).why}`),
        );
        return gate.promise;
      };
      const m = await begun({ run, ...parts });
      await m.schedules.put('tick', { ...minutely, overlap });
      const states = async () => {
        const { jobs } = await m.queue.list({ queue: 'work' });
        return jobs.sort((a, b) => a.enqueuedAt - b.enqueuedAt).map(({ state }) => state);
      };
      const outcomes = async () =>
        (await m.schedules.history('tick'))!.map(
          ({ slot, outcome, why }) => `${iso(slot).slice(14, 16)} ${outcome} ${why}`,
        );
      return Object.assign(m, { gates, aborted, states, outcomes });
    }

    it.each([undefined, 'allow'] as const)('SC14: overlap %s: they run beside each other', async (overlap) => {
      const m = await long(overlap);
      await m.turn('3m');

      expect(await m.states()).toEqual(['active', 'active', 'active']);
      expect(slotsOf(m.ran)).toEqual(times(instant('00:01'), instant('00:02'), instant('00:03')));
      expect(new Set(m.ran.map(({ job }) => job)).size).toBe(3);
      m.gates.forEach(({ keep }) => keep());
      await m.rest();
    });

    it('SC14: overlap skip: the slot is recorded, with an event, and has no job', async () => {
      const m = await long('skip');
      const skipped: unknown[] = [];
      m.events.on('schedule.skipped', ({ slot, why }) => void skipped.push([slot, why]));
      await m.turn('140s');
      expect(await m.states()).toEqual(['active']);
      m.gates[0]!.keep();
      await m.turn('10s');

      expect(await m.outcomes()).toEqual(['01 enqueued null', '02 skipped overlap', '03 enqueued null']);
      expect(await m.schedules.get('tick')).toMatchObject({ counts: { enqueued: 2, skipped: 1, missed: 0 } });
      expect(skipped).toEqual([[instant('00:02'), 'overlap']]);
      expect(await m.states()).toEqual(['completed', 'active']);
      m.gates[1]!.keep();
    });

    it('SC14: overlap skip: a job that is ready, or waits for a retry, is unfinished as well', async () => {
      const clock = new ManualClock('2027-01-01T00:00:30Z');
      const scheduler = await mill({ clock, worker: { queues: {} } });
      await scheduler.schedules.put('tick', { ...minutely, overlap: 'skip', retry: { attempts: 2, delay: '70s' } });
      await scheduler.turn('2m');
      const worker = await ticking({
        ...{ clock, store: scheduler.store, worker: { schedules: false } },
        run: ({ attempt }) => (attempt === 1 ? Promise.reject(new Error('no')) : undefined),
      });
      await worker.turn('2m');

      // 00:02 ready, 00:03 waiting for the retry of 00:03:40, 00:04 free again.
      const outcomes = (await scheduler.schedules.history('tick'))!.map(({ outcome }) => outcome);
      expect(outcomes).toEqual(['enqueued', 'skipped', 'skipped', 'enqueued']);
    });

    it('SC14: overlap skip: a job started by hand does not hide the one of the slot', async () => {
      const m = await long('skip');
      await m.turn('45s');
      await m.schedules.trigger('tick');
      await m.turn('1s');
      m.gates[1]!.keep();
      await m.turn('59s');

      expect(await m.outcomes()).toEqual(['01 enqueued null', '01 enqueued trigger', '02 skipped overlap']);
      m.gates[0]!.keep();
    });

    it('SC14: overlap wait: one job is blocked behind the unfinished one, further slots are skipped', async () => {
      const m = await long('wait');
      await m.turn('4m');
      expect(await m.states()).toEqual(['active', 'blocked']);
      expect(await m.outcomes()).toEqual([
        ...['01 enqueued null', '02 enqueued null', '03 skipped overlap', '04 skipped overlap'],
      ]);
      const [, blocked] = await m.schedules.history('tick').then((slots) => slots!.map(({ jobId }) => jobId));
      expect(await m.look(blocked!)).toMatchObject({ state: 'blocked', waitsFor: [m.ran[0]!.job] });

      m.gates[0]!.keep();
      await m.turn('1s');
      expect(await m.states()).toEqual(['completed', 'active']);
      expect(m.ran.map(({ slot, at }) => `${slot} ${at}`)).toEqual([
        '2027-01-01T00:01:00Z 2027-01-01T00:01:00Z',
        expect.stringMatching(/^2027-01-01T00:02:00Z 2027-01-01T00:04:3[01]/) as string,
      ]);
      // There is room for one again.
      await m.turn('2m');
      expect(await m.states()).toEqual(['completed', 'active', 'blocked']);
      m.gates[1]!.keep();
      await m.turn('1s');
      m.gates[2]!.keep();
    });

    it.each([
      ['fails', (m: Awaited<ReturnType<typeof long>>) => m.gates[0]!.breakIt(new Error('no')), 'failed'],
      [
        'is cancelled',
        async (m: Awaited<ReturnType<typeof long>>) => {
          await (await m.queue.job(m.ran[0]!.job))!.cancel();
          m.gates[0]!.breakIt(new Error('as told'));
          await m.turn('1s');
        },
        'cancelled',
      ],
    ] as const)('SC14: overlap wait: the blocked job runs also when the one before it %s', async (_, end, state) => {
      const m = await long('wait');
      await m.turn('2m');
      expect(await m.states()).toEqual(['active', 'blocked']);
      await end(m);
      await m.turn('1s');

      expect(await m.states()).toEqual([state, 'active']);
      m.gates[1]!.keep();
    });

    it('SC14: overlap cancel: the unfinished one is told to end, and the new one runs when it has', async () => {
      const m = await long('cancel');
      await m.turn('90s');
      expect(await m.states()).toEqual(['active', 'blocked']);
      await m.turn('1s');
      expect(m.aborted).toEqual(['2027-01-01T00:01:00Z cancel']);
      m.gates[0]!.breakIt(new Error('as told'));
      await m.turn('1s');

      expect(await m.states()).toEqual(['cancelled', 'active']);
      expect(m.ran.map(({ slot }) => slot)).toEqual(times(instant('00:01'), instant('00:02')));
      expect(await m.look(m.ran[0]!.job)).toMatchObject({ state: 'cancelled', reason: 'overlap' });
      expect(await m.outcomes()).toEqual(['01 enqueued null', '02 enqueued null']);
      m.gates[1]!.keep();
    });

    it('SC14: overlap cancel: while the unfinished one does not end, the newest slot waits for it, and nothing runs beside it', async () => {
      const m = await long('cancel');
      await m.schedules.put('tick', { ...everySecond, overlap: 'cancel' });
      await m.turn('2s');
      expect(await m.states()).toEqual(['active', 'cancelled', 'blocked']);
      m.gates[0]!.breakIt(new Error('as told'));
      await m.turn('100ms');

      expect(await m.states()).toEqual(['cancelled', 'cancelled', 'active']);
      expect(m.ran).toHaveLength(2);
      m.gates[1]!.keep();
    });

    it('SC14: overlap cancel: one that still waits is replaced by the newest', async () => {
      const clock = new ManualClock('2027-01-01T00:00:30Z');
      const scheduler = await mill({ clock, worker: { queues: {} } });
      await scheduler.schedules.put('tick', { ...minutely, overlap: 'cancel' });
      await scheduler.turn('3m');
      const worker = await ticking({ clock, store: scheduler.store, worker: { schedules: false } });
      await worker.rest();

      expect(slotsOf(worker.ran)).toEqual(times(instant('00:03')));
    });

    it('SC14: one job per slot is built in: its name is that of the slot, and a second of it is not made', async () => {
      const m = await long('allow');
      await m.turn('1m');
      const job = await m.queue.job('schedule:tick@2027-01-01T00:01:00.000Z');
      expect(job!.id).toBe(m.ran[0]!.job);
      expect(job!.view).toMatchObject({ jobId: 'schedule:tick@2027-01-01T00:01:00.000Z', state: 'active' });

      const again = await m.queue.enqueue('work.tick', undefined, {
        ...{ jobId: 'schedule:tick@2027-01-01T00:01:00.000Z', queue: 'work' },
      });
      expect(again).toMatchObject({ id: job!.id, created: false });
      m.gates[0]!.keep();
    });
  });
});
