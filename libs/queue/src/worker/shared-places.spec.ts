import fc from 'fast-check';
import { createJobId } from '../job/id.js';
import type { QueueConcurrency, WorkerOptions } from './options.js';
import { handler, promised, World } from './testdata/world.js';

describe('places that queues share by weight', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  const jobs = (queue: string, count: number) => Array.from({ length: count }, () => ({ queue, task: queue }));

  /** A worker whose jobs run until they are told to end. Tasks are named as their queues. */
  async function setup(queues: Record<string, QueueConcurrency>, options: Partial<WorkerOptions> = {}) {
    const ends: { queue: string; keep: () => void }[] = [];
    const began: string[] = [];
    const run = (queue: string) => () => {
      const { promise, keep } = promised();
      began.push(queue);
      ends.push({ queue, keep });
      return promise;
    };
    const handlers = Object.keys(queues).map((queue) => handler(run(queue), { name: queue, queue }));
    const start = () => world.worker(handlers, { queues, concurrency: 20, prefetch: 0, ...options });
    /** The first jobs of the queue that run. */
    const end = async (queue: string, count = 1) => {
      for (let left = count; left > 0; left--) {
        const at = ends.findIndex((one) => one.queue === queue);
        ends.splice(at, 1)[0]!.keep();
        await world.clock.advance('10ms');
      }
    };
    /** The job that began first. */
    const endFirst = async () => {
      ends.shift()!.keep();
      await world.clock.advance('10ms');
    };
    return { start, began, end, endFirst, ends };
  }

  const running = (queue: string) => world.workers[0]!.running.filter((job) => job.queue === queue).length;
  const both = () => [running('orders'), running('low')];
  const weights = { orders: { weight: 3 }, low: { weight: 1 } };

  it('WK2: are all for one queue while no other has work', async () => {
    const { start } = await setup(weights);
    await start();
    await world.enqueue(...jobs('low', 30));
    await world.clock.advance('10ms');

    expect(both()).toEqual([0, 20]);
  });

  it('WK2: are had in proportion to the weights when both had work from the start, and stay so', async () => {
    const { start, endFirst } = await setup(weights);
    await world.enqueue(...jobs('low', 200), ...jobs('orders', 200));
    await start();
    await world.clock.advance('10ms');

    for (let n = 0; n < 100; n++) {
      expect(both()).toEqual([15, 5]);
      await endFirst();
    }
  });

  it('WK2: go, as they come free, to a queue that has less than its share, until it has that', async () => {
    const { start, end } = await setup(weights);
    await world.enqueue(...jobs('low', 100));
    await start();
    await world.clock.advance('10ms');
    await world.enqueue(...jobs('orders', 100));
    await world.clock.advance('10ms');
    expect(both()).toEqual([0, 20]);

    await end('low', 9);
    expect(both()).toEqual([9, 11]);
    await end('low', 6);
    expect(both()).toEqual([15, 5]);
    await end('low', 10);
    await end('orders', 10);
    expect(both()).toEqual([15, 5]);
  });

  it('WK2: are all for the others again when a queue has nothing left', async () => {
    const { start, end } = await setup({ ...weights, mail: { weight: 1 } });
    await world.enqueue(...jobs('low', 100), ...jobs('orders', 14), ...jobs('mail', 100));
    await start();
    await world.clock.advance('10ms');
    expect([...both(), running('mail')]).toEqual([12, 4, 4]);
    await end('orders', 14);

    expect([...both(), running('mail')]).toEqual([0, 10, 10]);
  });

  it('WK2: of few places the queues have each as many turns as they weigh', async () => {
    const { start, endFirst, began } = await setup(weights, { concurrency: 1 });
    await world.enqueue(...jobs('orders', 100), ...jobs('low', 100));
    await start();
    await world.clock.advance('10ms');
    for (let n = 1; n < 80; n++) await endFirst();

    expect(began.filter((queue) => queue === 'orders')).toHaveLength(60);
    for (let n = 0; n < 80; n += 8) expect(began.slice(n, n + 8)).toContain('low');
  });

  it('WK2: the odd place of a share that is no whole number goes round', async () => {
    const { start, endFirst } = await setup(weights, { concurrency: 10 });
    await world.enqueue(...jobs('orders', 500), ...jobs('low', 500));
    await start();
    await world.clock.advance('10ms');
    let sum = 0;
    const seen = new Set<string>();
    for (let n = 0; n < 200; n++) {
      seen.add(both().join());
      sum += running('low');
      await endFirst();
    }

    expect([...seen].sort()).toEqual(['7,3', '8,2']);
    expect(sum / 200).toBeCloseTo(2.5, 1);
  });

  it('WK2: a queue that was without work has missed nothing: it has its share, and no more', async () => {
    const { start, endFirst, began } = await setup({ orders: { weight: 1 }, low: { weight: 1 } }, { concurrency: 1 });
    await world.enqueue(...jobs('orders', 150));
    await start();
    await world.clock.advance('10ms');
    for (let n = 0; n < 100; n++) await endFirst();
    await world.enqueue(...jobs('low', 50));
    await world.clock.advance('10ms');
    for (let n = 0; n < 20; n++) await endFirst();

    expect(began.slice(101, 121).filter((queue) => queue === 'low')).toHaveLength(10);
  });

  it('WK2: leave a queue with a number alone', async () => {
    const { start } = await setup({ ...weights, mail: 3, other: {} }, { concurrency: 4 });
    const worker = await start();
    await world.enqueue(...['orders', 'low', 'mail', 'other'].flatMap((queue) => jobs(queue, 10)));
    await world.clock.advance('10ms');

    expect([...both(), running('mail'), running('other')]).toEqual([3, 1, 3, 4]);
    expect(worker.status().concurrency).toEqual({ orders: 4, low: 4, mail: 3, other: 4 });
    expect((await world.store.workers())[0]).toMatchObject({ concurrency: 11 });
  });

  it('WK2: a queue that is left out leaves its share to the others', async () => {
    const { start } = await setup(weights, { concurrency: 4, except: ['orders'] });
    const worker = await start();
    await world.enqueue(...jobs('orders', 10), ...jobs('low', 10));
    await world.clock.advance('10ms');

    expect(both()).toEqual([0, 4]);
    expect(worker.status().concurrency).toEqual({ low: 4 });
  });

  it('WK2: are shared by the lanes of a queue', async () => {
    const { start, endFirst } = await setup(weights);
    const spread = (queue: string) =>
      jobs(queue, 200).map((job, n) => ({ ...job, id: createJobId(queue, n % 2, world.clock.now()) }));
    await world.enqueue(...spread('orders'), ...spread('low'));
    await start();
    await world.clock.advance('10ms');
    for (let n = 0; n < 60; n++) {
      expect(both()).toEqual([15, 5]);
      await endFirst();
    }
  });

  it('WK2: are had in proportion by short jobs as well, which are claimed ahead', async () => {
    const order: string[] = [];
    let ahead = 0;
    const run = (queue: string) => handler(() => (order.push(queue), world.clock.sleep(1)), { name: queue, queue });
    await world.enqueue(...jobs('low', 500), ...jobs('orders', 500));
    const worker = await world.worker([run('orders'), run('low')], { queues: weights, concurrency: 4 });
    while (order.length < 600) {
      await world.clock.advance(1);
      const active = (await world.queue.counts()).reduce((sum, { counts }) => sum + counts.active, 0);
      ahead = Math.max(ahead, active - worker.running.length);
    }

    expect(ahead).toBeGreaterThan(4);
    expect(order.slice(100, 600).filter((queue) => queue === 'orders').length / 500).toBeCloseTo(0.75, 1);
  });

  it('WK2: jobs claimed ahead leave a place that comes free to a queue that has less than its share', async () => {
    const { promise, keep } = promised();
    const gates: (() => void)[] = [];
    let short = 100;
    const order: string[] = [];
    const run = (queue: string) => () => {
      if (short-- > 0) return undefined;
      order.push(queue);
      return Promise.race([promise, new Promise<void>((resolve) => gates.push(resolve))]);
    };
    await world.enqueue(...jobs('low', 100));
    const worker = await world.worker(
      ['orders', 'low'].map((queue) => handler(run(queue), { name: queue, queue })),
      { queues: { orders: { weight: 1 }, low: { weight: 1 } }, concurrency: 2 },
    );
    await worker.idle();
    await world.enqueue(...jobs('low', 50));
    await world.clock.advance(0);
    const low = (await world.queue.counts()).find(({ queue }) => queue === 'low')!;
    expect([order, low.counts.active > 2]).toEqual([['low', 'low'], true]);
    await world.enqueue(...jobs('orders', 5));
    gates.shift()!();
    await world.clock.advance(0);

    expect(order).toEqual(['low', 'low', 'orders']);
    keep();
    await worker.idle();
  });

  it('WK2: grow and shrink together', async () => {
    const { start, end, ends } = await setup(weights, { concurrency: { min: 2, max: 16 } });
    const worker = await start();
    await world.enqueue(...jobs('orders', 40), ...jobs('low', 40));
    await world.clock.advance('5s');
    expect(both()).toEqual([12, 4]);
    expect(worker.status().concurrency).toEqual({ orders: 16, low: 16 });

    while (ends.some(({ queue }) => queue === 'orders')) await end('orders');
    while (ends.some(({ queue }) => queue === 'low')) await end('low');
    await world.clock.advance('65s');
    expect(worker.status().concurrency).toEqual({ orders: 2, low: 2 });
  });

  describe('setConcurrency', () => {
    it('WK2: changes what is shared, by the name of any of them', async () => {
      const { start, endFirst } = await setup(weights, { concurrency: 4 });
      const worker = await start();
      await world.enqueue(...jobs('orders', 100), ...jobs('low', 100));
      await world.clock.advance('10ms');
      expect(both()).toEqual([3, 1]);
      worker.setConcurrency('low', 12);
      await world.clock.advance('10ms');
      expect(both()).toEqual([9, 3]);
      worker.setConcurrency('orders', 4);
      for (let n = 0; n < 20; n++) await endFirst();

      expect(both()).toEqual([3, 1]);
      expect(worker.status().concurrency).toEqual({ orders: 4, low: 4 });
    });

    it('WK2: with fewer, what is on its way goes back, uncharged', async () => {
      const { start } = await setup(weights, { concurrency: 8 });
      const worker = await start();
      await world.clock.advance('1s');
      const answered = world.store.exchange.bind(world.store);
      const gate = promised();
      world.store.exchange = async (request) => {
        const answer = await answered(request);
        if (answer.jobs.length > 0) await gate.promise;
        return answer;
      };
      const ids = await world.enqueue(...jobs('orders', 8));
      await world.clock.advance('10ms');
      worker.setConcurrency('orders', 2);
      gate.keep();
      await world.clock.advance('2s');

      expect(both()).toEqual([2, 0]);
      for (const id of ids.slice(2)) expect(await world.find(id)).toMatchObject({ state: 'ready', attempts: 0 });
    });
  });

  it('WK2: a queue whose lane the store does not answer for keeps nothing from the others', async () => {
    const { start } = await setup(weights);
    await world.enqueue(...jobs('orders', 100), ...jobs('low', 100));
    const exchange = world.store.exchange.bind(world.store);
    world.store.exchange = (request) =>
      request.lane.queue === 'orders' ? Promise.reject(new Error('its node is away')) : exchange(request);
    await start();
    await world.clock.advance('1s');
    expect(both()).toEqual([0, 20]);
  });

  it('WK2: a paused queue keeps nothing from the others', async () => {
    const { start, end } = await setup(weights);
    await world.enqueue(...jobs('orders', 100), ...jobs('low', 100));
    await start();
    await world.clock.advance('10ms');
    await world.queue.pause('orders');
    await end('orders', 15);
    await world.clock.advance('2s');

    expect(both()).toEqual([0, 20]);
  });

  it('WK2: scheduled jobs that fall due have their share, though every place was taken', async () => {
    const { start, end } = await setup(weights);
    const worker = await start();
    await world.enqueue(...jobs('low', 100), ...jobs('orders', 3).map((job) => ({ ...job, due: { in: 300 } })));
    await world.clock.advance('310ms');
    await end('low', 3);

    expect(both()).toEqual([3, 17]);
    expect(worker.running).toHaveLength(20);
  });

  it.each([1, 2, 7])('WK2: burst drains every queue, with %i places', async (concurrency) => {
    const runs: string[] = [];
    const run = (queue: string) => handler(() => void runs.push(queue), { name: queue, queue });
    await world.enqueue(...jobs('orders', 20), ...jobs('low', 20));
    const worker = await world.worker([run('orders'), run('low'), run('none')], {
      queues: { ...weights, none: { weight: 1 } },
      ...{ concurrency, burst: 'ready' },
    });

    expect(await worker.done).toEqual({ completed: 40, failed: 0, reason: 'drained' });
    expect(runs).toHaveLength(40);
  });

  it('WK2: a worker that stops gives back what has not begun', async () => {
    const { start, end, ends } = await setup(weights, { concurrency: 2, prefetch: 5 });
    await world.enqueue(...jobs('orders', 10), ...jobs('low', 10));
    const worker = await start();
    await world.clock.advance('10ms');
    const stopped = worker.stop();
    await world.clock.advance('10ms');
    expect((await world.queue.counts()).map(({ counts }) => counts.active)).toEqual(both().reverse());
    while (ends.length > 0) await end(ends[0]!.queue);
    await stopped;

    const counts = (await world.queue.counts()).map(({ counts }) => counts);
    expect(counts.map(({ active }) => active)).toEqual([0, 0]);
    expect(counts.reduce((sum, { ready }) => sum + ready, 0)).toBe(18);
  });

  it('WK2: cost one look a second for each queue where nothing happens', async () => {
    const { start } = await setup(weights);
    await start();
    let looks = 0;
    await world.clock.advance('2s');
    const exchange = world.store.exchange.bind(world.store);
    world.store.exchange = (request) => (looks++, exchange(request));
    await world.clock.advance('10s');

    expect(looks).toBe(20);
  });

  it('WK2: none is ever taken twice, none stays empty while a job waits, and every job ends, whatever happens', async () => {
    const queues = ['a', 'b', 'c'];
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), queue: fc.nat(2), count: fc.integer({ min: 1, max: 12 }) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(), count: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ kind: fc.constant('resize' as const), places: fc.integer({ min: 1, max: 12 }) }),
    );
    const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1e9);
    console.info(`shared places: MILLRACE_SEED=${seed}`);
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
      fc.constantFrom<number | 'auto'>(0, 2, 'auto'),
      fc.array(step, { maxLength: 30 }),
      async (weigh, prefetch, steps) => {
        await world.close();
        world = new World();
        const setting = Object.fromEntries(queues.map((queue, n) => [queue, { weight: weigh[n]! }]));
        const { start, ends } = await setup(setting, { prefetch, concurrency: 6 });
        const worker = await start();
        let places = 6;
        for (const step of steps) {
          if (step.kind === 'add') await world.enqueue(...jobs(queues[step.queue]!, step.count));
          else if (step.kind === 'end')
            for (let n = 0; n < step.count && ends.length > 0; n++) ends.splice(step.which % ends.length, 1)[0]!.keep();
          else worker.setConcurrency('b', (places = step.places));
          const before = worker.running.length;
          await world.clock.advance('1100ms');
          const counts = (await world.queue.counts()).map(({ counts }) => counts);
          const waiting = counts.reduce((sum, { ready, active }) => sum + ready + active, 0) - ends.length;
          expect(worker.running.length).toBeLessThanOrEqual(Math.max(places, before));
          if (waiting > 0) expect(worker.running.length).toBeGreaterThanOrEqual(places);
        }
        for (let n = 0; n < 500 && ends.length > 0; n++) {
          for (const { keep } of ends.splice(0)) keep();
          await world.clock.advance('1100ms');
        }
        for (const { counts } of await world.queue.counts()) expect(counts).toMatchObject({ ready: 0, active: 0 });
      },
    );
    await fc.assert(property, { numRuns: 60, seed });
  });

  it.each([
    [{ a: { weight: 0 } }, 'queues.a.weight is 0; it must be a whole number from 1 to 100.'],
    [{ a: { weight: -1 } }, 'queues.a.weight is -1;'],
    [{ a: { weight: NaN } }, 'queues.a.weight is NaN;'],
    [{ a: { weight: Infinity } }, 'queues.a.weight is Infinity;'],
    [{ a: { weight: 1.5 } }, 'queues.a.weight is 1.5;'],
    [{ a: { weight: 101 } }, 'queues.a.weight is 101;'],
    [{ a: { weight: '3' } }, 'queues.a.weight is 3; it must be a whole number'],
    [{ a: { weight: 3, concurrency: 2 } }, 'queues.a.weight: a queue shares places by its weight, or has'],
  ])('WK2: refuse %j', (queues, says) => {
    const make = () => world.make([handler(() => 1, { queue: 'a' })], { queues: queues as never });
    expect(make).toThrow(says);
  });
});
