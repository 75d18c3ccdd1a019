import { ConfigInvalid } from '../job/errors.js';
import { Declarations, type DeclaredSchedule } from './declared.js';
import type { DeclareOptions } from './decorators.js';
import { NightTasks, nightWorld, timeOf } from './testdata/world.js';
import { cron, every, type Trigger } from './trigger/index.js';

const hour = 3_600_000;

function declared(id: string, trigger: Trigger, options: DeclareOptions = {}): DeclaredSchedule {
  return { id, task: NightTasks.sweep, trigger, options, where: 'NightHandlers.sweep' };
}

async function setup() {
  const w = await nightWorld();
  const deploy = (list: DeclaredSchedule[], { owner = 'App', tasks = ['night.sweep', 'night.send'] } = {}) =>
    new Declarations(w.clock, w.schedules, w.events, list, owner, tasks);
  const ids = async () => (await w.schedules.list()).schedules.map(({ id }) => id);
  return { ...w, deploy, ids };
}

describe('reconcile', () => {
  const nightly = declared('nightly', cron('0 3 * * *'));

  it('adds what code declares', async () => {
    const w = await setup();

    await w.deploy([nightly]).reconcile();

    expect(await w.schedules.get('nightly')).toMatchObject({
      declared: true,
      task: 'night.sweep',
      words: expect.any(String),
    });
  });

  it('writes nothing when nothing has changed', async () => {
    const w = await setup();
    await w.deploy([nightly]).reconcile();
    const before = await w.schedules.get('nightly');
    w.clock.jump(hour);

    await w.deploy([nightly]).reconcile();

    expect(await w.schedules.get('nightly')).toEqual(before);
    expect(w.told).toEqual(['changed nightly put']);
  });

  it('updates what has changed, and keeps its history and its pause', async () => {
    const w = await setup();
    await w.deploy([nightly]).reconcile();
    await w.pass(3 * hour);
    await w.schedules.pause('nightly');

    await w.deploy([declared('nightly', cron('0 5 * * *'))]).reconcile();
    const view = await w.schedules.resume('nightly');

    expect(timeOf(view!.next!)).toBe('05:00');
    expect(await w.schedules.history('nightly')).toHaveLength(1);
  });

  it('keeps the sequence of an interval over boots', async () => {
    const w = await setup();
    await w.deploy([declared('tick', every('1h'))]).reconcile();
    const before = await w.schedules.get('tick');
    w.clock.jump(50 * 60_000);

    await w.deploy([declared('tick', every('1h'), { jitter: '1s' })]).reconcile();

    expect((await w.schedules.get('tick'))!.next).toBe(before!.next);
  });

  it('removes what has vanished, and nothing that was put at run time', async () => {
    const w = await setup();
    await w.deploy([nightly, declared('tick', every('1h'))]).reconcile();
    await w.schedules.put('dynamic', { task: NightTasks.sweep, trigger: every('1h') });

    await w.deploy([nightly]).reconcile();

    expect(await w.ids()).toEqual(['dynamic', 'nightly']);
    expect(w.told.at(-1)).toBe('changed tick removed');
  });

  it("leaves another application's alone", async () => {
    const w = await setup();
    await w.deploy([nightly]).reconcile();

    await w.deploy([declared('tick', every('1h'))], { owner: 'Other' }).reconcile();

    expect(await w.ids()).toEqual(['nightly', 'tick']);
  });

  it('leaves alone what belongs to a living application that goes by the same name', async () => {
    const w = await setup();
    await w.deploy([nightly]).reconcile();
    await w.store.register({
      ...{ id: 'w1', name: 'w', host: 'h', pid: 1, version: '1', startedAt: 0, queues: ['low'], concurrency: 1 },
      ...{ lanes: [{ queue: 'low', shard: 0 }], tasks: ['night.sweep'], lease: 15_000 },
    });

    await w.deploy([], { tasks: ['other.task'] }).reconcile();
    expect(await w.ids()).toEqual(['nightly']);
    await w.store.retire('w1');
    await w.deploy([], { tasks: ['other.task'] }).reconcile();

    expect(await w.ids()).toEqual([]);
  });

  it('is an error when the id was put at run time', async () => {
    const w = await setup();
    await w.schedules.put('nightly', { task: NightTasks.sweep, trigger: every('1h') });

    await expect(w.deploy([nightly]).reconcile()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      option: 'schedules.nightly',
      message: expect.stringContaining('put at run time'),
    });
  });

  it('lets nobody put over what is declared', async () => {
    const w = await setup();
    await w.deploy([nightly]).reconcile();

    await expect(w.schedules.put('nightly', { task: NightTasks.sweep, trigger: every('1h') })).rejects.toMatchObject({
      code: 'SCHEDULE_INVALID',
      field: 'id',
    });
  });

  it('refuses two declarations of one id, saying where they are', async () => {
    const w = await setup();
    const other = { ...declared('nightly', every('1h')), where: 'OtherHandlers.run' };

    const [once, both] = await Promise.all(
      [
        [nightly, nightly],
        [nightly, other],
      ].map((list) =>
        w
          .deploy(list)
          .reconcile()
          .catch((error: unknown) => error),
      ),
    );

    expect(once).toBeInstanceOf(ConfigInvalid);
    expect((once as Error).message).toContain('NightHandlers.sweep declares');
    expect((both as Error).message).toContain('NightHandlers.sweep and OtherHandlers.run');
    expect(await w.ids()).toEqual([]);
  });

  it('says which declaration never fires', async () => {
    const w = await setup();

    await expect(w.deploy([declared('never', cron('0 0 30 2 *'))]).reconcile()).rejects.toMatchObject({
      option: 'schedules.never',
      message: expect.stringContaining('NightHandlers.sweep'),
    });
  });

  it('brings back what another version has removed meanwhile', async () => {
    const w = await setup();
    const newer = w.deploy([nightly]);
    await newer.reconcile();
    newer.start();
    await w.clock.advance(1);

    await w.deploy([]).reconcile();
    expect(await w.ids()).toEqual([]);
    await w.clock.advance('6m');
    await newer.stop();

    expect(await w.ids()).toEqual(['nightly']);
  });
});

describe('boot', () => {
  it('gives one extra job in a minute to those that want one, over all processes', async () => {
    const w = await setup();
    const list = [declared('eager', cron('0 3 * * *'), { onBoot: true }), declared('patient', cron('0 3 * * *'))];
    for (let n = 0; n < 4; n++) {
      const process = w.deploy(list);
      await process.reconcile();
      await process.boot();
      w.clock.jump(25_000);
    }

    expect(await w.jobs()).toHaveLength(2);
    expect((await w.queue.list({ tags: ['schedule:eager'] })).jobs).toHaveLength(2);
    expect(await w.schedules.get('eager')).toMatchObject({ last: null });
  });
});
