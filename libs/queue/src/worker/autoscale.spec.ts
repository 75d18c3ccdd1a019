import type { Concurrency } from './options.js';
import { handler, promised, World } from './testdata/world.js';

describe('places between a least and a most', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  const jobs = (count: number) => Array.from({ length: count }, () => ({}));

  /** A worker whose jobs run until `open` is called. */
  async function setup(concurrency: Concurrency, options = {}) {
    const gate = promised();
    const worker = await world.worker([handler(() => gate.promise)], { concurrency, prefetch: 0, ...options });
    const places = () => worker.status().concurrency.default;
    return { worker, places, open: () => gate.keep() };
  }

  /** The clock is turned by `by`, step by step; what there was after each step that changed it. */
  async function steps(places: () => number | undefined, by: number) {
    const seen = [places()];
    for (let ms = 0; ms < by; ms += 125) {
      await world.clock.advance(125);
      if (seen.at(-1) !== places()) seen.push(places());
    }
    return seen;
  }

  it('WK9: double while jobs wait, up to the most, and no further than is needed', async () => {
    const { worker, places, open } = await setup({ min: 2, max: 50 });
    await world.enqueue(...jobs(30));

    expect(await steps(places, 10_000)).toEqual([2, 4, 8, 16, 32]);
    expect(worker.running).toHaveLength(30);
    await world.enqueue(...jobs(100));
    expect(await steps(places, 10_000)).toEqual([32, 50]);
    expect(worker.running).toHaveLength(50);
    open();
  });

  it('WK9: stay as they are while the event loop lags by 50 ms', async () => {
    const { places, open } = await setup({ min: 1, max: 8 });
    await world.enqueue(...jobs(30));
    for (let second = 0; second < 20; second++) {
      world.clock.freeze('1100ms'); // every look comes late
      await world.clock.advance(0);
    }
    expect(places()).toBe(1);
    expect((await steps(places, 5000)).at(-1)).toBe(8);
    open();
  });

  it('WK9: wait for what the last step brought, however slowly the store answers', async () => {
    const { worker, places, open } = await setup({ min: 1, max: 64 });
    const exchange = world.store.exchange.bind(world.store);
    world.store.exchange = async (request) => {
      const answer = await exchange(request);
      await world.clock.sleep(900);
      return answer;
    };
    await world.enqueue(...jobs(3));

    expect(await steps(places, 20_000)).toEqual([1, 2, 4]);
    expect(worker.running).toHaveLength(3);
    world.store.exchange = exchange;
    open();
  });

  it('WK9: shrink after 30 s in which none waited, to what was taken meanwhile', async () => {
    const gates = [promised(), promised()];
    const run = async ({ gate }: { gate: number }) => gates[gate]?.promise;
    const worker = await world.worker([handler(run)], { concurrency: { min: 1, max: 16 }, prefetch: 0 });
    const places = () => worker.status().concurrency.default;
    await world.enqueue(...Array.from({ length: 13 }, () => ({ payload: { gate: 0 } })));
    await world.enqueue(...jobs(3).map(() => ({ payload: { gate: 1 } })));
    expect((await steps(places, 10_000)).at(-1)).toBe(16);
    gates[0]!.keep();
    await world.clock.advance('25s');
    expect(places()).toBe(16);
    await world.clock.advance('35s');
    expect(places()).toBe(3);
    gates[1]!.keep();
    await world.clock.advance('62s');
    expect(places()).toBe(1);
  });

  it('WK9: are one number for all the queue is asked to run at once, whatever another queue does', async () => {
    const gate = promised();
    const run = (queue: string) => handler(() => gate.promise, { name: queue, queue });
    const worker = await world.worker([run('a'), run('b')], {
      queues: { a: { concurrency: { min: 1, max: 4 } }, b: 3 },
      prefetch: 0,
    });
    await world.enqueue(
      ...Array.from({ length: 9 }, (_, i) => ({ queue: i % 2 ? 'a' : 'b', task: i % 2 ? 'a' : 'b' })),
    );
    await world.clock.advance('5s');

    expect(worker.status().concurrency).toEqual({ a: 4, b: 3 });
    expect(worker.running.filter(({ queue }) => queue === 'b')).toHaveLength(3);
    gate.keep();
  });

  it('look at nothing where every queue has a number', async () => {
    const clean = new World();
    const fixed = await clean.worker([handler(() => 1)], { concurrency: 4 });
    const timers = clean.clock.waiting;
    const scaled = new World();
    await scaled.worker([handler(() => 1)], { concurrency: { min: 4, max: 5 } });
    expect(fixed.status().concurrency).toEqual({ default: 4 });
    expect(scaled.clock.waiting).toBe(timers + 1);
    await clean.close();
    await scaled.close();
  });

  it.each([
    [{ min: 0, max: 4 }, 'queues.default.concurrency.min is 0; it must be a whole number from 1 to 4.'],
    [{ min: 5, max: 4 }, 'queues.default.concurrency.min is 5'],
    [{ min: 1, max: 10_001 }, 'queues.default.concurrency.max is 10001'],
    [{ min: 1 }, 'queues.default.concurrency.max is undefined'],
  ])('WK9: refuse %j', (concurrency, says) => {
    const make = () => world.make([handler(() => 1)], { concurrency: concurrency as never });
    expect(make).toThrow(says);
  });

  describe('setConcurrency', () => {
    it('WK9: more places are filled at once', async () => {
      const { worker, open } = await setup(2);
      await world.enqueue(...jobs(8));
      await world.clock.advance('1s');
      expect(worker.running).toHaveLength(2);
      worker.setConcurrency('default', 5);
      await world.clock.advance(0);

      expect(worker.running).toHaveLength(5);
      expect(worker.status().concurrency).toEqual({ default: 5 });
      open();
    });

    it('WK9: with fewer, running jobs finish, and nothing new begins before there is a place', async () => {
      const gates = Array.from({ length: 6 }, () => promised());
      const run = ({ n }: { n: number }) => gates[n]!.promise;
      const worker = await world.worker([handler(run)], { concurrency: 4, prefetch: 0 });
      const ids = await world.enqueue(...gates.map((_, n) => ({ payload: { n } })));
      await world.clock.advance('1s');
      worker.setConcurrency('default', 1);
      for (const n of [0, 1, 2]) gates[n]!.keep();
      await world.clock.advance('2s');
      expect(worker.running.map(({ id }) => id)).toEqual([ids[3]]);
      gates[3]!.keep();
      await world.clock.advance('2s');
      expect(worker.running.map(({ id }) => id)).toEqual([ids[4]]);
      for (const gate of gates) gate.keep();
      await worker.idle();

      for (const id of ids) expect(await world.find(id)).toMatchObject({ state: 'completed', releases: 0 });
    });

    it('WK9: what is on its way when places are given up goes back, uncharged, within a moment', async () => {
      const { worker, open } = await setup(4);
      await world.clock.advance('1s');
      const ids = await world.enqueue(...jobs(4));
      const exchanged = promised();
      const answered = world.store.exchange.bind(world.store);
      world.store.exchange = async (request) => {
        const answer = await answered(request);
        if (answer.jobs.length > 0) await exchanged.promise;
        return answer;
      };
      await world.clock.advance('1s');
      worker.setConcurrency('default', 1);
      exchanged.keep();
      await world.clock.advance('2s');

      expect(worker.running).toHaveLength(1);
      const others = await Promise.all(ids.slice(1).map((id) => world.find(id)));
      for (const job of others) expect(job).toMatchObject({ state: 'ready', attempts: 0, releases: 1 });
      open();
    });

    it('WK9: a least and a most make places follow what waits, and the same number twice ends that', async () => {
      const { worker, places, open } = await setup(2);
      await world.enqueue(...jobs(30));
      worker.setConcurrency('default', { min: 4, max: 8 });
      expect(places()).toBe(4);
      await world.clock.advance('5s');
      expect(places()).toBe(8);
      expect(() => worker.setConcurrency('default', 20)).toThrow(
        "The places of 'default' follow what waits; give { min, max } instead of 20.",
      );
      worker.setConcurrency('default', { min: 3, max: 3 });
      expect(places()).toBe(3);
      worker.setConcurrency('default', 6);
      await world.clock.advance('5s');
      expect(places()).toBe(6);
      open();
    });

    it('WK9: holds when it is called before the start', async () => {
      const worker = world.make([handler(() => 1)]);
      worker.setConcurrency('default', 7);
      await worker.start();
      expect(worker.status().concurrency).toEqual({ default: 7 });
    });

    it.each([
      ['default', 0, 'concurrency is 0; it must be a whole number from 1 to 10000.'],
      ['default', 1.5, 'concurrency is 1.5'],
      ['default', 10_001, 'concurrency is 10001'],
      ['default', '5' as never, 'concurrency is 5; it must be a whole number'],
      ['default', null as never, 'concurrency must be an object'],
      ['default', { min: 1, max: 3, most: 3 } as never, "Unknown option 'concurrency.most'. Known are: min, max."],
      ['default', { min: 3, max: 2 }, 'concurrency.min is 3; it must be a whole number from 1 to 2.'],
      ['defualt', 2, "'defualt' is not served here. Did you mean 'default'?"],
    ])('WK9: refuses %s, %j, and changes nothing', async (queue, concurrency, says) => {
      const { worker } = await setup(2);
      expect(() => worker.setConcurrency(queue, concurrency)).toThrow(says);
      expect(worker.status().concurrency).toEqual({ default: 2 });
    });
  });
});
