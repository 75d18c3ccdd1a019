import { Declarations } from './declared.js';
import type { DeclareOptions } from './decorators.js';
import { NightTasks, nightWorld } from './testdata/world.js';
import { at, every, type Trigger } from './trigger/index.js';

const hour = 3_600_000;

async function setup() {
  const w = await nightWorld();
  const boot = (trigger: Trigger, options: DeclareOptions = {}) => {
    const list = [{ id: 'once', task: NightTasks.sweep, trigger, options, where: 'NightHandlers.sweep' }];
    return new Declarations(w.clock, w.schedules, w.events, list, 'App', ['night.sweep']).reconcile();
  };
  const made = async () => (await w.schedules.get('once'))?.counts.enqueued;
  return { ...w, boot, made };
}

describe('reconcile of a declared schedule that has ended', () => {
  it('SC6: does not fire a date again that was fired before', async () => {
    const w = await setup();
    const date = at(w.clock.now() + hour);
    await w.boot(date);
    await w.pass(2 * hour);

    await w.boot(date);
    await w.pass(2 * hour);

    expect(await w.schedules.get('once')).toMatchObject({ next: null, paused: false, counts: { enqueued: 1 } });
    expect(w.told.filter((fact) => fact.includes('finished'))).toHaveLength(1);
  });

  it('stays at its count, until that is raised', async () => {
    const w = await setup();
    await w.boot(every('1h'), { count: 2, misfire: 'all' });
    await w.pass(5 * hour);

    await w.boot(every('1h'), { count: 2, misfire: 'all' });
    await w.pass(5 * hour);
    expect(await w.made()).toBe(2);

    await w.boot(every('1h'), { count: 3, misfire: 'all' });
    await w.pass(5 * hour);
    expect(await w.made()).toBe(5);
  });

  it('boots past the end of a bounded one', async () => {
    const w = await setup();
    const bounded = { until: w.clock.now() + hour };
    await w.boot(every('1h'), bounded);
    await w.pass(2 * hour);

    await w.boot(every('1h'), bounded);

    expect(await w.made()).toBe(1);
  });

  it('boots on a new store after the end of a bounded one', async () => {
    const w = await setup();

    await w.boot(every('1h'), { until: w.clock.now() - hour });

    expect(await w.schedules.get('once')).toMatchObject({ next: null, counts: { enqueued: 0 } });
  });

  it('begins anew with another date', async () => {
    const w = await setup();
    await w.boot(at(w.clock.now() + hour));
    await w.pass(2 * hour);

    await w.boot(at(w.clock.now() + hour));
    await w.pass(2 * hour);

    expect(await w.made()).toBe(2);
  });

  it('goes when code declares it no more', async () => {
    const w = await setup();
    await w.boot(at(w.clock.now() + hour));
    await w.pass(2 * hour);

    await new Declarations(w.clock, w.schedules, w.events, [], 'App', ['night.sweep']).reconcile();

    expect(await w.schedules.get('once')).toBeUndefined();
    expect(await w.store.fsck()).toEqual([]);
  });
});
