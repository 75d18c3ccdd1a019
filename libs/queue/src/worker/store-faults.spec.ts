import type { Aborted } from '../task/context.js';
import { Faults } from './testdata/faulty-store.js';
import { handler, promised, World } from './testdata/world.js';

describe('Worker and a store in trouble', () => {
  let world: World;
  let faults: Faults;
  beforeEach(() => {
    faults = new Faults();
    world = new World(faults.wrap);
  });
  afterEach(async () => {
    faults.away = false;
    await world.close();
  });

  /** Enqueues one job and waits until it runs. */
  async function begin() {
    const started = world.events.next('job.started');
    const handle = await world.queue.enqueue('work');
    await started;
    return handle;
  }

  describe('a lost answer', () => {
    it('R2: gives back, uncharged, what an answer that never came handed out', async () => {
      let runs = 0;
      const worker = await world.worker([handler(() => runs++)]);
      await worker.idle();
      faults.once('exchange', 'lose the answer');
      const { id } = await world.queue.enqueue('work');
      await faults.happened();
      await world.clock.advance('1s');
      await worker.idle();

      expect(runs).toBe(1);
      expect(await world.look(id)).toMatchObject({ state: 'completed', attempted: 1, crashes: 0, releases: 1 });
    });

    it('R3: sends settlements again, and takes stale for done', async () => {
      const gate = promised();
      const stale: unknown[] = [];
      world.events.on('job.stale', (fact) => stale.push(fact));
      const worker = await world.worker([handler(() => gate.promise)]);
      const { id } = await begin();
      const completed = world.events.next('job.completed');
      faults.once('exchange', 'lose the answer');
      gate.keep();
      await faults.happened();
      await world.clock.advance('1s');
      await completed;
      await worker.idle();

      expect(stale).toEqual([]);
      expect(await world.look(id)).toMatchObject({ state: 'completed', attempted: 1 });
      expect(await world.store.fsck()).toEqual([]);
    });

    it('asks the store to reconcile before it exchanges again', async () => {
      const worker = await world.worker([handler(() => undefined)]);
      await worker.idle();
      faults.calls.length = 0;
      faults.once('exchange', 'lose the answer');
      await world.queue.enqueue('work');
      await faults.happened();
      await world.clock.advance('1s');

      const verbs = faults.calls.map((call) => call.verb).filter((verb) => ['exchange', 'reconcile'].includes(verb));
      expect(verbs.slice(0, 3)).toEqual(['exchange', 'reconcile', 'exchange']);
    });

    it('R6: gives up a call that hangs, and works on', async () => {
      const worker = await world.worker([handler(() => undefined)]);
      await worker.idle();
      faults.once('exchange', 'hang');
      const { id } = await world.queue.enqueue('work');
      await faults.happened();
      await world.clock.advance('5s');

      expect(await world.look(id)).toMatchObject({ state: 'completed' });
    });
  });

  describe('an outage', () => {
    it('R1: lets handlers go on, keeps their endings, and settles them on return', async () => {
      const gate = promised<string>();
      let aborted = false;
      const worker = await world.worker([
        handler((_, ctx) => {
          ctx.signal.addEventListener('abort', () => (aborted = true));
          return gate.promise;
        }),
      ]);
      const { id } = await begin();
      const lost = world.events.next('store.lost');
      faults.away = true;
      await world.clock.advance('1s');
      await lost;
      expect(worker.status()).toMatchObject({ live: true, ready: false });
      await world.clock.advance('60s');
      gate.keep('done meanwhile');
      await world.clock.advance('60s');

      const back = world.events.next('store.back');
      faults.away = false;
      await world.clock.advance('5s');
      await back;
      await worker.idle();
      expect(aborted).toBe(false);
      expect(await world.look(id)).toMatchObject({
        state: 'completed',
        result: 'done meanwhile',
        attempted: 1,
        crashes: 0,
      });
    });

    it('R6: resumes by itself within 5 s of the return', async () => {
      await world.worker([handler(() => undefined)]);
      faults.away = true;
      await world.clock.advance('10m');
      faults.away = false;
      const { id } = await world.queue.enqueue('work');
      await world.clock.advance('5s');

      expect(await world.look(id)).toMatchObject({ state: 'completed' });
    });

    it('drops progress while the store is away, and waits for it with a checkpoint', async () => {
      const gate = promised();
      const worker = await world.worker([
        handler(async (_, ctx) => {
          await gate.promise;
          await ctx.progress(10);
          await ctx.checkpoint('half');
          return 'through';
        }),
      ]);
      const { id } = await begin();
      faults.away = true;
      gate.keep();
      await world.clock.advance('3s');
      faults.away = false;
      await world.clock.advance('5s');
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'through', progress: null });
    });

    it('R5: finds work without any hint', async () => {
      world.store.listen = () => Promise.reject(new Error('deaf'));
      const worker = await world.worker([handler(() => undefined)]);
      await worker.idle();
      const { id } = await world.queue.enqueue('work');
      await world.clock.advance('1s');

      expect(await world.look(id)).toMatchObject({ state: 'completed' });
    });
  });

  describe('a lost lease', () => {
    it('W2: tells its attempts, settles nothing of theirs, and goes on under a new id', async () => {
      const gate = promised<string>();
      const reasons: string[] = [];
      const frozen = await world.worker([
        handler((_, ctx) => {
          ctx.signal.addEventListener('abort', () => reasons.push((ctx.signal.reason as Aborted).why));
          return gate.promise;
        }),
      ]);
      const { id } = await begin();
      const old = frozen.id;
      const stale = world.events.next('job.stale');
      for (let n = 0; n < 4; n++) {
        world.clock.freeze('4s'); // the worker is paused; others keep looking
        await world.store.reap({ lane: { queue: 'default', shard: 0 } });
      }
      expect(await world.look(id)).toMatchObject({ state: 'ready', crashes: 1 });
      await world.clock.advance('1s');

      expect(await stale).toMatchObject({ id, worker: old });
      expect(reasons[0]).toBe('lease-lost');
      expect(frozen.id).not.toBe(old);
      gate.keep('either');
      await frozen.idle();
      expect(await world.look(id)).toMatchObject({ state: 'completed', attempted: 1, crashes: 1 });
    });
  });

  describe('a worker cut off', () => {
    it('W2: endings on their way when the lease is lost are not announced as done', async () => {
      const gate = promised();
      const completed: string[] = [];
      world.events.on('job.completed', (fact) => completed.push(`${fact.task} ${fact.worker === first}`));
      const mail = handler(() => gate.promise, { name: 'mail', queue: 'mails' });
      const worker = await world.worker([mail, handler(() => undefined)]);
      const first = worker.id;
      const started = world.events.next('job.started');
      await world.queue.enqueue('mail', undefined, { queue: 'mails' });
      await started;
      faults.once('exchange', 'hang');
      gate.keep();
      await faults.happened();
      const lost = world.events.next('worker.lost');
      await world.store.retire(first);
      await world.queue.enqueue('work');
      await lost;
      await world.clock.advance('5s');
      await worker.idle();

      expect(completed.sort()).toEqual(['mail false', 'work false']);
    });

    it('W1, W2: others run its job within lease and 2 s; back again, it settles nothing and goes on under a new id', async () => {
      const gates = [promised<string>(), promised<string>()];
      const runs: string[] = [];
      const run = handler((_, ctx) => {
        runs.push(ctx.worker);
        return gates[runs.length - 1]!.promise;
      });
      const cut = new Faults();
      const lost = new World(cut.wrap, world);
      const first = await lost.worker([run]);
      const { id } = await begin();
      const old = first.id;
      const second = await world.worker([run], { name: 'second' });
      await world.clock.advance('4s');

      cut.away = true;
      await world.clock.advance('17s');
      expect(runs).toEqual([old, second.id]);
      expect(await world.look(id)).toMatchObject({ state: 'active', worker: second.id, crashes: 1, attempted: 0 });

      const stale = world.events.next('job.stale');
      cut.away = false;
      gates[0]!.keep('of the first');
      await world.clock.advance('2s');
      expect(await stale).toMatchObject({ id, worker: old });
      expect(first.id).not.toBe(old);
      gates[1]!.keep('of the second');
      await second.idle();
      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'of the second', attempted: 1 });
      expect(await world.store.fsck()).toEqual([]);
      await first.stop({ now: true });
    });

    it('W6: a job whose worker dies three times fails with its workers, and its dead letter is written', async () => {
      const letters: unknown[] = [];
      const tasks = [
        handler(() => new Promise(() => undefined), { deadLetter: { task: 'ops.failed' } }),
        handler((payload) => letters.push(payload), { name: 'ops.failed', queue: 'ops' }),
      ];
      const keeper = await world.worker(tasks, { queues: { ops: 1 } });
      const { id } = await world.queue.enqueue('work');
      for (let n = 0; n < 3; n++) {
        const cut = new Faults();
        const started = world.events.next('job.started');
        await new World(cut.wrap, world).worker(tasks, { name: `dying-${n}`, queues: { default: 1 } });
        await world.clock.advance('2s');
        await started;
        cut.away = true;
        await world.clock.advance('18s');
      }
      await keeper.idle();

      expect(await world.look(id)).toMatchObject({ state: 'failed', reason: 'worker-lost', crashes: 3, attempted: 0 });
      expect(letters).toMatchObject([{ jobId: id, task: 'work', attempts: 0, error: { code: 'WORKER_LOST' } }]);
    });

    it('L1: stops within the grace and a second, even when the store hangs', async () => {
      const worker = await world.worker([handler(() => new Promise(() => undefined))], { shutdown: { grace: '5s' } });
      await begin();
      const stopped = worker.stop();
      await world.clock.advance('4900ms');
      for (const verb of ['exchange', 'retire'] as const) faults.once(verb, 'hang');
      await world.clock.advance('1100ms');

      expect(await stopped).toEqual({ released: 0 });
    });
  });

  describe('boot', () => {
    it('WK11: tries five times, one second apart, then rejects with the reason', async () => {
      faults.away = true;
      const worker = world.make([handler(() => undefined)]);
      const rejected = expect(worker.start()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      await world.clock.advance('4s');
      await rejected;

      expect(faults.count('open')).toBe(5);
      expect(world.clock.waiting).toBe(0);
    });

    it('WK11: starts when the store comes back in between', async () => {
      faults.away = true;
      const worker = world.make([handler(() => undefined)]);
      const starting = worker.start();
      await world.clock.advance('2s');
      faults.away = false;
      await world.clock.advance('1s');
      await starting;

      expect(worker.status()).toMatchObject({ live: true });
    });
  });
});
