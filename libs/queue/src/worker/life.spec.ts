import type { Aborted } from '../task/context.js';
import { handler, promised, World } from './testdata/world.js';

describe('Life of a worker', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  async function begin(payload?: unknown) {
    const started = world.events.next('job.started');
    const handle = await world.queue.enqueue('work', payload);
    await started;
    return handle;
  }

  describe('start', () => {
    it('registers, and announces what it serves', async () => {
      const worker = await world.worker([handler(() => 1), handler(() => 1, { name: 'mail', queue: 'mails' })], {
        concurrency: 3,
      });

      expect(await world.queue.workers()).toMatchObject([
        { id: worker.id, name: 'test', queues: ['default', 'mails'], tasks: ['work', 'mail'], concurrency: 6, held: 0 },
      ]);
      await worker.idle();
      expect(worker.status()).toMatchObject({ live: true, ready: true, running: 0, stuck: 0 });
    });

    it('WK5: calls onWorkerStart before the first claim and onWorkerStop after the last job, in reverse order', async () => {
      const said: string[] = [];
      const gate = promised();
      const started = world.events.next('job.started');
      const named = (name: string) => ({
        onWorkerStart: () => said.push(`start ${name}`),
        onWorkerStop: () => said.push(`stop ${name}`),
      });
      await world.queue.enqueue('work');
      const worker = await world.worker(
        [
          handler(async () => {
            await gate.promise;
            said.push('ran');
          }),
        ],
        { hooks: [named('a'), named('b')] },
      );
      await started;
      const stopped = worker.stop();
      gate.keep();
      await stopped;

      expect(said).toEqual(['start a', 'start b', 'ran', 'stop b', 'stop a']);
    });

    it('WK5: a throw in onWorkerStart stops the boot; onWorkerStop follows half a start too', async () => {
      const said: string[] = [];
      const worker = world.make([handler(() => said.push('ran'))], {
        hooks: [
          { onWorkerStart: () => Promise.reject(new Error('no database')), onWorkerStop: () => said.push('stop a') },
          { onWorkerStop: () => said.push('stop b') },
        ],
      });
      await world.queue.enqueue('work');

      await expect(worker.start()).rejects.toThrow('no database');
      expect(said).toEqual(['stop a']);
      expect(await world.queue.workers()).toEqual([]);
    });

    it('refuses two handlers for one name', () => {
      expect(() => world.make([handler(() => 1), handler(() => 2, { name: 'other', aliases: ['work'] })])).toThrow(
        "Two handlers run 'work'",
      );
    });

    it('refuses options out of range, by name', () => {
      expect(() => world.make([handler(() => 1)], { concurrency: 0 })).toThrow('queues.default.concurrency is 0');
      expect(() => world.make([handler(() => 1)], { lease: 'soon' as never })).toThrow("lease is 'soon'");
      expect(() => world.make([handler(() => 1)], { except: ['defualt'] })).toThrow("Did you mean 'default'?");
    });
  });

  describe('maxJobs', () => {
    it('counts over all queues: two that look at once share what may still be claimed', async () => {
      const ran: string[] = [];
      const run = (name: string) => handler(() => ran.push(name), { name, queue: name });
      await world.queue.enqueue('a', undefined, { queue: 'a' });
      await world.queue.enqueue('b', undefined, { queue: 'b' });
      const worker = await world.worker([run('a'), run('b')], { maxJobs: 1 });

      expect(await worker.done).toEqual({ completed: 1, failed: 0, reason: 'max-jobs' });
      expect(ran).toHaveLength(1);
    });

    it('leaves to a queue that has jobs what another asked for in vain', async () => {
      const run = (name: string) => handler(() => undefined, { name, queue: name });
      await world.queue.enqueue('b', undefined, { queue: 'b' });
      const worker = await world.worker([run('a'), run('b')], { maxJobs: 1 });

      expect(await worker.done).toMatchObject({ completed: 1 });
      expect(world.clock.monotonic()).toBe(0);
    });
  });

  describe('stop', () => {
    it('WK8: waits for what runs, within the grace', async () => {
      const gate = promised();
      const worker = await world.worker([handler(() => gate.promise)]);
      const { id } = await begin();
      const stopped = worker.stop();
      await world.clock.advance('29s');
      expect(worker.status().ready).toBe(false);
      gate.keep();

      expect(await stopped).toEqual({ released: 0 });
      expect(await world.look(id)).toMatchObject({ state: 'completed' });
      expect(await world.queue.workers()).toEqual([]);
      expect(world.clock.waiting).toBe(0);
    });

    it('WK8, RE9, L1: after the grace fires the signals and gives back the rest, uncharged and to the front', async () => {
      const reasons: string[] = [];
      const worker = await world.worker(
        [
          handler(({ n }: { n: number }, ctx) => {
            ctx.signal.addEventListener('abort', () => reasons.push((ctx.signal.reason as Aborted).why));
            return n === 3
              ? new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(new Error('stopped'))))
              : new Promise(() => undefined);
          }),
        ],
        { shutdown: { grace: '10s' }, concurrency: 3 },
      );
      const first = await begin({ n: 1 });
      const second = await begin({ n: 2 });
      await begin({ n: 3 });
      const later = await world.queue.enqueue('work', { n: 4 });
      const stopped = worker.stop();
      await world.clock.advance('11s');

      expect(await stopped).toEqual({ released: 3 });
      expect(reasons).toEqual(['shutdown', 'shutdown', 'shutdown']);
      const { jobs } = await world.queue.list({ state: 'ready' });
      expect(jobs.map((job) => job.id).filter((id) => [first.id, second.id, later.id].includes(id))).toEqual([
        first.id,
        second.id,
        later.id,
      ]);
      expect(jobs).toHaveLength(4);
      expect(jobs[0]).toMatchObject({ attempted: 0, crashes: 0, releases: 1 });
    });

    it('WK8: asked again with `now`, skips the grace', async () => {
      const worker = await world.worker([handler(() => new Promise(() => undefined))]);
      const { id } = await begin();
      const stopped = worker.stop();
      expect(await worker.stop({ now: true })).toEqual({ released: 1 });
      await stopped;

      expect(await world.look(id)).toMatchObject({ state: 'ready', attempted: 0, releases: 1 });
      expect(world.clock.waiting).toBe(0);
    });

    it('WK8: what ends well during the last words is completed', async () => {
      const worker = await world.worker([
        handler((_, ctx) => new Promise((resolve) => ctx.signal.addEventListener('abort', () => resolve('saved')))),
      ]);
      const { id } = await begin();
      const stopped = worker.stop();
      await world.clock.advance('31s');

      expect(await stopped).toEqual({ released: 0 });
      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'saved' });
    });

    it('takes nothing any more', async () => {
      const worker = await world.worker([handler(() => undefined)]);
      await worker.stop();
      const { id } = await world.queue.enqueue('work');
      await world.clock.advance('10s');

      expect(await world.look(id)).toMatchObject({ state: 'ready' });
      await expect(worker.idle()).resolves.toBeUndefined();
    });

    it('waits for a start in hand: nothing that it began outlives the stop', async () => {
      const said: string[] = [];
      const gate = promised();
      const hooks = (name: string, started?: Promise<void>) => ({
        onWorkerStart: () => (said.push(`start ${name}`), started),
        onWorkerStop: () => said.push(`stop ${name}`),
      });
      const worker = world.make([handler(() => 1)], { hooks: [hooks('a', gate.promise), hooks('b')] });
      const starting = worker.start();
      const stopped = worker.stop();
      gate.keep();
      await Promise.all([starting, stopped]);

      expect(said).toEqual(['start a', 'stop a']);
    });

    it('takes back a registration that it met half done', async () => {
      const worker = world.make([handler(() => 1)]);
      const register = world.store.register.bind(world.store);
      let stopped: Promise<unknown> | undefined;
      world.store.register = (record) => {
        stopped = worker.stop();
        return register(record);
      };
      await worker.start();
      await stopped;

      expect(await world.queue.workers()).toEqual([]);
    });

    it('is for good: a start that follows does nothing', async () => {
      const worker = world.make([handler(() => 1)], {
        hooks: { onWorkerStart: () => Promise.reject(new Error('started')) },
      });
      await worker.stop();
      await worker.start();

      expect(await world.queue.workers()).toEqual([]);
      expect(world.clock.waiting).toBe(0);
    });

    it('L1: starting and stopping over and over leaves nothing behind', async () => {
      for (let n = 0; n < 50; n++) {
        const worker = world.make([handler(() => undefined)]);
        const starting = worker.start();
        if (n % 2 === 0) await starting;
        await world.queue.enqueue('work');
        await Promise.all([worker.stop(), worker.stop(), starting]);
      }

      expect(await world.queue.workers()).toEqual([]);
      expect(world.clock.waiting).toBe(0);
      expect(await world.store.fsck()).toEqual([]);
    });
  });

  describe('burst', () => {
    it('WK4: ends once its queues are drained, and counts', async () => {
      await world.queue.enqueueMany(
        'work',
        [0, 1, 2].map((n) => ({ payload: { n } })),
      );
      const later = await world.queue.enqueue('work', { n: 9 }, { delay: '1h' });
      const worker = await world.worker(
        [
          handler(({ n }: { n: number }) => (n === 1 ? Promise.reject(new Error('no')) : n), {
            retry: { attempts: 1 },
          }),
        ],
        { burst: 'ready' },
      );

      expect(await worker.done).toEqual({ completed: 2, failed: 1, reason: 'drained' });
      expect(await world.look(later.id)).toMatchObject({ state: 'scheduled' });
    });

    it('WK4: with `all` it waits for scheduled jobs too', async () => {
      const later = await world.queue.enqueue('work', undefined, { delay: '1m' });
      const worker = await world.worker([handler(() => undefined)], { burst: 'all' });
      await world.clock.advance('2m');

      expect(await worker.done).toEqual({ completed: 1, failed: 0, reason: 'drained' });
      expect(await world.look(later.id)).toMatchObject({ state: 'completed' });
    });

    it('WK4: ends after so many jobs, and takes no more than that', async () => {
      await world.queue.enqueueMany(
        'work',
        Array.from({ length: 5 }, () => ({})),
      );
      const worker = await world.worker([handler(() => undefined)], { maxJobs: 3 });

      expect(await worker.done).toEqual({ completed: 3, failed: 0, reason: 'max-jobs' });
      expect((await world.queue.counts())[0]!.counts).toMatchObject({ completed: 3, ready: 2 });
    });
  });

  describe('unknown tasks', () => {
    it('DT3, L2: hands back a job it does not know, uncharged, and says why', async () => {
      const worker = await world.worker([handler(() => undefined)]);
      const { id } = await world.queue.enqueue('orders.new');
      await worker.idle();
      expect(await world.look(id)).toMatchObject({
        state: 'scheduled',
        reason: 'unknown-task',
        attempted: 0,
        releases: 1,
      });
      expect((await world.look(id))!.runAt).toBe(world.clock.now() + 5000);

      await world.worker([handler(() => 'known now', { name: 'orders.new' })]);
      await world.clock.advance('10m');
      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'known now' });
    });

    it('DT3: fails it only when the time is over, and not while a live worker announces the task', async () => {
      await world.worker([handler(() => undefined)], { unknownTaskAfter: '1m' });
      const knowing = await world.worker([handler(() => 'never runs', { name: 'orders.new', queue: 'elsewhere' })]);
      const { id } = await world.queue.enqueue('orders.new');
      await world.clock.advance('10m');
      expect(await world.look(id)).toMatchObject({ state: 'scheduled', reason: 'unknown-task' });

      await knowing.stop();
      await world.clock.advance('10m');
      expect(await world.look(id)).toMatchObject({
        state: 'failed',
        reason: 'unknown-task',
        error: { code: 'UNKNOWN_TASK' },
      });
    });
  });
});
