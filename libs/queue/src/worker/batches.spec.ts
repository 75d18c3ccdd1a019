import type { BatchContext, BatchItem } from '../task/batch.js';
import { type Aborted, TaskContext } from '../task/context.js';
import type { Schema } from '../task/definition.js';
import { RetryLater, Snooze } from '../task/signals.js';
import type { BatchHandler } from './batches.js';
import { handler, promised, World } from './testdata/world.js';

type Item = BatchItem<{ n: number }, unknown>;
type Options = Parameters<typeof handler>[1] & { max?: number; wait?: number };

/** A task `work` whose jobs run in batches. */
function batched(
  run: (items: Item[], context: BatchContext) => unknown,
  { max = 10, wait = 50, ...options }: Options = {},
): BatchHandler {
  const once = { retry: { attempts: 1 }, ...options };
  return { ...handler(() => undefined, once), batch: { max, wait, run, around: (join) => join } };
}

const payloads = (...numbers: number[]) => numbers.map((n) => ({ payload: { n } }));

describe('batches', () => {
  let world: World;
  let sizes: number[];
  const tally = (items: Item[]) => void sizes.push(items.length);
  beforeEach(() => {
    world = new World();
    sizes = [];
  });
  afterEach(() => world.close());

  /** Whatever can happen without time has happened. */
  const settled = () => world.clock.advance(0);
  const states = (ids: string[]) => Promise.all(ids.map(async (id) => (await world.find(id))?.state));

  describe('begin', () => {
    it('with max items at once, and leave the others to the next', async () => {
      await world.enqueue(...payloads(1, 2, 3, 4, 5, 6, 7));
      await world.worker([batched(tally, { max: 3 })]);
      await settled();
      expect(sizes).toEqual([3, 3]);

      await world.clock.advance(50);

      expect(sizes).toEqual([3, 3, 1]);
    });

    it('when the first one has waited, and not before', async () => {
      await world.worker([batched(tally)]);
      await world.enqueue(...payloads(1));
      await settled();
      await world.clock.advance(30);
      const [late] = await world.enqueue(...payloads(2));
      await settled();
      await world.clock.advance(19);
      expect(sizes).toEqual([]);
      expect(await states([late!])).toEqual(['active']);

      await world.clock.advance(1);

      expect(sizes).toEqual([2]);
    });

    it('when every place is taken by those who are in it', async () => {
      await world.enqueue(...payloads(1, 2, 3));
      const gate = promised();
      const run = (items: Item[]) => (tally(items), gate.promise);
      await world.worker([batched(run)], { concurrency: 2, prefetch: 0 });
      await settled();

      expect(sizes).toEqual([2]);
      gate.keep();
    });

    it('when a job of another task takes the last place', async () => {
      const gate = promised();
      const other = handler(() => gate.promise, { name: 'other' });
      await world.worker([batched(tally), other], { concurrency: 2 });
      await world.enqueue(...payloads(1));
      await settled();
      expect(sizes).toEqual([]);
      await world.enqueue({ task: 'other' });
      await settled();

      expect(sizes).toEqual([1]);
      gate.keep();
    });

    it('not before those who have a place are in, though every place is taken', async () => {
      const gate = promised();
      const payload: Schema = {
        check: async (value) => {
          if ((value as { n: number }).n === 2) await gate.promise;
          return { value };
        },
      };
      await world.enqueue(...payloads(1, 2));
      await world.worker([batched(tally, { payload })], { concurrency: 2, prefetch: 0 });
      await settled();
      expect(sizes).toEqual([]);
      gate.keep();
      await settled();

      expect(sizes).toEqual([2]);
    });

    it('without one whose payload is refused, as soon as that has left', async () => {
      const gate = promised();
      const payload: Schema = {
        check: async (value) => {
          if ((value as { n: number }).n === 1) return { value };
          await gate.promise;
          return { issues: [{ path: 'n', message: 'is not 1' }] };
        },
      };
      const [, refused] = await world.enqueue(...payloads(1, 2));
      const worker = await world.worker([batched(tally, { payload })]);
      const idle = worker.idle();
      await settled();
      expect(sizes).toEqual([]);
      gate.keep();
      await idle;

      expect(sizes).toEqual([1]);
      expect(await world.find(refused!)).toMatchObject({ state: 'failed', reason: 'invalid-payload' });
    });

    it('when the worker stops', async () => {
      const gate = promised();
      const run = (items: Item[]) => (tally(items), gate.promise);
      const ids = await world.enqueue(...payloads(1, 2));
      const worker = await world.worker([batched(run, { wait: 60_000 })]);
      await settled();
      expect(sizes).toEqual([]);
      const stopped = worker.stop();
      await settled();
      expect(sizes).toEqual([2]);
      gate.keep();
      await settled();

      expect(await stopped).toEqual({ released: 0 });
      expect(await states(ids)).toEqual(['completed', 'completed']);
    });

    it('while somebody waits for the worker to be idle, without any time', async () => {
      const ids = await world.enqueue(...payloads(1, 2, 3));
      const worker = await world.worker([batched(tally)]);
      await worker.idle();

      expect(sizes).toEqual([3]);
      expect(await states(ids)).toEqual(['completed', 'completed', 'completed']);
    });

    it('then too with all that one look brings', async () => {
      const gate = promised();
      await world.enqueue({ task: 'other' });
      const worker = await world.worker([batched(tally), handler(() => gate.promise, { name: 'other' })]);
      const idle = worker.idle();
      await settled();
      await world.enqueue(...payloads(1, 2, 3));
      await settled();
      expect(sizes).toEqual([3]);
      gate.keep();

      await idle;
    });

    it('apart for each queue', async () => {
      await world.enqueue({ queue: 'a' }, { queue: 'b' }, { queue: 'a' });
      const queues: string[] = [];
      const run = (items: Item[], { queue }: BatchContext) => void queues.push(`${queue} ${items.length}`);
      const worker = await world.worker([batched(run)], { queues: { a: 5, b: 5 } });
      await worker.idle();

      expect(queues.sort()).toEqual(['a 2', 'b 1']);
    });

    it('counting the wait anew, when the only one that waited was cancelled', async () => {
      await world.worker([batched(tally)]);
      const [gone] = await world.enqueue(...payloads(1));
      await settled();
      await world.clock.advance(40);
      await (await world.queue.job(gone!))!.cancel();
      await settled();
      expect(await states([gone!])).toEqual(['cancelled']);
      await world.enqueue(...payloads(2));
      await settled();
      await world.clock.advance(49);
      expect(sizes).toEqual([]);
      await world.clock.advance(1);

      expect(sizes).toEqual([1]);
    });

    it('outside of every job', async () => {
      const seen: unknown[] = [];
      await world.enqueue(...payloads(1, 2));
      const run = async () => {
        seen.push(TaskContext.current());
        await Promise.resolve();
        seen.push(TaskContext.current());
      };
      const worker = await world.worker([batched(run, { max: 2 })]);
      await worker.idle();

      expect(seen).toEqual([undefined, undefined]);
    });
  });

  describe('end', () => {
    it('each item by its result, in order; an error, or a promise that rejects, fails its own', async () => {
      const ids = await world.enqueue(...payloads(1, 2, 3, 4));
      const run = (items: Item[]) =>
        items.map(({ payload: { n } }) => {
          if (n === 2) return new Error('two');
          return n === 3 ? Promise.reject(new Error('three')) : n * 10;
        });
      const worker = await world.worker([batched(run)]);
      await worker.idle();

      expect(await Promise.all(ids.map((id) => world.look(id)))).toMatchObject([
        { state: 'completed', result: 10 },
        { state: 'failed', reason: 'exhausted', error: { message: 'two' } },
        { state: 'failed', reason: 'exhausted', error: { message: 'three' } },
        { state: 'completed', result: 40 },
      ]);
    });

    it('an item at once when the method says so, while it goes on with the others', async () => {
      const gate = promised();
      const ids = await world.enqueue(...payloads(1, 2, 3));
      const run = async ([first, second]: Item[]) => {
        first!.complete('done');
        first!.fail(new Error('too late'));
        second!.fail(new Error('broken'));
        await gate.promise;
      };
      await world.worker([batched(run, { max: 3 })]);
      await settled();
      expect(await states(ids)).toEqual(['completed', 'failed', 'active']);
      gate.keep();
      await settled();

      expect(await states(ids)).toEqual(['completed', 'failed', 'completed']);
      expect(await world.look(ids[0]!)).toMatchObject({ result: 'done' });
    });

    it('those that have not ended, when the method throws: each by its own policy', async () => {
      const ids = await world.enqueue(
        { payload: { n: 1 } },
        { payload: { n: 2 }, retry: { attempts: 2 } },
        { payload: { n: 3 } },
      );
      const run = ([first]: Item[]) => {
        first!.complete();
        throw new Error('all is lost');
      };
      await world.worker([batched(run, { max: 3 })]);
      await settled();

      expect(await Promise.all(ids.map((id) => world.look(id)))).toMatchObject([
        { state: 'completed' },
        { state: 'scheduled', reason: 'retry', error: { message: 'all is lost' } },
        { state: 'failed', error: { message: 'all is lost' } },
      ]);
    });

    it('an item with RetryLater or Snooze as a throw of them ends a job', async () => {
      const ids = await world.enqueue(...payloads(1, 2));
      const run = ([first, second]: Item[]) => {
        first!.fail(new RetryLater('1m', { attempts: 5 }));
        second!.fail(new Snooze('1m'));
      };
      await world.worker([batched(run, { max: 2 })]);
      await settled();

      expect(await Promise.all(ids.map((id) => world.look(id)))).toMatchObject([
        { state: 'scheduled', reason: 'retry', attempted: 1 },
        { state: 'scheduled', reason: 'snooze', attempted: 0 },
      ]);
    });

    it.each([
      ['too few results', () => [1], 'got 1 results'],
      ['too few promises, one of which breaks', () => [Promise.reject(new Error('one'))], 'got 1 results'],
      ['one result for all', () => 'done', 'got a string'],
    ])('nobody well with %s', async (_, run, says) => {
      const ids = await world.enqueue(...payloads(1, 2));
      const worker = await world.worker([batched(run, { retry: { attempts: 3 } })]);
      await worker.idle();

      for (const id of ids) {
        expect(await world.look(id)).toMatchObject({
          state: 'failed',
          reason: 'invalid-result',
          error: { message: expect.stringContaining(says) as string },
        });
      }
    });

    it('an item whose result its schema refuses, and that one alone', async () => {
      const returns: Schema = {
        check: (value) => (value === 'bad' ? { issues: [{ path: '', message: 'is bad' }] } : { value }),
      };
      const ids = await world.enqueue(...payloads(1, 2));
      const worker = await world.worker([batched(() => ['bad', 'good'], { returns })]);
      await worker.idle();

      expect(await Promise.all(ids.map((id) => world.look(id)))).toMatchObject([
        { state: 'failed', reason: 'invalid-result' },
        { state: 'completed', result: 'good' },
      ]);
    });

    it('with a line in the log, when the method throws and no item is left to tell of it', async () => {
      const errors: string[] = [];
      const silent = () => undefined;
      const logger = { debug: silent, log: silent, warn: silent, error: (text: string) => void errors.push(text) };
      const ids = await world.enqueue(...payloads(1));
      const run = ([item]: Item[]) => {
        item!.complete();
        throw new Error('afterwards');
      };
      const worker = await world.worker([batched(run)], { logger });
      await worker.idle();

      expect(await states(ids)).toEqual(['completed']);
      expect(errors).toEqual(['Could not run the batch method of work to its end: Error: afterwards']);
    });
  });

  describe('let go', () => {
    const why = ({ ctx }: Item) => (ctx.signal.reason as Aborted | undefined)?.why;

    it('of a cancelled item: its signal fires, it ends, the others go on, and nothing said of it counts', async () => {
      const gate = promised();
      let seen: Item[] = [];
      let all!: BatchContext;
      const ids = await world.enqueue(...payloads(1, 2));
      const run = async (items: Item[], context: BatchContext) => {
        [seen, all] = [items, context];
        await gate.promise;
        return ['one', 'two'];
      };
      const worker = await world.worker([batched(run, { max: 2 })]);
      await settled();
      await (await world.queue.job(ids[0]!))!.cancel();
      await settled();
      expect(await states(ids)).toEqual(['cancelled', 'active']);
      expect(seen.map(why)).toEqual(['cancel', undefined]);
      expect(seen.map((item) => item.ended)).toEqual([true, false]);
      expect(all.signal.aborted).toBe(false);
      expect(worker.running).toHaveLength(1);
      gate.keep();
      await settled();

      expect(await states(ids)).toEqual(['cancelled', 'completed']);
      expect(await world.look(ids[1]!)).toMatchObject({ result: 'two' });
    });

    it('of items at their timeout; the last one keeps its place until the method is back', async () => {
      const gate = promised();
      let all!: BatchContext;
      const ids = await world.enqueue(...payloads(1, 2, 3));
      const run = (_: Item[], context: BatchContext) => ((all = context), gate.promise);
      const worker = await world.worker([batched(run, { max: 3, timeout: { after: '10s', grace: '2s' } })]);
      await settled();
      await world.clock.advance('10s');
      expect(await states(ids)).toEqual(['failed', 'failed', 'active']);
      expect((all.signal.reason as Aborted).why).toBe('timeout');
      await world.clock.advance('2s');
      expect(await states(ids)).toEqual(['failed', 'failed', 'failed']);
      expect(await world.look(ids[0]!)).toMatchObject({ reason: 'exhausted', error: { code: 'JOB_TIMEOUT' } });
      expect(worker.status()).toMatchObject({ running: 1, stuck: 1 });
      gate.keep();
      await settled();

      expect(worker.status()).toMatchObject({ running: 0, stuck: 0 });
    });

    it('of every item when the lease was lost, and drops what the method says', async () => {
      const gate = promised();
      const calls: Item[][] = [];
      const ids = await world.enqueue(...payloads(1, 2));
      const run = async (items: Item[]) => {
        const nth = calls.push(items);
        if (nth === 1) await gate.promise;
        return items.map(() => `call ${nth}`);
      };
      const worker = await world.worker([batched(run, { max: 2 })]);
      await settled();
      for (let n = 0; n < 5; n++) {
        world.clock.freeze('4s'); // the worker is paused; others keep looking
        await world.store.reap({ lane: { queue: 'default', shard: 0 } });
      }
      await world.clock.advance('1s');
      expect(calls[0]!.map(why)).toEqual(['lease-lost', 'lease-lost']);
      await worker.idle();
      gate.keep();
      await settled();

      expect(calls).toHaveLength(2);
      for (const id of ids) expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'call 2' });
      expect(worker.running).toEqual([]);
    });

    it('of none at shutdown that ends in time', async () => {
      const ids = await world.enqueue(...payloads(1, 2));
      const run = (items: Item[], { signal }: BatchContext) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(items.map(why))));
      const worker = await world.worker([batched(run, { max: 2 })], { shutdown: { grace: '3s' } });
      await settled();
      const stopped = worker.stop();
      await world.clock.advance('3s');
      await settled();

      expect(await stopped).toEqual({ released: 0 });
      expect(await world.look(ids[0]!)).toMatchObject({ state: 'completed', result: 'shutdown' });
    });

    it('of all that do not, back to the queue, uncharged', async () => {
      const ids = await world.enqueue(...payloads(1, 2));
      const worker = await world.worker([batched(() => new Promise(() => undefined), { max: 2 })]);
      await settled();
      const stopped = worker.stop({ now: true });
      await world.clock.advance('1s');

      expect(await stopped).toEqual({ released: 2 });
      expect(await Promise.all(ids.map((id) => world.find(id)))).toMatchObject([
        { state: 'ready', attempts: 0 },
        { state: 'ready', attempts: 0 },
      ]);
    });
  });

  describe('warn at boot', () => {
    const silent = () => undefined;

    it.each([
      [10, []],
      [9, ['A batch of work may have 10 jobs, but its queue has 9 places here: raise its concurrency, or lower max']],
    ])('with %d places for a batch of 10', async (concurrency, said) => {
      const warnings: string[] = [];
      const logger = { debug: silent, log: silent, error: silent, warn: (text: string) => void warnings.push(text) };
      await world.worker([batched(tally)], { concurrency, logger });

      expect(warnings).toEqual(said);
    });
  });
});
