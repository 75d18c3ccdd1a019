import type { TaskContext } from '../task/context.js';
import { nextTurn } from '../time/loop.js';
import { handler, promised, World } from './testdata/world.js';

describe('prefetch', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.close());

  const many = (count: number) => Array.from({ length: count }, () => ({}));
  const states = async () => (await world.queue.counts())[0]!.counts;

  /** A worker of one place that knows its jobs as short ones; the next job it begins stays until `gate` is kept. */
  async function standing(jobs: number, options = {}) {
    const gate = promised();
    let short = 100;
    const began: string[] = [];
    const deadlines: number[] = [];
    const run = async (_: never, { job, signal, deadline }: TaskContext) => {
      if (short-- > 0) return;
      began.push(job.id);
      deadlines.push(deadline);
      await Promise.race([gate.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
    };
    await world.enqueue(...many(100));
    const worker = await world.worker([handler(run)], { concurrency: 1, ...options });
    await worker.idle();
    const ids = await world.enqueue(...many(jobs));
    while (began.length === 0) await nextTurn();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    return { gate, began, deadlines, ids, worker };
  }

  it('claims some jobs before there is a place for them, as long as jobs are short', async () => {
    const { gate, worker } = await standing(10);

    expect(worker.running).toHaveLength(1);
    expect(await states()).toMatchObject({ active: 10, ready: 0 });
    gate.keep();
    await worker.idle();
    expect(await states()).toMatchObject({ active: 0, completed: 110 });
  });

  it('is never more than 64 jobs', async () => {
    const { gate, worker } = await standing(200);

    expect(await states()).toMatchObject({ active: 65, ready: 135 });
    gate.keep();
    await worker.idle();
  });

  it('gives back what has not begun after 50 ms, uncharged and in order, and claims no more ahead', async () => {
    const { gate, began, ids, worker } = await standing(10);
    await world.clock.advance('100ms');

    expect(await states()).toMatchObject({ active: 1, ready: 9 });
    const { jobs } = await world.queue.list({ state: 'ready' });
    expect(jobs.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(jobs.every(({ attempted, crashes, releases }) => attempted === 0 && crashes === 0 && releases === 1)).toBe(
      true,
    );
    gate.keep();
    await worker.idle();
    expect(began).toEqual(ids);
  });

  it('holds nothing of a queue whose jobs take their time', async () => {
    const gates = Array.from({ length: 3 }, () => promised());
    const worker = await world.worker([handler(() => gates[0]!.promise)], { concurrency: 1 });
    await world.enqueue(...many(5));
    while (worker.running.length === 0) await nextTurn();

    expect(await states()).toMatchObject({ active: 1, ready: 4 });
    gates[0]!.keep();
    await worker.idle();
  });

  it('lets a job that stands in line be cancelled', async () => {
    const { gate, ids, began, worker } = await standing(3);
    await world.queue.cancel(ids[1]!);
    await world.clock.advance('10ms');
    await nextTurn();
    expect(await world.look(ids[1]!)).toMatchObject({ state: 'cancelled' });
    gate.keep();
    await worker.idle();
    expect(began).toEqual([ids[0], ids[2]]);
  });

  it('gives back at once what stands in line when the worker stops', async () => {
    const { gate, worker, ids } = await standing(4);
    const stopped = worker.stop();
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    expect(await states()).toMatchObject({ active: 1, ready: 3 });
    gate.keep();
    await stopped;
    expect(await states()).toMatchObject({ active: 0, ready: 3 });
    expect((await world.queue.list({ state: 'ready' })).jobs.map(({ id }) => id)).toEqual(ids.slice(1));
  });

  it('counts the timeout of a job from when it begins', async () => {
    const { gate, deadlines, worker } = await standing(2);
    await world.clock.advance('40ms');
    const now = world.clock.now();
    gate.keep();
    await worker.idle();

    expect(deadlines).toEqual([now - 40 + 300_000, now + 300_000]);
  });

  it('of 0 claims no more than there are places', async () => {
    const { gate, worker } = await standing(10, { prefetch: 0 });

    expect(await states()).toMatchObject({ active: 1, ready: 9 });
    gate.keep();
    await worker.idle();
  });

  it('of a number claims as many, and keeps them', async () => {
    const { gate, worker } = await standing(10, { prefetch: 3 });
    await world.clock.advance('1s');

    expect(await states()).toMatchObject({ active: 4, ready: 6 });
    gate.keep();
    await worker.idle();
  });

  it.each([-1, 1.5, 1001, NaN])('of %p is refused', (prefetch) => {
    expect(() => world.make([handler(() => {})], { prefetch })).toThrow(/prefetch/);
  });
});
