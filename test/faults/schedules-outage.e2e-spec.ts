import { Events, every, Schedules, systemClock } from 'millrace';
import { SlotTasks } from '../fixtures/schedules.tasks.js';
import { eventually } from '../support/eventually.js';
import { setup, stores } from './world.js';

const suite = stores.includes('redis') ? describe : describe.skip;

suite('schedules whose Redis goes away', () => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup('redis')));
  afterEach(() => world.close());

  it('S3: killed and restarted with its append-only file, every slot has one job, those of the outage as well', async () => {
    const { store, queue } = world;
    const schedules = new Schedules({ store, queue, clock: systemClock, events: new Events() });
    const start = (role: string) => world.worker({ ROLE: role }, 'schedules.worker');
    await Promise.all([start('scheduler'), start('scheduler'), start('runner')]);
    const { next: first } = await schedules.put('tick', { task: SlotTasks.tick, trigger: every('1s'), misfire: 'all' });
    const slots = () => world.lines('ran').map(({ name }) => name);
    await eventually(() => slots().length >= 3, { within: 15_000 });

    await world.redis!.kill();
    await world.redis!.restart();
    await eventually(() => slots().length >= 10, { within: 30_000 });
    const view = (await schedules.pause('tick'))!;
    await eventually(() => slots().length >= view.counts.enqueued, { within: 15_000 });

    const expected: string[] = [];
    for (let slot = first!; slot <= view.last!; slot += 1000) expected.push(`tick@${new Date(slot).toISOString()}`);
    expect(slots().toSorted()).toEqual(expected);
    expect(view.counts).toEqual({ enqueued: expected.length, skipped: 0, missed: 0 });
    expect(await store.fsck()).toEqual([]);
  }, 60_000);
});
