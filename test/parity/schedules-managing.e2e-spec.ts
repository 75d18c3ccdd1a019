import { at, cron, every } from 'millrace';
import { ManualClock } from 'millrace/testing';
import { closeAll, mill, promised, refusal } from './mill.js';
import { iso, ticking, Ticks, times } from './ticking.js';

const start = '2027-01-01T00:00:00Z';
const instant = (time: string) => Date.parse(`2027-01-01T${time}Z`);
const minutely = { task: Ticks.tick, trigger: cron('* * * * *') };

afterEach(closeAll);

/** An application at half past the first minute, and the facts about its schedules. */
async function begun(parts: Parameters<typeof ticking>[0] = {}) {
  const m = await ticking({ clock: new ManualClock('2027-01-01T00:00:30Z'), ...parts });
  const facts: string[] = [];
  m.events.on('schedule.changed', ({ id, change }) => void facts.push(`${id} ${change}`));
  const slotsOf = (id: string) => m.ran.filter(({ schedule }) => schedule === id).map(({ slot }) => slot);
  return Object.assign(m, { facts, slotsOf });
}

describe('managing schedules', () => {
  it('SC16: put replaces the schedule of its id, keeping `last`, counts and history', async () => {
    const m = await begun();
    const first = await m.schedules.put('tick', { ...minutely, tags: ['old'] });
    await m.turn('2m');
    const replaced = await m.schedules.put('tick', { ...minutely, trigger: cron('30 * * * *'), overlap: 'skip' });

    expect(replaced).toMatchObject({
      ...{ createdAt: first.createdAt, changedAt: instant('00:02:30'), overlap: 'skip' },
      ...{ words: expect.stringContaining('30') as string, next: instant('00:30'), last: instant('00:02') },
      counts: { enqueued: 2, skipped: 0, missed: 0 },
    });
    expect(await m.schedules.history('tick')).toMatchObject([
      { slot: instant('00:01'), outcome: 'enqueued' },
      { slot: instant('00:02'), outcome: 'enqueued' },
    ]);
    await m.until('2027-01-01T00:30Z');
    expect(m.slotsOf('tick')).toEqual(times(instant('00:01'), instant('00:02'), instant('00:30')));
  });

  it('SC16: a slot that was dealt with does not come back by putting another trigger', async () => {
    const m = await begun();
    await m.schedules.put('tick', minutely);
    await m.until('2027-01-01T00:01Z');
    const { next } = await m.schedules.put('tick', { ...minutely, trigger: cron('*/1 * * * * *') });

    expect(next).toBe(instant('00:01:01'));
    await m.turn('1s');
    expect(m.slotsOf('tick')).toEqual(times(instant('00:01'), instant('00:01:01')));
  });

  it('SC16: ifExists `keep` leaves what is there, `error` throws; where nothing is, both add', async () => {
    const m = await begun();
    const other = { ...minutely, trigger: every('1h') };
    await m.schedules.put('tick', { ...minutely, ifExists: 'error' });
    await m.schedules.put('kept', { ...minutely, ifExists: 'keep' });
    await m.turn('1m');
    const before = await m.schedules.get('tick');
    m.facts.length = 0;

    expect(await m.schedules.put('tick', { ...other, ifExists: 'keep' })).toEqual(before);
    expect(await refusal(() => m.schedules.put('tick', { ...other, ifExists: 'error' }))).toMatchObject({
      name: 'ScheduleExists',
      code: 'SCHEDULE_EXISTS',
      id: 'tick',
    });
    expect(await m.schedules.get('tick')).toEqual(before);
    expect(m.facts).toEqual([]);
    await m.turn('1m');
    expect(m.slotsOf('tick')).toEqual(times(instant('00:01'), instant('00:02')));
    expect(m.slotsOf('kept')).toEqual(times(instant('00:01'), instant('00:02')));
  });

  it('SC16: putting the same again changes nothing', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, trigger: every('1m') });
    await m.turn('70s');
    const before = await m.schedules.get('tick');

    expect(await m.schedules.put('tick', { ...minutely, trigger: every('60s') })).toEqual(before);
    expect(m.facts).toEqual(['tick put']);
    await m.turn('50s');
    expect(m.slotsOf('tick')).toEqual(times(instant('00:01:30'), instant('00:02:30')));
  });

  it('SC16: of many that put one id at once with `error`, one succeeds', async () => {
    const m = await begun();
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => m.schedules.put('tick', { ...minutely, ifExists: 'error' })),
    );

    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(all.flatMap((each) => (each.status === 'rejected' ? [(each.reason as Error).name] : []))).toEqual(
      Array.from({ length: 9 }, () => 'ScheduleExists'),
    );
  });

  it('SC18: while it is paused nothing fires; resumed, it skips what it missed', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, misfire: 'all' });
    await m.turn('1m');
    expect(await m.schedules.pause('tick')).toMatchObject({ paused: true, next: null, last: instant('00:01') });
    await m.turn('3m');
    expect(m.slotsOf('tick')).toEqual(times(instant('00:01')));
    expect(await m.schedules.resume('tick')).toMatchObject({ paused: false, next: instant('00:05') });
    await m.turn('1m');

    expect(m.slotsOf('tick')).toEqual(times(instant('00:01'), instant('00:05')));
    expect(m.facts).toEqual(['tick put', 'tick paused', 'tick resumed']);
  });

  it.each([
    ['all', ['00:02', '00:03', '00:04']],
    ['latest', ['00:04']],
    ['earliest', ['00:02']],
    ['skip', []],
  ] as const)('SC18: resumed from `last`, what it missed is left to misfire: %s', async (misfire, missed) => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, misfire });
    await m.turn('1m');
    await m.schedules.pause('tick');
    await m.turn('3m');
    await m.schedules.resume('tick', { from: 'last' });
    await m.turn('1m');

    expect(m.slotsOf('tick')).toEqual(times(...['00:01', ...missed, '00:05'].map(instant)));
    expect(await m.schedules.get('tick')).toMatchObject({
      counts: { enqueued: missed.length + 2, missed: 3 - missed.length },
    });
  });

  it('SC18: pausing twice, resuming what is awake and asking for what is unknown change nothing; put and paused go together', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, paused: true });
    expect(await m.schedules.pause('tick')).toMatchObject({ paused: true });
    expect(m.facts).toEqual(['tick put']);
    // Replaced, it sleeps on.
    await m.schedules.put('tick', { ...minutely, overlap: 'skip' });
    await m.turn('1m');
    expect(m.ran).toEqual([]);
    await m.schedules.put('tick', { ...minutely, paused: false });
    expect(await m.schedules.resume('tick')).toMatchObject({ paused: false, next: instant('00:02') });
    expect(m.facts).toEqual(['tick put', 'tick put', 'tick put']);
    expect(await m.schedules.pause('nobody')).toBeUndefined();
    expect(await m.schedules.resume('nobody')).toBeUndefined();
    await m.turn('1m');

    expect(m.slotsOf('tick')).toEqual(times(instant('00:02')));
  });

  it('SC19: remove answers true or false; jobs it has made run all the same, unless they are cancelled with it', async () => {
    const scheduler = await mill({ clock: new ManualClock(start), worker: { queues: {} } });
    for (const id of ['left', 'cancelled', 'other']) await scheduler.schedules.put(id, minutely);
    await scheduler.turn('65s');
    const jobsOf = async (id: string) => (await scheduler.queue.list({ tags: [`schedule:${id}`] })).jobs;
    expect(await jobsOf('left')).toHaveLength(2);

    expect(await scheduler.schedules.remove('left')).toBe(true);
    expect(await scheduler.schedules.remove('left')).toBe(false);
    expect(await scheduler.schedules.remove('nobody', { cancelJobs: true })).toBe(false);
    expect(await scheduler.schedules.remove('cancelled', { cancelJobs: true })).toBe(true);
    expect((await scheduler.schedules.list()).schedules.map(({ id }) => id)).toEqual(['other']);
    expect((await jobsOf('cancelled')).map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    await scheduler.turn('60s');

    const worker = await ticking({ clock: scheduler.clock, store: scheduler.store, worker: { schedules: false } });
    await worker.rest();
    expect(worker.ran.map(({ schedule, slot }) => `${schedule} ${slot}`).sort()).toEqual([
      'left 2027-01-01T00:00:00Z',
      'left 2027-01-01T00:01:00Z',
      'other 2027-01-01T00:00:00Z',
      'other 2027-01-01T00:01:00Z',
      'other 2027-01-01T00:02:00Z',
    ]);
  });

  it('SC19: with cancelJobs a job that runs is told as well', async () => {
    const aborted = promised<string>();
    const m = await begun({
      run: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            aborted.keep(String((signal.reason as { why?: string }).why));
            reject(signal.reason as Error);
          });
        }),
    });
    await m.schedules.put('tick', minutely);
    await m.until('2027-01-01T00:01Z');
    expect(m.slotsOf('tick')).toHaveLength(1);
    await m.schedules.remove('tick', { cancelJobs: true });
    await m.turn('1s');

    expect(await aborted.promise).toBe('cancel');
    expect(await m.look(m.ran[0]!.job)).toMatchObject({ state: 'cancelled' });
  });

  it.each([
    ['its trigger ends', { ...minutely, trigger: at('2027-01-01T00:02:00Z') }, ['00:02']],
    [
      'the trigger has an end',
      { ...minutely, trigger: cron('* * * * *', { until: instant('00:02') }) },
      ['00:01', '00:02'],
    ],
    ['the schedule has an end', { ...minutely, until: new Date(instant('00:02')) }, ['00:01', '00:02']],
    ['it has made as many jobs as it may', { ...minutely, count: 3 }, ['00:01', '00:02', '00:03']],
  ])('SC19: a schedule without further slots is removed, with an event: %s', async (_, schedule, slots) => {
    const m = await begun();
    await m.schedules.put('tick', schedule);
    const finished = m.next('schedule.changed');
    await m.turn('5m');

    expect(m.slotsOf('tick')).toEqual(times(...slots.map(instant)));
    expect(await finished).toEqual({ id: 'tick', task: 'work.tick', at: instant(slots.at(-1)!), change: 'finished' });
    expect(await m.schedules.get('tick')).toBeUndefined();
    expect((await m.schedules.list()).schedules).toEqual([]);
    expect(await m.schedules.remove('tick')).toBe(false);
  });

  it('SC19: it makes no job beyond its count, however many slots are due at once', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, count: 2, misfire: 'all' });
    await m.stall('5m');

    expect(m.slotsOf('tick')).toEqual(times(instant('00:01'), instant('00:02')));
    expect(m.facts).toEqual(['tick put', 'tick finished']);
    expect(await m.schedules.get('tick')).toBeUndefined();
  });

  it('SC20: get and list show trigger, next and last slot, pause, and what was missed', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, trigger: every('1m'), misfire: 'latest', jitter: '0s', grace: '1h' });
    await m.schedules.put('night', {
      ...minutely,
      trigger: cron('0 3 * * *', { timeZone: 'Europe/Paris' }),
      paused: true,
    });
    m.clock.freeze('190s');
    await m.turn('1s');

    expect(await m.schedules.get('tick')).toEqual({
      ...{ id: 'tick', task: 'work.tick', queue: 'work', payload: undefined, declared: false },
      ...{ trigger: { every: 60_000 }, words: 'every minute', next: instant('00:04:30'), last: instant('00:03:30') },
      ...{ paused: false, misfire: 'latest', overlap: 'allow', jitter: 0, grace: 3_600_000, count: null },
      ...{ counts: { enqueued: 1, skipped: 0, missed: 2 }, job: m.ran[0]!.job },
      ...{ createdAt: instant('00:00:30'), changedAt: instant('00:00:30') },
    });
    const { schedules, cursor } = await m.schedules.list();
    expect(schedules).toMatchObject([
      {
        ...{
          id: 'night',
          trigger: { cron: '0 3 * * *', timeZone: 'Europe/Paris' },
          words: 'at 03:00, every day, Europe/Paris',
        },
        ...{ paused: true, next: null, last: null, counts: { enqueued: 0, skipped: 0, missed: 0 } },
      },
      { id: 'tick', next: instant('00:04:30') },
    ]);
    expect(cursor).toBeUndefined();
    expect(await m.schedules.get('nobody')).toBeUndefined();
  });

  it('SC20: the list comes in pages, each schedule once', async () => {
    const { schedules } = await mill({ worker: false });
    const ids = Array.from({ length: 25 }, (_, i) => `tick:${String(i).padStart(2, '0')}`);
    for (const id of ids) await schedules.put(id, minutely);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await schedules.list({ cursor, limit: 10 });
      pages.push(page.schedules.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);

    expect(pages).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20)]);
  });

  it('SC20: the history says of each of the latest slots what became of it, and names the job', async () => {
    const gate = promised();
    const m = await begun({ run: () => gate.promise });
    await m.schedules.put('tick', { ...minutely, overlap: 'skip' });
    await m.turn('2m');
    gate.keep();
    await m.turn(0);
    m.clock.freeze('210s');
    await m.turn('1s');

    expect(await m.schedules.history('tick')).toEqual([
      { slot: instant('00:01'), outcome: 'enqueued', why: null, jobId: m.ran[0]!.job },
      { slot: instant('00:02'), outcome: 'skipped', why: 'overlap', jobId: null },
      { slot: instant('00:03'), outcome: 'missed', why: 'misfire', jobId: null },
      { slot: instant('00:04'), outcome: 'missed', why: 'misfire', jobId: null },
      { slot: instant('00:05'), outcome: 'missed', why: 'misfire', jobId: null },
      { slot: instant('00:06'), outcome: 'enqueued', why: null, jobId: m.ran[1]!.job },
    ]);
    expect(await m.look(m.ran[0]!.job)).toMatchObject({ state: 'completed' });
    expect(await m.schedules.history('nobody')).toBeUndefined();
  });

  it('SC20: preview shows slots of a trigger without storing anything, 5 unless told otherwise', async () => {
    const { schedules } = await mill({ worker: false, clock: new ManualClock(start) });

    expect(schedules.preview(cron('@hourly')).map(iso)).toEqual(
      times(...['00:00', '01:00', '02:00', '03:00', '04:00'].map(instant)),
    );
    expect(schedules.preview(cron('@hourly'), 2, { from: '2027-01-01T07:00:01Z' }).map(iso)).toEqual(
      times(instant('08:00'), instant('09:00')),
    );
    expect(schedules.preview(at(start), 5)).toEqual([instant('00:00')]);
    expect(await refusal(() => schedules.preview({ cron: '61 * * * *' }))).toMatchObject({ field: 'trigger.minute' });
    expect((await schedules.list()).schedules).toEqual([]);
  });

  it('SC20: upcoming shows the slots a schedule still has', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, trigger: every('1m'), count: 4 });
    await m.turn('70s');

    expect(await m.schedules.upcoming('tick', 2)).toEqual([instant('00:02:30'), instant('00:03:30')]);
    expect(await m.schedules.upcoming('tick')).toEqual([
      ...[instant('00:02:30'), instant('00:03:30'), instant('00:04:30')],
    ]);
    await m.schedules.pause('tick');
    expect(await m.schedules.upcoming('tick')).toEqual([]);
    expect(await m.schedules.upcoming('nobody')).toBeUndefined();
  });

  it('SC20: trigger runs now and moves no slot, whether it sleeps, waits or runs', async () => {
    const m = await begun();
    await m.schedules.put('tick', { ...minutely, overlap: 'skip', jitter: '10s' });
    await m.schedules.put('asleep', { ...minutely, paused: true });
    const before = await m.schedules.get('tick');
    const job = await m.schedules.trigger('tick');
    await m.schedules.trigger('asleep');
    await m.turn(0);

    expect(m.ran.map(({ schedule, at }) => `${schedule} ${at}`)).toEqual([
      'tick 2027-01-01T00:00:30Z',
      'asleep 2027-01-01T00:00:30Z',
    ]);
    expect(job!.id).toBe(m.ran[0]!.job);
    expect(await m.schedules.get('tick')).toMatchObject({ next: before!.next, last: null, counts: { enqueued: 1 } });
    expect(await m.schedules.get('asleep')).toMatchObject({ paused: true, next: null, last: null });
    expect(await m.schedules.history('tick')).toMatchObject([{ outcome: 'enqueued', why: 'trigger', jobId: job!.id }]);
    await m.turn('40s');
    expect(m.slotsOf('tick').slice(1)).toEqual(times(instant('00:01')));
    expect(await m.schedules.trigger('nobody')).toBeUndefined();
  });

  it('SC21: payload and enqueue options go with every job; the rest is computed from scheduledFor', async () => {
    const seen: unknown[] = [];
    const m = await mill({
      clock: new ManualClock('2027-01-01T00:00:30Z'),
      handlers: [
        [
          Ticks.tick,
          (payload: { shop: string }, { scheduledFor, job }) => {
            seen.push({ payload, timeout: job.timeout, headers: job.headers });
            const day = new Date(scheduledFor!);
            day.setUTCDate(day.getUTCDate() - 1);
            return `${payload.shop} of ${iso(day).slice(0, 10)}`;
          },
        ],
      ],
      worker: { queues: { reports: 5, work: 5 } },
    });
    await m.schedules.put('report', {
      ...{ task: 'work.tick', payload: { shop: 'Lyon', since: new Date(start) }, trigger: cron('* * * * *') },
      ...{ queue: 'reports', priority: 'high', timeout: '7m', keepResult: '2h', expires: '30m' },
      ...{ tags: ['nightly'], headers: { tenant: 'acme' }, retry: { attempts: 5 } },
    });
    expect(await m.schedules.get('report')).toMatchObject({
      ...{ task: 'work.tick', queue: 'reports', payload: { shop: 'Lyon', since: new Date(start) } },
    });
    await m.turn('2m');

    const payload = { shop: 'Lyon', since: new Date(start) };
    expect(seen).toEqual([1, 2].map(() => ({ payload, timeout: 420_000, headers: { tenant: 'acme' } })));
    const history = await m.schedules.history('report');
    for (const { jobId } of history!) {
      expect(await m.look(jobId!)).toMatchObject({
        ...{ state: 'completed', result: 'Lyon of 2026-12-31', queue: 'reports', priority: 'high' },
        ...{ tags: ['nightly', 'schedule:report'], headers: { tenant: 'acme' }, payload },
      });
    }
  });

  it('SC21: `unique` lets the job of one slot stand for the next, and `retry` is that of the schedule', async () => {
    let runs = 0;
    const m = await begun({
      run: () => {
        runs++;
        throw new Error('no');
      },
    });
    await m.schedules.put('tick', {
      ...minutely,
      retry: { attempts: 3, delay: '10s' },
      unique: { key: 'tick', until: 'settled' },
    });
    await m.turn('80s');

    expect(runs).toBe(3);
    expect(new Set(m.ran.map(({ job }) => job)).size).toBe(1);
  });

  it('SC21: what is wrong with payload or options is refused when it is put, and nothing is stored', async () => {
    const m = await begun();
    const put = (options: object) => refusal(() => m.schedules.put('tick', { ...minutely, ...options }));

    expect(await put({ payload: { run: () => 1 }, task: 'work.tick' })).toMatchObject({ code: 'PAYLOAD_INVALID' });
    expect(await put({ priority: 'highest' })).toMatchObject({ option: 'priority' });
    expect(await put({ misfir: 'all' })).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'misfir' });
    expect(await put({ jobId: 'mine' })).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'jobId' });
    expect(await m.schedules.get('tick')).toBeUndefined();
  });
});
