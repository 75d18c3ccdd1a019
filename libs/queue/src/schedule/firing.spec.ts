import type { Store } from '../store/store.js';
import { memory } from '../store/memory/index.js';
import { FiringLoop } from './firing.js';
import { at, cron, defineTrigger, every } from './trigger/index.js';
import { NightTasks, nightWorld } from './testdata/world.js';

const hour = 3_600_000;
const task = NightTasks.sweep;

describe('firing', () => {
  it('gives each slot its job, once it is due and not before', async () => {
    const w = await nightWorld();
    await w.schedules.put('nightly', { task, trigger: cron('0 3 * * *') });

    await w.pass(3 * hour - 1);
    expect(await w.jobs()).toEqual([]);
    await w.pass(1);
    expect(await w.jobs()).toEqual(['ready 03:00']);
    await w.pass(24 * hour);
    expect(await w.jobs()).toEqual(['ready 03:00', 'ready 03:00']);
    expect(w.told.slice(1)).toEqual(['fired nightly 03:00', 'fired nightly 03:00']);
  });

  it('says how long it has nothing to do', async () => {
    const w = await nightWorld();

    expect(await w.firing.runOnce()).toBe(5000);
    await w.schedules.put('soon', { task, trigger: every('2s') });
    expect(await w.firing.runOnce()).toBe(2000);
  });

  it('wakes up when a schedule is put that comes sooner', async () => {
    const w = await nightWorld();
    w.firing.start();
    await w.clock.advance(1);
    const fired = w.events.next('schedule.fired');

    await w.schedules.put('soon', { task, trigger: every('1s') });
    await w.clock.advance(1000);

    expect(await fired).toMatchObject({ id: 'soon', lateBy: 0 });
    await w.firing.stop();
  });

  it('makes one job per slot, however many look after a schedule', async () => {
    const w = await nightWorld();
    const others = Array.from({ length: 20 }, () => new FiringLoop(w.clock, w.schedules.book, w.events));
    await w.schedules.put('tick', { task, trigger: every('1m') });

    for (let slot = 1; slot <= 30; slot++) {
      w.clock.jump(60_000);
      await Promise.all(others.map((other) => other.runOnce()));
    }

    expect(await w.jobs()).toHaveLength(30);
    expect(new Set(await w.jobs()).size).toBe(30);
    expect(await w.schedules.get('tick')).toMatchObject({ counts: { enqueued: 30 } });
  });

  it('fires more schedules than fit into one look', async () => {
    const w = await nightWorld();
    await Promise.all(
      Array.from({ length: 250 }, (_, i) => w.schedules.put(`n${i}`, { task, trigger: cron('0 3 * * *') })),
    );

    await w.pass(3 * hour);

    expect((await w.store.counts())[0]!.counts.ready).toBe(250);
  });

  it('forgets a schedule with its last slot, and says so', async () => {
    const w = await nightWorld();
    await w.schedules.put('once', { task, trigger: at('2026-11-20T01:00:00Z') });

    await w.pass(2 * hour);

    expect(await w.jobs()).toEqual(['ready 01:00']);
    expect(await w.schedules.get('once')).toBeUndefined();
    expect(w.told.slice(-2)).toEqual(['fired once 01:00', 'changed once finished']);
  });

  it('records what was missed', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task, trigger: every('1h'), grace: '91m' });

    await w.pass(4.5 * hour);

    expect((await w.schedules.history('tick'))!.map(({ outcome, why }) => [outcome, why])).toEqual([
      ['missed', 'grace'],
      ['missed', 'grace'],
      ['missed', 'misfire'],
      ['enqueued', null],
    ]);
    expect(w.told.slice(1)).toEqual(['fired tick 04:00', 'missed tick 03:00 3 misfire']);
  });
});

describe('firing while the job before is unfinished', () => {
  it('skips with overlap skip, until it has ended', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task, trigger: every('1h'), overlap: 'skip' });
    await w.pass(hour);
    await w.pass(hour);
    await w.queue.cancel((await w.schedules.get('tick'))!.job!);
    await w.pass(hour);

    expect(await w.jobs()).toEqual(['cancelled 01:00', 'ready 03:00']);
    expect(w.told).toContain('skipped tick 02:00 overlap');
  });

  it('minds a job that was started by hand, and the one of a slot behind it', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task, trigger: every('1h'), overlap: 'skip' });
    await w.pass(hour);
    const extra = await w.schedules.trigger('tick');
    await w.queue.cancel(extra!.id);
    await w.pass(hour);
    expect(w.told.at(-1)).toBe('skipped tick 02:00 overlap');

    await w.queue.cancel('schedule:tick@2026-11-20T01:00:00.000Z');
    await w.schedules.trigger('tick');
    await w.pass(hour);

    expect(w.told.at(-1)).toBe('skipped tick 03:00 overlap');
  });

  it('lets one wait with overlap wait', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task, trigger: every('1h'), overlap: 'wait' });
    for (let n = 0; n < 4; n++) await w.pass(hour);

    expect(await w.jobs()).toEqual(['ready 01:00', 'blocked 02:00']);
  });

  it('cancels the job before with overlap cancel', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task, trigger: every('1h'), overlap: 'cancel' });
    for (let n = 0; n < 3; n++) await w.pass(hour);

    expect((await w.jobs()).slice(0, 2)).toEqual(['cancelled 01:00', 'cancelled 02:00']);
    expect((await w.queue.list({ state: 'cancelled' })).jobs[0]).toMatchObject({ reason: 'overlap' });
  });

  it('runs the new job although the cancelled one has failed to complete', async () => {
    const w = await nightWorld();
    await w.schedules.put('tick', { task, trigger: every('1h'), overlap: 'cancel' });
    for (let n = 0; n < 3; n++) await w.pass(hour);

    expect((await w.jobs()).at(-1)).toBe('ready 03:00');
  });
});

describe('firing with trouble', () => {
  it('goes on with the others when one needs code that is missing here', async () => {
    const w = await nightWorld();
    const lunar = defineTrigger('firing-spec.lunar', (after) => after + hour);
    await w.schedules.put('moon', { task, trigger: lunar() });
    await w.schedules.put('tick', { task, trigger: every('1h') });
    const { schedules } = await w.store.schedules({ ids: ['moon'] });
    const body = schedules[0]!.body.replace('firing-spec.lunar', 'firing-spec.unknown');
    await w.store.putSchedule({ ...schedules[0]!, body }, 1);

    w.clock.jump(hour);
    const waits = [await w.firing.runOnce(), await w.firing.runOnce()];

    expect(waits).toEqual([0, 1000]);
    expect(await w.jobs()).toEqual(['ready 01:00']);
    expect(w.told.filter((words) => /^(error|fired)/.test(words))).toEqual([
      'error fire schedule moon',
      'fired tick 01:00',
    ]);
  });

  it('says once that the store is away, and goes on when it is back', async () => {
    let away = false;
    const flaky = (store: Store): Store => ({
      ...store,
      schedules: (query) => (away ? Promise.reject(new Error('away')) : store.schedules(query)),
    });
    const w = await nightWorld({ store: (clock) => flaky(memory({ clock })) });
    await w.schedules.put('tick', { task, trigger: every('1m') });
    w.firing.start();
    await w.clock.advance(1000);
    away = true;
    await w.clock.advance('3m');
    expect(w.told.filter((words) => words === 'error fire schedules')).toHaveLength(1);
    away = false;
    await w.clock.advance('10s');
    await w.firing.stop();

    expect(w.told.filter((words) => words.startsWith('fired'))).toHaveLength(1);
    expect(await w.schedules.get('tick')).toMatchObject({ counts: { enqueued: 1, missed: 2 } });
  });
});
