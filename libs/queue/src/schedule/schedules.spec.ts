import { open } from '../job/envelope.js';
import { Schedules } from './schedules.js';
import { cron, every } from './trigger/index.js';
import { NightTasks, nightWorld, sweep, timeOf } from './testdata/world.js';

const hour = 3_600_000;
const nightly = { task: sweep, trigger: cron('0 3 * * *') };

async function refusal(call: () => unknown): Promise<{ code?: string; field?: string; message: string }> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was refused');
}

describe('put', () => {
  it('stores a schedule and answers what it will do', async () => {
    const w = await nightWorld();

    const view = await w.schedules.put('nightly', {
      ...nightly,
      payload: { days: 30 },
      jitter: '30s',
      priority: 'low',
    });

    expect(view).toMatchObject({
      ...{ id: 'nightly', task: 'night.sweep', queue: 'low', payload: { days: 30 }, paused: false, declared: false },
      ...{ misfire: 'latest', overlap: 'allow', jitter: 30_000, grace: null, last: null, job: null },
      ...{ counts: { enqueued: 0, skipped: 0, missed: 0 }, createdAt: w.clock.now() },
    });
    expect(timeOf(view.next!)).toBe('03:00');
    expect(await w.schedules.get('nightly')).toEqual(view);
    expect(w.told).toEqual(['changed nightly put']);
  });

  it('replaces the schedule of its id and keeps what happened', async () => {
    const w = await nightWorld();
    await w.schedules.put('nightly', nightly);
    await w.pass(4 * hour);

    const view = await w.schedules.put('nightly', { ...nightly, task: NightTasks.send, trigger: cron('0 5 * * *') });

    expect(view).toMatchObject({ task: 'night.send', queue: 'mail', counts: { enqueued: 1 } });
    expect([view.last, view.next].map((slot) => timeOf(slot!))).toEqual(['03:00', '05:00']);
  });

  it('never gives a slot to the schedule that another one of this id has dealt with', async () => {
    const w = await nightWorld();
    await w.schedules.put('nightly', nightly);
    await w.pass(3 * hour);

    const view = await w.schedules.put('nightly', { ...nightly, trigger: cron('0 3,4 * * *') });

    expect(timeOf(view.next!)).toBe('04:00');
  });

  it('moves nothing when the trigger is the same, so that putting at every boot starves no interval', async () => {
    const w = await nightWorld();
    const first = await w.schedules.put('tick', { task: sweep, trigger: every('1h') });
    w.clock.jump(50 * 60_000);

    const same = await w.schedules.put('tick', { task: sweep, trigger: every('1h') });
    const other = await w.schedules.put('tick', { task: sweep, trigger: every('1h'), misfire: 'all' });

    expect([same.next, other.next]).toEqual([first.next, first.next]);
    expect(same).toEqual(first);
    expect(other.misfire).toBe('all');
  });

  it('leaves slots that were missed before it to misfire, when the trigger is the same', async () => {
    const w = await nightWorld();
    await w.schedules.put('nightly', nightly);
    w.clock.jump(4 * hour);

    await w.schedules.put('nightly', nightly);
    await w.fire();

    expect(await w.jobs()).toEqual(['ready 03:00']);
  });

  it('counts jobs from the put on', async () => {
    const w = await nightWorld();
    const trigger = every('1m');
    await w.schedules.put('few', { task: sweep, trigger });
    for (let n = 0; n < 3; n++) await w.pass(60_000);

    await w.schedules.put('few', { task: sweep, trigger, count: 2 });
    await w.schedules.put('few', { task: sweep, trigger, count: 2, overlap: 'allow' });
    await w.pass(60_000);
    expect(await w.schedules.get('few')).toMatchObject({ counts: { enqueued: 4 } });
    await w.pass(60_000);

    expect(await w.schedules.get('few')).toBeUndefined();
    expect(w.told.slice(-2)).toEqual(['fired few 00:05', 'changed few finished']);
  });

  it('goes on counting when it is put again, also where no job had been made before', async () => {
    const w = await nightWorld();
    await w.schedules.put('few', { task: sweep, trigger: every('2m') });
    const few = { task: sweep, trigger: every('1m'), count: 2 };
    await w.schedules.put('few', few);
    await w.pass(60_000);

    await w.schedules.put('few', few);
    await w.pass(60_000);

    expect(await w.schedules.get('few')).toBeUndefined();
    expect(await w.jobs()).toHaveLength(2);
  });

  it('keeps the present one, or throws, when asked to', async () => {
    const w = await nightWorld();
    const first = await w.schedules.put('nightly', nightly);

    expect(await w.schedules.put('nightly', { ...nightly, trigger: every('1m'), ifExists: 'keep' })).toEqual(first);
    expect(await refusal(() => w.schedules.put('nightly', { ...nightly, ifExists: 'error' }))).toMatchObject({
      code: 'SCHEDULE_EXISTS',
      id: 'nightly',
    });
  });

  it('puts a schedule to sleep, and one that sleeps stays asleep when it is put again', async () => {
    const w = await nightWorld();

    expect(await w.schedules.put('nightly', { ...nightly, paused: true })).toMatchObject({ paused: true, next: null });
    expect(await w.schedules.put('nightly', { ...nightly, jitter: 1 })).toMatchObject({ paused: true, next: null });
    expect(await w.schedules.put('nightly', { ...nightly, paused: false })).toMatchObject({ paused: false });
  });

  it('is won by one of many that put the same id at once, and none is lost', async () => {
    const w = await nightWorld();

    const views = await Promise.all(
      Array.from({ length: 20 }, (_, i) => w.schedules.put('tick', { ...nightly, payload: i })),
    );

    expect(new Set(views.map(({ payload }) => payload)).size).toBe(20);
    expect((await w.schedules.list()).schedules).toHaveLength(1);
  });

  it('travels in the words of a codec', async () => {
    const codec = { encode: (text: string) => `*${text}`, decode: (text: string) => text.slice(1) };
    const w = await nightWorld({ codec });
    await w.schedules.put('nightly', { ...nightly, payload: 'secret' });
    await w.pass(3 * hour);

    const { schedules } = await w.store.schedules({});
    const { jobs } = await w.store.list({});
    expect(schedules[0]!.body[0]).toBe('*');
    expect(open(jobs[0]!.body, codec)).toMatchObject({ payload: 'secret', schedule: 'nightly' });
  });

  it.each([
    ['id', { id: '' }],
    ['id', { id: 'with blank' }],
    ['id', { id: 'x'.repeat(201) }],
    ['task', { task: undefined }],
    ['misfire', { misfire: 'never' }],
    ['catchUp', { catchUp: 0, misfire: 'all' }],
    ['catchUp', { catchUp: 5 }],
    ['overlap', { overlap: 'queue' }],
    ['grace', { grace: '-1s' }],
    ['grace', { grace: 0 }],
    ['jitter', { jitter: '5 minutes' }],
    ['count', { count: 1.5 }],
    ['from', { from: '2026-11-20' }],
    ['until', { from: '2026-11-20T00:00:00Z', until: '2026-11-19T00:00:00Z' }],
    ['trigger', { trigger: cron('0 3 * * *', { until: '2026-11-20T02:00:00Z' }) }],
    ['paused', { paused: 'yes' }],
    ['ifExists', { ifExists: 'maybe' }],
    ['delay', { delay: '5s' }],
    ['onBoot', { onBoot: true }],
  ])('refuses a wrong %s, and stores nothing', async (field, wrong) => {
    const w = await nightWorld();
    const { id = 'nightly', ...rest } = wrong as { id?: string };

    expect(await refusal(() => w.schedules.put(id, { ...nightly, ...rest } as never))).toMatchObject({
      code: 'SCHEDULE_INVALID',
      field,
    });
    expect((await w.schedules.list()).schedules).toEqual([]);
  });
});

describe('list', () => {
  it('answers pages by id', async () => {
    const w = await nightWorld();
    for (const id of ['c', 'a', 'b']) await w.schedules.put(id, nightly);

    const first = await w.schedules.list({ limit: 2 });
    const second = await w.schedules.list({ limit: 2, cursor: first.cursor });

    expect([first, second].map(({ schedules }) => schedules.map(({ id }) => id))).toEqual([['a', 'b'], ['c']]);
    expect(second.cursor).toBeUndefined();
  });
});

describe('a schedule that was written with another codec', () => {
  it('can be looked at as far as the store knows it, paused and removed', async () => {
    const codec = { encode: (text: string) => `*${text}`, decode: (text: string) => text.slice(1) };
    const w = await nightWorld({ codec });
    await w.schedules.put('nightly', nightly);
    const others = new Schedules({ store: w.store, queue: w.queue, clock: w.clock, events: w.events });

    expect((await others.list()).schedules).toMatchObject([
      { id: 'nightly', task: null, trigger: null, words: 'cannot be read here', next: expect.any(Number) },
    ]);
    expect(await others.pause('nightly')).toMatchObject({ paused: true });
    expect(await others.remove('nightly')).toBe(true);
  });
});

describe('remove', () => {
  it('says whether there was one, and lets its jobs run', async () => {
    const w = await nightWorld();
    await w.schedules.put('nightly', nightly);
    await w.pass(3 * hour);

    expect([await w.schedules.remove('nightly'), await w.schedules.remove('nightly')]).toEqual([true, false]);
    expect(await w.jobs()).toEqual(['ready 03:00']);
    expect(w.told.at(-1)).toBe('changed nightly removed');
  });

  it('cancels its jobs when asked to, and no others', async () => {
    const w = await nightWorld();
    await w.schedules.put('nightly', nightly);
    await w.schedules.put('other', nightly);
    await w.pass(3 * hour);

    await w.schedules.remove('nightly', { cancelJobs: true });

    expect((await w.jobs()).sort()).toEqual(['cancelled 03:00', 'ready 03:00']);
  });
});

describe('pause and resume', () => {
  it('skips the slots in between', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task: sweep, trigger: every('1h') });
    expect(await w.schedules.pause('tick')).toMatchObject({ paused: true, next: null });
    await w.pass(2.5 * hour);

    const view = await w.schedules.resume('tick');
    await w.fire();

    expect(timeOf(view!.next!)).toBe('03:00');
    expect(await w.jobs()).toEqual([]);
  });

  it('leaves them to misfire with from last', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task: sweep, trigger: every('1h'), misfire: 'all' });
    await w.pass(hour);
    await w.schedules.pause('tick');
    await w.pass(2.5 * hour);

    await w.schedules.resume('tick', { from: 'last' });
    await w.fire();

    expect(await w.jobs()).toEqual(['ready 01:00', 'ready 02:00', 'ready 03:00']);
  });

  it('changes nothing twice, and nothing that is not there', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', nightly);
    const awake = await w.schedules.resume('tick');
    const asleep = await w.schedules.pause('tick');

    expect(awake).toMatchObject({ paused: false });
    expect(await w.schedules.pause('tick')).toEqual(asleep);
    expect([await w.schedules.pause('nobody'), await w.schedules.resume('nobody')]).toEqual([undefined, undefined]);
    expect(w.told).toEqual(['changed tick put', 'changed tick paused']);
  });
});

describe('trigger', () => {
  it('enqueues a job now and moves no slot', async () => {
    const w = await nightWorld();
    const { next } = await w.schedules.put('nightly', { ...nightly, payload: 7, overlap: 'skip' });

    const job = await w.schedules.trigger('nightly');

    const found = (await w.queue.job(job!.id))!;
    expect(found).toMatchObject({ state: 'ready', task: 'night.sweep', payload: 7, jobId: null });
    expect(await w.schedules.get('nightly')).toMatchObject({ next, last: null, counts: { enqueued: 1 }, job: job!.id });
    expect(await w.schedules.history('nightly')).toEqual([
      { slot: w.clock.now(), outcome: 'enqueued', why: 'trigger', jobId: job!.id },
    ]);
  });

  it('works while the schedule is paused, and leaves it so', async () => {
    const w = await nightWorld();
    await w.schedules.put('nightly', { ...nightly, paused: true });

    expect(await w.schedules.trigger('nightly')).toBeDefined();
    expect(await w.schedules.get('nightly')).toMatchObject({ paused: true, next: null });
  });

  it('answers nothing for a schedule that is not there', async () => {
    expect(await (await nightWorld()).schedules.trigger('nobody')).toBeUndefined();
  });
});

describe('preview', () => {
  it('shows the next slots of a trigger', async () => {
    const { schedules } = await nightWorld();

    expect(schedules.preview(cron('0 */6 * * *'), 3).map(timeOf)).toEqual(['00:00', '06:00', '12:00']);
    expect(schedules.preview(every('15m'), 2, { from: '2026-11-20T10:00:00Z' }).map(timeOf)).toEqual([
      '10:15',
      '10:30',
    ]);
  });

  it('is empty for a pattern that never fires', async () => {
    expect((await nightWorld()).schedules.preview(cron('0 0 30 2 *'))).toEqual([]);
  });
});

describe('upcoming', () => {
  it('shows the next slots of a schedule, as they will come', async () => {
    const w = await nightWorld();
    await w.pass(hour / 2);
    await w.schedules.put('often', { ...nightly, trigger: every('2h') });
    await w.pass(3 * hour);

    expect((await w.schedules.upcoming('often', 3))!.map(timeOf)).toEqual(['04:30', '06:30', '08:30']);
  });

  it('ends with the schedule, and shows none while it is paused', async () => {
    const w = await nightWorld();
    await w.schedules.put('twice', { ...nightly, trigger: every('1h'), count: 3 });
    await w.pass(hour);

    expect((await w.schedules.upcoming('twice'))!.map(timeOf)).toEqual(['02:00', '03:00']);
    await w.schedules.pause('twice');
    expect(await w.schedules.upcoming('twice')).toEqual([]);
  });

  it('refuses a number of slots that is none, and knows nothing of a schedule that is not there', async () => {
    const w = await nightWorld();

    expect(await refusal(() => w.schedules.upcoming('nightly', 0))).toMatchObject({ field: 'n' });
    expect(await w.schedules.upcoming('nightly')).toBeUndefined();
  });
});
