import fc from 'fast-check';
import { StoreUnavailable } from '../job/errors.js';
import type { ExchangeAnswer, ExchangeRequest, Store } from '../store/store.js';
import { nextTurn } from '../time/loop.js';
import { handler, World } from './testdata/world.js';

type Exchange = (request: ExchangeRequest) => Promise<ExchangeAnswer>;

/** A memory store behind a network, as `line` makes it. Counts how many exchanges are on their way. */
class Far {
  readonly asked: ExchangeRequest[] = [];
  readonly reconciledWith: number[] = [];
  onTheirWay = 0;
  most = 0;

  constructor(private readonly line: (send: () => Promise<ExchangeAnswer>) => Promise<ExchangeAnswer>) {}

  readonly wrap = (store: Store): Store => ({
    ...store,
    flights: 2,
    exchange: this.counting((request) => this.line(() => store.exchange(request))),
    reconcile: (...args) => {
      this.reconciledWith.push(this.onTheirWay);
      return store.reconcile(...args);
    },
  });

  private counting(exchange: Exchange): Exchange {
    return async (request) => {
      this.asked.push(request);
      this.most = Math.max(this.most, ++this.onTheirWay);
      try {
        return await exchange(request);
      } finally {
        this.onTheirWay--;
      }
    };
  }
}

const slow = async (send: () => Promise<ExchangeAnswer>) => {
  await nextTurn();
  return send();
};
const away = () => new StoreUnavailable('far:');

describe('exchanges over a network', () => {
  it('are two at a time while there is work for both, each for half of the places', async () => {
    const far = new Far(slow);
    const world = new World(far.wrap);
    let running = 0;
    let most = 0;
    const run = async () => {
      most = Math.max(most, ++running);
      await nextTurn();
      running--;
    };
    await world.enqueue(...Array.from({ length: 200 }, () => ({})));
    const worker = await world.worker([handler(run)], { concurrency: 16, prefetch: 0 });
    await worker.idle();

    expect(far.most).toBe(2);
    expect(Math.max(...far.asked.map(({ want }) => want))).toBe(8);
    expect(most).toBe(16);
    await world.close();
  });

  it('are one at a time where there are few places', async () => {
    const far = new Far(slow);
    const world = new World(far.wrap);
    await world.enqueue(...Array.from({ length: 50 }, () => ({})));
    const worker = await world.worker([handler(() => nextTurn())], { concurrency: 10, prefetch: 0 });
    await worker.idle();

    expect(far.most).toBe(1);
    await world.close();
  });

  it('in doubt are all waited for before the store is asked to release anything', async () => {
    let lost = false;
    let others = 0;
    const far = new Far(async (send) => {
      await nextTurn();
      const answer = await send();
      if (far.onTheirWay < 2 || lost) return answer;
      lost = true; // this one was served and never answers; the other answers later
      others = far.onTheirWay;
      throw away();
    });
    const world = new World(far.wrap);
    let runs = 0;
    await world.enqueue(...Array.from({ length: 100 }, () => ({})));
    const worker = await world.worker([handler(() => void runs++)], { concurrency: 20 });
    await world.clock.advance('10s');
    await worker.idle();

    expect(others).toBe(2);
    expect(far.reconciledWith).toEqual([0]);
    expect(runs).toBe(100);
    expect(await world.queue.counts()).toMatchObject([{ counts: { ready: 0, active: 0, completed: 100 } }]);
    await world.close();
  });

  it('run every job once, whichever of them never arrive, never answer, or take their time', async () => {
    const fates = fc.array(fc.constantFrom('lost', 'unanswered', 'slow', 'well', 'well', 'well'), { maxLength: 60 });
    const seed = Number(process.env.MILLRACE_SEED ?? Date.now() % 1e9);
    console.info(`flights: MILLRACE_SEED=${seed}`);
    const property = fc.asyncProperty(fates, fc.integer({ min: 1, max: 40 }), async (fates, concurrency) => {
      const left = [...fates];
      const far = new Far(async (send) => {
        const fate = left.shift();
        await nextTurn();
        if (fate === 'lost') throw away();
        const answer = await send();
        if (fate === 'slow') for (let turn = 0; turn < 5; turn++) await nextTurn();
        if (fate === 'unanswered') throw away();
        return answer;
      });
      const world = new World(far.wrap);
      const runs = new Map<string, number>();
      const ids = await world.enqueue(...Array.from({ length: 120 }, () => ({})));
      const run = (_: never, { job }: { job: { id: string } }) => void runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
      await world.worker([handler(run)], { concurrency });
      const done = async () => (await world.queue.counts())[0]!.counts.completed === ids.length;
      for (let turn = 0; turn < 200 && !(await done()); turn++) await world.clock.advance('500ms');

      expect([...runs.values()].filter((times) => times !== 1)).toEqual([]);
      expect(runs.size).toBe(ids.length);
      expect(await done()).toBe(true);
      expect(await world.store.fsck()).toEqual([]);
      await world.close();
    });
    await fc.assert(property, { numRuns: 60, seed });
  });
});
