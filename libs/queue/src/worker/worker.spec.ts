import { nextTurn } from '../time/loop.js';
import { jest } from '@jest/globals';
import type { MillraceError } from '../job/errors.js';
import { type Aborted, TaskContext } from '../task/context.js';
import { Discard, RateLimited, RetryLater, Snooze } from '../task/signals.js';
import { fixed } from '../time/backoff.js';
import { handler, promised, World } from './testdata/world.js';

const once = { attempts: 1 };

class Declined extends Error {}
class Broken extends Error {}

const raise = (error: Error): never => {
  throw error;
};

describe('Worker', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  /** Runs one job to rest and answers what a looker sees. */
  async function outcome(run: Parameters<typeof handler>[0], options: Parameters<typeof handler>[1] = {}, call = {}) {
    const worker = await world.worker([handler(run, options)]);
    const { id } = await world.queue.enqueue('work', { n: 1 }, call);
    await worker.idle();
    return (await world.look(id))!;
  }

  describe('run', () => {
    it('ST5: completes a job and keeps its result', async () => {
      const job = await outcome(({ n }: { n: number }) => Promise.resolve({ twice: n * 2 }));

      expect(job).toMatchObject({ state: 'completed', result: { twice: 2 }, attempted: 1, error: null });
    });

    it('ST4: shows a running job as active, with its worker', async () => {
      const gate = promised();
      const worker = await world.worker([handler(() => gate.promise)]);
      const started = world.events.next('job.started');
      const { id } = await world.queue.enqueue('work');
      await started;

      expect(await world.look(id)).toMatchObject({ state: 'active', worker: worker.id });
      expect(worker.running).toMatchObject([{ id, task: 'work', queue: 'default', attempt: 1, stuck: false }]);
      gate.keep();
      await worker.idle();
    });

    it('DT7: hands the handler its context, also as the ambient one', async () => {
      let seen: Record<string, unknown> = {};
      const job = await outcome(
        (_, ctx) => {
          const { job, attempt, isLastAttempt, worker, fence, idempotencyKey, deadline } = ctx;
          const ambient = TaskContext.current() === ctx;
          seen = {
            job,
            attempt,
            isLastAttempt,
            worker,
            fence,
            idempotencyKey,
            deadline,
            ambient,
            at: ctx.signal.aborted,
          };
        },
        { timeout: '1m' },
        { headers: { tenant: 'acme' }, tags: ['a'], priority: 'high' },
      );

      expect(seen).toMatchObject({
        job: {
          id: job.id,
          task: 'work',
          queue: 'default',
          headers: { tenant: 'acme' },
          tags: ['a'],
          priority: 'high',
          timeout: 60_000,
        },
        attempt: 1,
        isLastAttempt: false,
        idempotencyKey: job.id,
        deadline: world.clock.now() + 60_000,
        ambient: true,
        at: false,
      });
      expect(seen['fence']).toEqual(expect.any(Number));
    });

    it('DT3: runs jobs that carry an old name of the task', async () => {
      const worker = await world.worker([handler(() => 'ran', { name: 'orders.process', aliases: ['orders.run'] })]);
      const { id } = await world.queue.enqueue('orders.run');
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'ran' });
    });

    it('WK3: takes no more than it has places', async () => {
      let most = 0;
      let now = 0;
      const gates = Array.from({ length: 5 }, () => promised());
      const worker = await world.worker(
        [
          handler(async ({ n }: { n: number }) => {
            most = Math.max(most, ++now);
            await gates[n]!.promise;
            now--;
          }),
        ],
        { concurrency: 2 },
      );
      await world.queue.enqueueMany(
        'work',
        gates.map((_, n) => ({ payload: { n } })),
      );
      for (const gate of gates) gate.keep();
      await worker.idle();

      expect(most).toBe(2);
      expect(worker.running).toEqual([]);
    });

    it('looks once it hears hints, as what came before made no sound', async () => {
      const hears = promised();
      const deaf = new World(
        (store) => ({ ...store, listen: (topics, hear) => hears.promise.then(() => store.listen(topics, hear)) }),
        world,
      );
      const worker = await deaf.worker([handler(() => 'done')]);
      await nextTurn();
      const [id] = await deaf.enqueue({});
      hears.keep();
      await deaf.events.next('job.completed');

      expect(await deaf.look(id!)).toMatchObject({ state: 'completed' });
      await worker.stop();
    });

    it('WK3: starts a delayed job when it is due, and not before', async () => {
      const worker = await world.worker([handler(() => undefined)], { idle: '1h', lease: '4h' });
      const { id } = await world.queue.enqueue('work', undefined, { delay: '90s' });
      await worker.idle();
      await world.clock.advance('89s');
      expect(await world.look(id)).toMatchObject({ state: 'scheduled' });
      await world.clock.advance('1s');

      expect(await world.look(id)).toMatchObject({ state: 'completed' });
    });

    it('WK2: serves the queues it names, and leaves the others', async () => {
      const worker = await world.worker([handler(() => undefined)], { queues: { orders: 2, low: 1 }, except: ['low'] });
      const [served, left] = [
        await world.queue.enqueue('work', undefined, { queue: 'orders' }),
        await world.queue.enqueue('work', undefined, { queue: 'low' }),
      ];
      await worker.idle();

      expect(await world.look(served.id)).toMatchObject({ state: 'completed' });
      expect(await world.look(left.id)).toMatchObject({ state: 'ready' });
    });

    it('WK6: calls the job hooks around the handler, and a throw of one breaks nothing', async () => {
      const said: string[] = [];
      const worker = await world.worker([handler(() => said.push('handler'))], {
        hooks: {
          onJobStart: () => {
            said.push('start');
            throw new Error('hook');
          },
          onJobEnd: (ctx, ending) => said.push(`end ${ctx.attempt} ${JSON.stringify(ending)}`),
        },
      });
      world.events.on('job.completed', () => said.push('completed'));
      const { id } = await world.queue.enqueue('work');
      await worker.idle();

      expect(said).toEqual(['start', 'handler', 'end 1 {"result":2}', 'completed']);
      expect(await world.look(id)).toMatchObject({ state: 'completed' });
    });
  });

  describe('retry', () => {
    it('RE3: runs a failing job three times, then fails it with the original error', async () => {
      let runs = 0;
      const job = await outcome(() => {
        runs++;
        throw new Error(`no ${runs}`);
      });
      expect(job).toMatchObject({ state: 'scheduled', reason: 'retry' });
      await world.clock.advance('1m');

      expect(runs).toBe(3);
      expect(await world.look(job.id)).toMatchObject({
        state: 'failed',
        reason: 'exhausted',
        attempted: 3,
        error: { name: 'Error', message: 'no 3' },
      });
    });

    it('RE5: waits as the back-off says', async () => {
      const delays: number[] = [];
      world.events.on('job.retry', (fact) => delays.push(fact.delay));
      await outcome(() => Promise.reject(new Error('no')), {
        retry: { attempts: 4, backoff: (_, attempt) => attempt * 1000 },
      });
      await world.clock.advance('1m');

      expect(delays).toEqual([1000, 2000, 3000]);
    });

    it('prefers what the call says, then overrides, then the task, then defaults', async () => {
      const worker = await world.worker(
        [
          handler(() => Promise.reject(new Error('no')), { name: 'a.b', retry: { attempts: 9, delay: '1s' } }),
          handler(() => Promise.reject(new Error('no')), { name: 'c' }),
        ],
        { overrides: { 'a.*': { retry: { attempts: 2 } } }, defaults: { retry: { attempts: 4, backoff: fixed(10) } } },
      );
      const overridden = await world.queue.enqueue('a.b');
      const called = await world.queue.enqueue('a.b', undefined, { retry: { attempts: 5 } });
      const byDefault = await world.queue.enqueue('c');
      await worker.idle();
      await world.clock.advance('1m');

      expect(await world.look(overridden.id)).toMatchObject({ state: 'failed', attempted: 2 });
      expect(await world.look(called.id)).toMatchObject({ state: 'failed', attempted: 5 });
      expect(await world.look(byDefault.id)).toMatchObject({ state: 'failed', attempted: 4 });
    });

    it('RE4: retries only what `on` names, and never what `never` names', async () => {
      const retry = { on: [Declined, Broken], never: [Broken], attempts: 2, delay: '1s' } as const;
      const errors = [new Error('neither'), new Broken('both'), new Declined('on')];
      const worker = await world.worker([handler(({ n }: { n: number }) => Promise.reject(errors[n]!), { retry })]);
      const jobs = await world.queue.enqueueMany(
        'work',
        [0, 1, 2].map((n) => ({ payload: { n } })),
      );
      await worker.idle();
      const [neither, both, on] = await Promise.all(jobs.map((job) => world.look(job.id)));

      expect(neither).toMatchObject({ state: 'failed', reason: 'not-retryable', attempted: 1 });
      expect(both).toMatchObject({ state: 'failed', reason: 'not-retryable', attempted: 1 });
      expect(on).toMatchObject({ state: 'scheduled', reason: 'retry', attempted: 1 });
    });

    it('gives `retryIf` the last word', async () => {
      const asked: unknown[] = [];
      const job = await outcome(() => Promise.reject(new Broken('once')), {
        retry: { retryIf: (error, attempt) => (asked.push((error as Error).message, attempt), false) },
      });

      expect(job).toMatchObject({ state: 'failed', attempted: 1 });
      expect(asked).toEqual(['once', 1]);
    });

    it('RE1: RetryLater waits as long as it says, and spends an attempt', async () => {
      const job = await outcome(() => Promise.reject(new RetryLater('60s', { cause: new Error('busy') })));

      expect(job).toMatchObject({ state: 'scheduled', attempted: 1, error: { message: 'busy' } });
      expect(job.runAt).toBe(world.clock.now() + 60_000);
    });

    it('RE6: RetryLater may change the bound of its job, for later attempts too', async () => {
      const job = await outcome((_, ctx) => {
        if (ctx.attempt === 1) throw new RetryLater('1s', { attempts: 5 });
        throw new Error('still no');
      });
      await world.clock.advance('30m');

      expect(await world.look(job.id)).toMatchObject({ state: 'failed', reason: 'exhausted', attempted: 5 });
    });

    it('RE7: Snooze spends no attempt', async () => {
      const job = await outcome(() => Promise.reject(new Snooze('5m')));

      expect(job).toMatchObject({ state: 'scheduled', reason: 'snooze', attempted: 0 });
    });

    it('RE7: Discard fails at once', async () => {
      const job = await outcome(() => Promise.reject(new Discard('no such order')));

      expect(job).toMatchObject({ state: 'failed', reason: 'discarded', error: { message: 'no such order' } });
    });

    it('RE7: forget completes without a record', async () => {
      const worker = await world.worker([handler((_, ctx) => ctx.forget())]);
      const { id } = await world.queue.enqueue('work');
      await worker.idle();

      expect(await world.look(id)).toBeUndefined();
    });

    it('RE8: RateLimited lets the group of the job wait as long, and no other', async () => {
      const began: string[] = [];
      const worker = await world.worker([
        handler((payload) => {
          began.push(payload);
          if (began.length === 1) throw new RateLimited('30s');
        }),
      ]);
      const enqueue = (payload: string, group: string) => world.queue.enqueue('work', payload, { group });
      const first = await enqueue('a1', 'a');
      await worker.idle();
      const [second] = [await enqueue('a2', 'a'), await enqueue('b1', 'b')];
      await worker.idle();

      expect(began).toEqual(['a1', 'b1']);
      expect(await world.look(second.id)).toMatchObject({ state: 'ready', reason: 'group' });
      expect(await (await world.queue.job(second.id))?.whyWaiting()).toContain('met a rate limit elsewhere');

      await world.clock.advance('30s');
      await worker.idle();
      expect(began.toSorted()).toEqual(['a1', 'a1', 'a2', 'b1']);
      expect(await world.look(first.id)).toMatchObject({ state: 'completed', attempted: 1 });
    });

    it('RateLimited is like a snooze', async () => {
      const job = await outcome(() => Promise.reject(new RateLimited('30s')));

      expect(job).toMatchObject({
        state: 'scheduled',
        reason: 'snooze',
        attempted: 0,
        runAt: world.clock.now() + 30_000,
      });
    });

    it('RE12: keeps whatever was thrown', async () => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the point
      const job = await outcome(() => Promise.reject({ weird: true }), { retry: once });

      expect(job.state).toBe('failed');
      expect(job.error?.message).toContain('weird');
    });

    it('EN5: counts from the attempt the call starts at', async () => {
      const attempts: number[] = [];
      const job = await outcome(
        (_, ctx) => {
          attempts.push(ctx.attempt);
          throw new Error(`last: ${ctx.isLastAttempt}`);
        },
        {},
        { retry: { startAt: 3 } },
      );

      expect(attempts).toEqual([3]);
      expect(job).toMatchObject({ state: 'failed', error: { message: 'last: true' } });
    });
  });

  describe('dead letters', () => {
    it('RP5: writes the job of the dead-letter task with the failure; its own failure starts no further one', async () => {
      const letters: unknown[] = [];
      const worker = await world.worker([
        handler(() => Promise.reject(new Error('no')), { retry: once, deadLetter: { task: 'ops.failed' } }),
        handler(
          (payload: unknown) => {
            letters.push(payload);
            throw new Error('neither');
          },
          { name: 'ops.failed', queue: 'ops', retry: once, deadLetter: { task: 'ops.failed' } },
        ),
      ]);
      const { id } = await world.queue.enqueue('work');
      await worker.idle();

      expect(letters).toEqual([
        { jobId: id, task: 'work', attempts: 1, error: expect.objectContaining({ message: 'no' }) as unknown },
      ]);
      expect(await world.queue.list({ queue: 'ops' })).toMatchObject({ jobs: [{ state: 'failed', parentId: id }] });
    });

    it('writes dead letters under the limits of their task, also where its group cannot be told', async () => {
      const group = (letter: unknown) => (letter as { error: { message: string } }).error.message.toUpperCase();
      const torn = () => raise(new Error('no group'));
      const worker = await world.worker([
        handler((why: string) => raise(new Error(why)), { retry: once, deadLetter: { task: 'ops.failed' } }),
        handler(() => raise(new Error('b')), { retry: once, name: 'other', deadLetter: { task: 'ops.torn' } }),
        handler(() => undefined, { name: 'ops.failed', queue: 'ops', maxActive: 1, group }),
        handler(() => undefined, { name: 'ops.torn', queue: 'ops', maxActive: 2, group: torn }),
      ]);
      await world.queue.pause('ops');
      await world.queue.enqueueMany('work', [{ payload: 'a' }, { payload: 'a' }]);
      await world.queue.enqueueMany('other', [{}, {}, {}]);
      await worker.idle();

      const { jobs } = await world.queue.list({ queue: 'ops' });
      const waiting = jobs.map(({ task, reason }) => `${task} ${reason}`).toSorted();
      expect(waiting).toEqual([
        ...['ops.failed group', 'ops.failed null', 'ops.torn limit', 'ops.torn null', 'ops.torn null'],
      ]);
    });
  });

  describe('payload and result', () => {
    const schema = {
      check: (value: unknown) =>
        typeof (value as { n?: unknown }).n === 'number'
          ? { value }
          : { issues: [{ path: 'n', message: 'must be a number' }] },
    };

    it('M4: fails a payload that does not fit, without a run or a retry', async () => {
      const run = jest.fn();
      const worker = await world.worker([handler(run, { payload: schema })]);
      const { id } = await world.queue.enqueue('work', { n: 'one' });
      await worker.idle();

      expect(run).not.toHaveBeenCalled();
      expect(await world.look(id)).toMatchObject({
        state: 'failed',
        reason: 'invalid-payload',
        error: { code: 'PAYLOAD_INVALID' },
      });
    });

    it('M5, RS6: fails a result that cannot be stored, without a retry', async () => {
      const job = await outcome(() => ({ call: () => 1 }));

      expect(job).toMatchObject({
        state: 'failed',
        reason: 'invalid-result',
        attempted: 1,
        error: { code: 'RESULT_INVALID' },
      });
    });

    it('fails a result above the limit', async () => {
      const job = await outcome(() => 'x'.repeat(300 * 1024));

      expect(job).toMatchObject({ state: 'failed', reason: 'invalid-result' });
      expect(job.error?.message).toContain('bytes');
    });

    it('fails a result above the limit of the application', async () => {
      const worker = await world.worker([handler((n: number) => 'x'.repeat(n))], { resultLimit: 10 });
      const [fits, beyond] = [await world.queue.enqueue('work', 8), await world.queue.enqueue('work', 9)];
      await worker.idle();

      expect(await world.look(fits.id)).toMatchObject({ state: 'completed' });
      expect(await world.look(beyond.id)).toMatchObject({ state: 'failed', reason: 'invalid-result' });
    });

    it('fails the job, and nothing else, when the codec fails', async () => {
      const codec = { encode: () => raise(new Error('no key')), decode: (text: string) => text };
      const worker = await world.worker(
        [
          handler((how: string) => (how === 'throws' ? raise(new Error('own')) : 1), {
            deadLetter: { task: 'letters' },
          }),
        ],
        { codec, concurrency: 1 },
      );
      const jobs = await world.queue.enqueueMany('work', [{ payload: 'throws', retry: { attempts: 1 } }, {}]);
      await worker.idle();

      for (const { id } of jobs)
        expect(await world.look(id)).toMatchObject({ state: 'failed', error: { message: 'no key' } });
      expect(worker.running).toEqual([]);
    });

    it('RS6: a returned error is a result', async () => {
      const job = await outcome(() => new Declined('as a value'));

      expect(job.state).toBe('completed');
      expect(job.result).toMatchObject({ message: 'as a value' });
    });

    it('shapes the result by the schema of the task', async () => {
      const returns = { check: (value: unknown) => ({ value: { n: (value as { n: number }).n } }) };
      expect(await outcome(() => ({ n: 1, secret: 2 }), { returns })).toMatchObject({ result: { n: 1 } });
    });

    it('M2: fails a body that cannot be read, and keeps it', async () => {
      const run = jest.fn();
      const worker = await world.worker([handler(run)]);
      const [id] = await world.enqueue({ body: '{"payload":{"cut' });
      await worker.idle();

      expect(run).not.toHaveBeenCalled();
      expect(await world.find(id!)).toMatchObject({ state: 'failed', reason: 'undecodable', body: '{"payload":{"cut' });
    });
  });

  describe('timeout', () => {
    it('TC1: fires the signal at the timeout; the handler may still return a value', async () => {
      const worker = await world.worker([
        handler(async (_, ctx) => `saved: ${await whyStopped(ctx)}`, { timeout: '10s' }),
      ]);
      const { id } = await begin();
      await world.clock.advance('9s');
      expect(await world.look(id)).toMatchObject({ state: 'active' });
      await world.clock.advance('1s');
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'saved: timeout' });
    });

    it('follows the retry policy with JobTimeout when the handler stops because of the signal', async () => {
      const worker = await world.worker([
        handler(
          async (_, ctx) => {
            await whyStopped(ctx);
            ctx.signal.throwIfAborted();
          },
          { timeout: '10s', retry: once },
        ),
      ]);
      const { id } = await begin();
      await world.clock.advance('10s');
      await worker.idle();

      expect(await world.look(id)).toMatchObject({
        state: 'failed',
        reason: 'exhausted',
        error: { code: 'JOB_TIMEOUT' },
      });
    });

    it('TC2, W4: ends an attempt that ignores its signal; its place stays taken and its late result is refused', async () => {
      const gate = promised<string>();
      const worker = await world.worker(
        [handler(() => gate.promise, { timeout: { after: '10s', grace: '2s' }, retry: once })],
        { concurrency: 1 },
      );
      const { id } = await begin();
      const next = await world.queue.enqueue('work');
      await world.clock.advance('12s');

      expect(await world.look(id)).toMatchObject({ state: 'failed', error: { code: 'JOB_TIMEOUT' } });
      expect(worker.running).toMatchObject([{ id, stuck: true }]);
      expect(worker.status()).toMatchObject({ running: 1, stuck: 1, live: true });
      expect(await world.look(next.id)).toMatchObject({ state: 'ready' });

      const stale = world.events.next('job.stale');
      gate.keep('too late');
      expect(await stale).toMatchObject({ id });
      await worker.idle();
      expect(await world.look(id)).toMatchObject({ state: 'failed', result: null });
      expect(await world.look(next.id)).toMatchObject({ state: 'completed' });
    });

    it('starts again in full at a heartbeat', async () => {
      const beat = promised();
      await world.worker([
        handler(
          async (_, ctx) => {
            await beat.promise;
            ctx.heartbeat();
            return whyStopped(ctx);
          },
          { timeout: '10s' },
        ),
      ]);
      const { id } = await begin();
      await world.clock.advance('8s');
      beat.keep();
      await world.clock.advance('8s');
      expect(await world.look(id)).toMatchObject({ state: 'active' });
      await world.clock.advance('2s');

      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'timeout' });
    });
  });

  describe('cancel', () => {
    it('TC3, L4: signals a running job within a second; it is cancelled when the handler throws', async () => {
      const worker = await world.worker([
        handler(async (_, ctx) => {
          await whyStopped(ctx);
          throw ctx.signal.reason;
        }),
      ]);
      const { id } = await begin();
      expect(await world.queue.cancel(id)).toMatchObject({ applied: true, state: 'active' });
      await world.clock.advance('1s');
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'cancelled', reason: 'request' });
    });

    it('TC3: is too late for a handler that returns first', async () => {
      await world.worker([handler((_, ctx) => whyStopped(ctx))]);
      const { id } = await begin();
      await world.queue.cancel(id);
      await world.clock.advance('1s');

      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'cancel' });
    });

    it('TC3: ends an attempt that ignores the signal beyond the grace', async () => {
      const gate = promised();
      const worker = await world.worker([handler(() => gate.promise, { timeout: { after: '1h', grace: '3s' } })]);
      const { id } = await begin();
      await world.queue.cancel(id);
      await world.clock.advance('4s');

      expect(await world.look(id)).toMatchObject({ state: 'cancelled', reason: 'request' });
      expect(worker.status().stuck).toBe(1);
      gate.keep();
    });

    it('TC3: with force the hold ends now, and the result of the old attempt is refused', async () => {
      const gate = promised();
      const worker = await world.worker([handler(() => gate.promise)]);
      const { id } = await begin();
      const stale = world.events.next('job.stale');
      await world.queue.cancel(id, { force: true });
      gate.keep();
      await stale;
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'cancelled' });
    });

    it('L4: a marked job is not run again', async () => {
      const gate = promised();
      const worker = await world.worker([handler(() => gate.promise)], { idle: '1h', lease: '4h' });
      const { id } = await begin();
      world.store.listen = () => Promise.reject(new Error('deaf'));
      await world.queue.cancel(id);
      gate.breakIt(new Error('no'));
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'cancelled' });
    });
  });

  describe('steps and notes', () => {
    it('keeps the result of a step under any name but those that are ours', async () => {
      const names = ['constructor', '__proto__', '~attempts', ''];
      const worker = await world.worker([
        handler(async (_, ctx) => {
          const results = await Promise.allSettled(names.map((name) => ctx.step(name, () => ctx.attempt)));
          if (ctx.attempt === 1) throw new Error('once more');
          return results.map((result): unknown =>
            result.status === 'fulfilled' ? result.value : String(result.reason),
          );
        }),
      ]);
      const { id } = await world.queue.enqueue('work');
      await worker.idle();
      await world.clock.advance('1m');
      await worker.idle();

      const refused = (name: string): unknown =>
        expect.stringContaining(`ConfigInvalid: '${name}' cannot name a step: use 1 to 256 characters`);
      expect(await world.look(id)).toMatchObject({ result: [1, 1, refused('~attempts'), refused('')] });
    });

    it('DT11: skips the steps that earlier attempts finished', async () => {
      const ran: string[] = [];
      const job = await outcome(
        async (_, ctx) => {
          const charge = await ctx.step('charge', () => (ran.push('charge'), { id: 'ch_1' }));
          const kept = ctx.lastCheckpoint;
          await ctx.checkpoint({ at: ctx.attempt });
          await ctx.step('mail', () => {
            ran.push('mail');
            if (ctx.attempt === 1) throw new Error('smtp');
          });
          return { charge, kept };
        },
        { retry: { delay: '1s' } },
      );
      await world.clock.advance('1s');

      expect(ran).toEqual(['charge', 'mail', 'mail']);
      expect(await world.look(job.id)).toMatchObject({ result: { charge: { id: 'ch_1' }, kept: { at: 1 } } });
    });

    it('RS8: shows progress and lines while the job runs', async () => {
      const gate = promised();
      const worker = await world.worker([
        handler(async (_, ctx) => {
          await ctx.progress(60, 'charged');
          await ctx.log('paid');
          ctx.logger.warn('slow');
          await gate.promise;
        }),
      ]);
      const seen = world.events.next('job.progress');
      const { id } = await begin();
      expect(await seen).toMatchObject({ id, percent: 60, detail: 'charged' });
      await world.clock.advance(1);

      expect(await world.look(id)).toMatchObject({
        state: 'active',
        progress: { percent: 60, detail: 'charged' },
        log: ['paid', 'warn: slow'],
      });
      gate.keep();
      await worker.idle();
    });

    it('W2: rejects notes of an attempt that lost its hold', async () => {
      const gate = promised();
      const told = promised<MillraceError>();
      await world.worker([
        handler(async (_, ctx) => {
          await gate.promise;
          await ctx.progress(50).catch(told.keep);
        }),
      ]);
      const { id } = await begin();
      await world.queue.cancel(id, { force: true });
      gate.keep();

      expect(await told.promise).toMatchObject({ code: 'LEASE_LOST' });
    });
  });

  /** Enqueues one job and waits until it runs. */
  async function begin() {
    const started = world.events.next('job.started');
    const handle = await world.queue.enqueue('work');
    await started;
    return handle;
  }

  /** Resolves when the signal fires, with the reason. */
  function whyStopped(ctx: TaskContext): Promise<string> {
    return new Promise((resolve) =>
      ctx.signal.addEventListener('abort', () => resolve((ctx.signal.reason as Aborted).why), { once: true }),
    );
  }
});
