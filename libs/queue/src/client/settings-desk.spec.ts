import { bindTasks, defineTasks } from '../task/define-tasks.js';
import { task } from '../task/task.js';
import type { RateText } from '../time/rate.js';
import { puppet, refusal, world } from './testdata/world.js';

class OrderTasks extends defineTasks('orders', {
  process: task({ queue: 'orders', maxActive: 3 }),
  sweep: task(),
}) {}

async function setup() {
  const w = await world({ routes: { 'orders.sweep': 'low' } });
  w.queue.declare(OrderTasks.process, OrderTasks.sweep);
  const tasks = ['orders.process', 'orders.sweep'];
  return { ...w, ...puppet(w.store, 'clerk', tasks), orders: bindTasks(OrderTasks, w.queue) };
}

const nothing = { paused: false, maxReady: null, maxActive: null, rate: null, weights: null, tasks: {} };

describe('configure a queue', () => {
  it('merges what is named, clears what is null, and shows all of it as it was written', async () => {
    const { queue } = await setup();
    expect(await queue.settings('orders')).toEqual(nothing);
    const weights = { urgent: 8, high: 4, normal: 2, low: 1 };
    const first = await queue.configure('orders', { maxReady: 100, rate: { limit: '100/s', burst: 20 }, weights });
    expect(first).toEqual({ ...nothing, maxReady: 100, rate: '100/s, burst 20', weights });
    const second = await queue.configure('orders', { maxActive: 5, rate: '10/m', weights: null, paused: undefined });
    expect(second).toEqual({ ...nothing, maxReady: 100, maxActive: 5, rate: '10/m' });
    expect(await queue.settings('orders')).toEqual(second);
    expect(await queue.configure('orders', { maxReady: null, maxActive: null, rate: null })).toEqual(nothing);
  });

  it('RP4: holds its maxActive and rate at once', async () => {
    const { queue, take, clock } = await setup();
    await queue.configure('default', { maxActive: 2, rate: '1/s' });
    await queue.enqueueMany('a.task', [{}, {}, {}]);
    expect(await take()).toHaveLength(1);
    await clock.advance('1s');
    expect(await take()).toHaveLength(1);
    await clock.advance('1s');
    expect(await take()).toHaveLength(0);
  });

  it.each<[string, object]>([
    ['paused', { paused: 'yes' }],
    ['maxReady', { maxReady: -1 }],
    ['maxReady', { maxReady: NaN }],
    ['maxReady', { maxReady: 1e12 }],
    ['maxActive', { maxActive: 0 }],
    ['maxActive', { maxActive: 1.5 }],
    ['maxActive', { maxActive: 1e7 }],
    ['rate', { rate: '10 per minute' }],
    ['rate', { rate: { limit: '10/m', burst: 11 } }],
    ['rate.limt', { rate: { limt: '10/m' } }],
    ['rate', { rate: 10 }],
    ['weights', { weights: [1, 2, 3, 4] }],
    ['weights.low', { weights: { urgent: 1, high: 1, normal: 1 } }],
    ['weights.low', { weights: { urgent: 1, high: 1, normal: 1, low: 0 } }],
    ['weights.hgh', { weights: { urgent: 1, hgh: 1, normal: 1, low: 1 } }],
    ['maxRedy', { maxRedy: 5 }],
    ['group', { group: { maxActive: 5 } }],
  ])('refuses %s: %j, and changes nothing', async (option, change) => {
    const { queue } = await setup();
    expect(await refusal(() => queue.configure('orders', { maxReady: 5, ...change } as object))).toMatchObject({
      code: 'CONFIG_INVALID',
      option,
    });
    expect(await queue.settings('orders')).toEqual(nothing);
  });

  it('suggests what a slip of the hand meant', async () => {
    const { queue } = await setup();
    const refused = await refusal(() => queue.configure('orders', { maxActiv: 5 } as object));
    expect(refused.message).toContain("Did you mean 'maxActive'?");
  });
});

describe('configure a task', () => {
  it('RC3: concerns the task in its own queue, by reference or name, and shows what was said', async () => {
    const { queue } = await setup();
    expect(await queue.configure(OrderTasks.process, { maxActive: 1 })).toEqual({ maxActive: 1 });
    const group = { maxActive: 2, rate: '5/s' as RateText };
    expect(await queue.configure('orders.process', { rate: '10/m', group })).toEqual({
      maxActive: 1,
      rate: '10/m',
      group,
    });
    expect((await queue.settings('orders')).tasks).toEqual({
      'orders.process': await queue.settings(OrderTasks.process),
    });
    await queue.configure(OrderTasks.sweep, { rate: null, maxActive: null });
    expect((await queue.settings('low')).tasks).toEqual({ 'orders.sweep': { rate: null, maxActive: null } });
    expect(await queue.configure(OrderTasks.process, null)).toEqual({});
    expect(await queue.settings('orders.process')).toEqual({});
  });

  it('concerns it in another queue where one is named, also a task that was not declared here', async () => {
    const { queue } = await setup();
    await queue.configure(OrderTasks.process, { rate: '1/s' }, { queue: 'rush' });
    await queue.configure('billing.charge', { rate: '2/s' }, { queue: 'rush' });
    expect((await queue.settings('rush')).tasks).toEqual({
      'orders.process': { rate: '1/s' },
      'billing.charge': { rate: '2/s' },
    });
    expect(await queue.settings('billing.charge', { queue: 'rush' })).toEqual({ rate: '2/s' });
    expect(await queue.settings(OrderTasks.process)).toEqual({});
  });

  it('RC3: holds at once for jobs that wait already, and comes before the contract', async () => {
    const { orders, queue, take, complete } = await setup();
    const jobs = await orders.process.enqueueMany(Array.from({ length: 5 }, () => ({})));
    const first = await take('orders');
    expect(first).toHaveLength(3);
    await queue.configure(OrderTasks.process, { maxActive: 1 });
    for (const job of first) await complete(job);
    expect((await take('orders')).map((job) => job.id)).toEqual([jobs[3]!.id]);
    await queue.configure(OrderTasks.process, { maxActive: null });
    expect((await take('orders')).map((job) => job.id)).toEqual([jobs[4]!.id]);
  });

  it.each<[string, object]>([
    ['maxReady', { maxReady: 5 }],
    ['maxActive', { maxActive: 0 }],
    ['rate', { rate: '0/s' }],
    ['paused', { paused: 1 }],
    ['group', { group: null }],
    ['group.maxActive', { group: { maxActive: -1 } }],
    ['group.rate', { group: { rate: 'fast' } }],
    ['group.weight', { group: { weight: 2 } }],
  ])('refuses %s: %j, and changes nothing', async (option, change) => {
    const { queue } = await setup();
    expect(await refusal(() => queue.configure(OrderTasks.process, change))).toMatchObject({
      code: 'CONFIG_INVALID',
      option,
    });
    expect(await queue.settings('orders')).toEqual(nothing);
  });

  it('RC3: takes what may be a slip in the name of a task for one, unless there is such a queue', async () => {
    const { queue } = await setup();
    expect(await refusal(() => queue.pause('orders.proces'))).toMatchObject({
      code: 'UNKNOWN_TASK',
      suggestion: 'orders.process',
    });
    expect(await queue.counts()).toEqual([]);
    await queue.pause('orderssweep');
    await queue.enqueue('a.task', {}, { queue: 'orders.proces' });
    await queue.pause('orders.proces');
    expect(await queue.settings('orders.proces')).toMatchObject({ paused: true });
  });

  it.each([() => 'a b', () => ''])('refuses a hostile name', async (name) => {
    const { queue } = await setup();
    expect(await refusal(() => queue.configure(name(), {}))).toMatchObject({ option: 'queue' });
    expect(await refusal(() => queue.configure(name(), {}, { queue: 'orders' }))).toMatchObject({ option: 'task' });
    expect(await refusal(() => queue.pause(OrderTasks.process, { queue: name() }))).toMatchObject({ option: 'queue' });
    expect(await refusal(() => queue.pause('x', { quue: 'y' } as object))).toMatchObject({ option: 'quue' });
  });
});

describe('pause and resume', () => {
  it('RP4: a queue takes jobs, and hands none out until it is resumed', async () => {
    const { orders, queue, take } = await setup();
    await queue.pause('orders');
    const { id } = await orders.process.enqueue();
    expect(await take('orders')).toEqual([]);
    expect(await queue.settings('orders')).toMatchObject({ paused: true });
    await queue.resume('orders');
    expect((await take('orders')).map((job) => job.id)).toEqual([id]);
  });

  it('RP4: a task does so without its neighbours, keeps the order, and says why its jobs wait', async () => {
    const { orders, queue, take } = await setup();
    await queue.pause(OrderTasks.process);
    const first = await orders.process.enqueue();
    const second = await orders.process.enqueue();
    const other = await queue.enqueue('a.task', {}, { queue: 'orders' });
    expect((await take('orders')).map((job) => job.id)).toEqual([other.id]);
    const waiting = (await queue.job(first.id))!;
    expect(waiting.view).toMatchObject({ state: 'ready', reason: 'limit' });
    expect(await waiting.whyWaiting()).toBe(
      "Task orders.process is paused in queue orders: queue.resume('orders.process') lets its jobs go on.",
    );
    await queue.resume('orders.process');
    expect((await take('orders')).map((job) => job.id)).toEqual([first.id, second.id]);
  });
});
