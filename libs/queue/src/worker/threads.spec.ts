import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ThreadOptions } from '../task/definition.js';
import { compiled } from './testdata/compiled.js';
import { handler, World } from './testdata/world.js';
import { type Surroundings, type ThreadedHandler, Threads } from './threads.js';

const modules = {
  'double.mjs': `import { threadId } from 'node:worker_threads';
    export default async (payload, ctx) => ({ twice: payload.n * 2, jobId: ctx.job.id, attempt: ctx.attempt, thread: threadId > 0 });`,
  'spin.mjs': `export default () => { for (;;); };`,
  'polite.mjs': `export default (_, { signal }) => new Promise((resolve) => {
    const stop = () => resolve(signal.reason.why);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });`,
  'throws.mjs': `export default () => { throw new RangeError('from the thread'); };`,
  'nothing.mjs': `export const other = 1;`,
  'function.mjs': `export default () => () => 1;`,
  'counts.mjs': `import { threadId } from 'node:worker_threads';
    let runs = 0;
    export default () => ({ thread: threadId, run: ++runs });`,
  'greedy.mjs': `export default ({ greedy }) => {
    const kept = [];
    while (greedy) kept.push(new Array(100_000).fill(kept.length));
    return 'modest';
  };`,
  'leaves.mjs': `export default ({ leave }) => { if (leave) process.exit(3); return 'stayed'; };`,
  'talks.mjs': `import { TaskContext } from './task/context.js';
  export default async (_, ctx) => {
    await ctx.progress(40, { page: 4 });
    ctx.logger.warn('paper is low');
    await ctx.log('a line');
    await ctx.checkpoint({ page: 5 });
    const first = await ctx.step('charge', () => 'charged');
    const again = await ctx.step('charge', () => 'charged twice');
    void ctx.log('the last one');
    return { first, again, kept: ctx.lastCheckpoint, ambient: TaskContext.current() === ctx };
  };`,
  'careless.mjs': `export default async (_, ctx) => {
    const missed = await ctx.progress(140).catch((error) => [error instanceof RangeError, error.message]);
    return { missed };
  };`,
  'declines.mjs': `class Declined extends Error { code = 'NO_MONEY'; }
    export default () => { throw new Declined('no money', { cause: new TypeError('why') }); };`,
  'snoozes.mjs': `export default (_, ctx) => ctx.attempt && ctx.snooze('5m');`,
  'opens.mjs': `import { appendFileSync } from 'node:fs';
    const note = (what) => appendFileSync(new URL('./notes', import.meta.url), what + ' ');
    export default { [Symbol.for('millrace:thread-task')]: async (say) => {
      note('open');
      return {
        run: ({ trap }) => {
          if (trap) setTimeout(() => { throw new Error('nobody caught it'); }, 20);
          note('run');
          say('log', 'at work');
        },
        close: async () => note('close'),
      };
    } };`,
  'fails.mjs': `let times = 0;
    export default { [Symbol.for('millrace:thread-task')]: async () => {
      if (++times === 1) throw new Error('no database');
      return { run: () => times, close: async () => {} };
    } };`,
};

describe('Threads', () => {
  let folder: string;
  let entry: URL;
  let world: World;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-threads-'));
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
    entry = compiled('worker/thread-entry.ts', folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  let threads: Threads;
  let lines: string[];
  beforeEach(() => {
    world = new World();
    lines = [];
    logger = { debug: say, log: say, warn: say, error: say };
    open();
  });
  afterEach(async () => {
    await world.close();
    await threads.close();
  });

  const at = (name: string) => pathToFileURL(join(folder, name));
  const say = (text: string) => void lines.push(text);
  let logger: Record<'debug' | 'log' | 'warn' | 'error', (text: string) => void>;

  function open(options: Surroundings = {}) {
    threads = new Threads({ clock: world.clock, logger, max: 2, entry, ...options });
  }

  type Options = Parameters<typeof handler>[1] & { around?: ThreadedHandler['around'] };

  /** A handler of the task `work`, or `name`, that runs the module in a thread. */
  function threaded(module: string, { around, ...options }: Options = {}, thread: Partial<ThreadOptions> = {}) {
    const plain = handler(() => undefined, { retry: { attempts: 1 }, ...options });
    const task = { ...plain.task, options: { ...plain.task.options, thread: { module: at(module), ...thread } } };
    const adopted = threads.adopt({ ...plain, task, ...(around && { around }) });
    return { ...adopted, task: plain.task };
  }

  /** What a job of the task `work`, or another, has become. */
  async function run(payload: object = {}, task = 'work') {
    const { id } = await world.queue.enqueue(task, payload);
    await world.workers[0]!.idle();
    return (await world.look(id))!;
  }

  describe('run', () => {
    it('DT9: runs the module of a task off the event loop, with payload and context', async () => {
      await world.worker([threaded('double.mjs')]);
      const job = await run({ n: 21 });

      expect(job).toMatchObject({
        state: 'completed',
        result: { twice: 42, jobId: job.id, attempt: 1, thread: true },
      });
    });

    it('keeps the error of the thread with the job', async () => {
      await world.worker([threaded('throws.mjs')]);
      expect(await run()).toMatchObject({
        state: 'failed',
        error: { name: 'RangeError', message: 'from the thread' },
      });
    });

    it('says what a module lacks', async () => {
      await world.worker([threaded('nothing.mjs')]);
      expect((await run()).error!.message).toContain('has no default export');
    });

    it('says that a result cannot leave the thread, which goes on', async () => {
      await world.worker([threaded('function.mjs'), threaded('counts.mjs', { name: 'count' })]);
      expect((await run()).error).toMatchObject({ name: 'DataCloneError' });
      expect((await run({}, 'count')).result).toMatchObject({ run: 1 });
    });

    it('puts what works around a handler around the thread', async () => {
      const around: ThreadedHandler['around'] = (call) => async (payload, context) => ({
        around: await call({ n: (payload as { n: number }).n + 1 }, context),
      });
      await world.worker([threaded('double.mjs', { around })]);

      expect((await run({ n: 1 })).result).toMatchObject({ around: { twice: 4 } });
    });
  });

  describe('the context', () => {
    it('tells progress, lines, checkpoints and steps as in process', async () => {
      const heard: unknown[] = [];
      world.events.on('job.progress', (fact) => void heard.push(fact));
      await world.worker([threaded('talks.mjs')], { logger });
      const job = await run();

      expect(job).toMatchObject({
        state: 'completed',
        result: { first: 'charged', again: 'charged', kept: { page: 5 }, ambient: true },
      });
      expect(heard).toMatchObject([{ id: job.id, percent: 40, detail: { page: 4 } }]);
      expect((await world.find(job.id))!.log).toEqual(['warn: paper is low', 'a line', 'the last one']);
      expect(lines).toContainEqual(expect.stringMatching(`^paper is low jobId=${job.id} task=work attempt=1`));
    });

    it('refuses in the thread what it refuses in process', async () => {
      await world.worker([threaded('careless.mjs')]);
      expect((await run()).result).toEqual({ missed: [true, 'Progress is 0 to 100, not 140'] });
    });

    it('snoozes', async () => {
      await world.worker([threaded('snoozes.mjs')]);
      expect(await run()).toMatchObject({ state: 'scheduled', attempts: [{ outcome: 'snoozed' }] });
    });
  });

  describe('errors', () => {
    class Declined extends Error {}

    it('are of the class that the policy names', async () => {
      const seen: unknown[] = [];
      const retryIf = (error: unknown) => seen.push(error) < 0;
      await world.worker([
        threaded('declines.mjs', { retry: { attempts: 3, never: [Declined] } }),
        threaded('declines.mjs', { name: 'asked', retry: { attempts: 3, on: [Declined], retryIf } }),
      ]);

      expect(await run()).toMatchObject({ attempts: [{ outcome: 'failed' }], error: { code: 'NO_MONEY' } });
      await run({}, 'asked');
      expect(seen).toEqual([expect.any(Declined)]);
      expect((seen[0] as Error).cause).toBeInstanceOf(TypeError);
    });
  });

  describe('cancelling', () => {
    it('hands the signal on', async () => {
      const worker = await world.worker([threaded('polite.mjs', { timeout: { after: '10s', grace: '1h' } })]);
      const started = world.events.next('job.started');
      const completed = world.events.next('job.completed');
      const { id } = await world.queue.enqueue('work');
      await started;
      await world.clock.advance('10s');
      await completed;
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'completed', result: 'timeout' });
    });

    it('TC2: terminates a thread that ignores timeout and grace, and its place is free again', async () => {
      const worker = await world.worker([threaded('spin.mjs', { timeout: { after: '10s', grace: '1s' } })]);
      const started = world.events.next('job.started');
      const back = world.events.next('job.stale');
      const { id } = await world.queue.enqueue('work');
      await started;
      await world.clock.advance('11s');
      await back;
      await worker.idle();

      expect(await world.look(id)).toMatchObject({ state: 'failed', error: { code: 'JOB_TIMEOUT' } });
      expect(worker.running).toEqual([]);
    });

    it('TC2: terminates a thread after the grace of a cancelled job; one that waits for a thread goes on', async () => {
      open({ max: 1 });
      const worker = await world.worker([
        threaded('spin.mjs', { timeout: { after: '1h', grace: '1s' } }),
        threaded('double.mjs', { name: 'double' }),
      ]);
      const started = world.events.next('job.started');
      const spinning = await world.queue.enqueue('work');
      await started;
      const waiting = await world.queue.enqueue('double', { n: 1 });
      await world.queue.cancel(spinning.id);
      const back = world.events.next('job.stale');
      await world.clock.advance('3s');
      await back;
      await worker.idle();

      expect(await world.look(spinning.id)).toMatchObject({ state: 'cancelled' });
      expect(await world.look(waiting.id)).toMatchObject({ state: 'completed', result: { twice: 2 } });
    });
  });

  it('a job that is cancelled while it waits for a thread needs none', async () => {
    open({ max: 1 });
    const worker = await world.worker([
      threaded('polite.mjs', { timeout: { after: '1h', grace: '1h' } }),
      threaded('counts.mjs', { name: 'count', timeout: { after: '1h', grace: '1h' } }),
    ]);
    const started = world.events.next('job.started');
    const running = await world.queue.enqueue('work');
    await started;
    const waiting = await world.queue.enqueue('count');
    await world.clock.advance('1s');
    await world.queue.cancel(waiting.id);
    const cancelled = world.events.next('job.cancelled');
    await world.clock.advance('1s');
    await cancelled;
    expect(await world.look(running.id)).toMatchObject({ state: 'active' });

    await world.queue.cancel(running.id);
    await world.clock.advance('1s');
    await worker.idle();
  });

  describe('memory', () => {
    it('ends the attempt with an error that names the limit, and nothing else', async () => {
      await world.worker(
        [
          threaded('greedy.mjs', {}, { memory: '32MB' }),
          threaded('polite.mjs', { name: 'beside', timeout: { after: '10s', grace: '1h' } }),
        ],
        { lease: '1h' },
      );
      const beside = await world.queue.enqueue('beside');
      const greedy = world.events.next('job.failed');
      const { id } = await world.queue.enqueue('work', { greedy: true });
      await greedy;

      expect(await world.look(id)).toMatchObject({
        state: 'failed',
        error: { code: 'THREAD_OUT_OF_MEMORY', message: expect.stringContaining('32MB') as string },
      });
      await world.clock.advance('10s');
      expect(await run({})).toMatchObject({ state: 'completed', result: 'modest' });
      expect(await world.look(beside.id)).toMatchObject({ state: 'completed', result: 'timeout' });
    });

    it('follows the retry policy', async () => {
      await world.worker([threaded('greedy.mjs', { retry: { attempts: 2, delay: '1m' } }, { memory: '32MB' })]);
      expect(await run({ greedy: true })).toMatchObject({ attempts: [{ outcome: 'retry' }] });
    });

    it('is that of the worker where the task says nothing', async () => {
      open({ memory: '40MB' });
      await world.worker([threaded('greedy.mjs')]);
      expect((await run({ greedy: true })).error!.message).toContain('40MB');
    });
  });

  it('fails the attempt whose code leaves the thread, and the next one finds a fresh thread', async () => {
    await world.worker([threaded('leaves.mjs')]);
    expect(await run({ leave: true })).toMatchObject({ state: 'failed' });
    expect(await run()).toMatchObject({ state: 'completed', result: 'stayed' });
  });

  describe('a module that must be opened', () => {
    const notes = () => readFileSync(join(folder, 'notes'), 'utf8').trim().split(' ');
    beforeEach(() => writeFileSync(join(folder, 'notes'), ''));

    it('is opened once in a thread, and closed when the thread ends after its jobs', async () => {
      open({ max: 1 });
      await world.worker([threaded('opens.mjs', {}, { recycle: { jobs: 2 } })]);
      for (let n = 0; n < 3; n++) expect(await run()).toMatchObject({ state: 'completed' });

      expect(notes()).toEqual(['open', 'run', 'run', 'close', 'open', 'run']);
      await threads.close();
      expect(notes().slice(6)).toEqual(['close']);
    });

    it('is closed when its thread had nothing to do for 30 s', async () => {
      await world.worker([threaded('opens.mjs')]);
      await run();
      await world.clock.advance('29s');
      expect(notes()).toEqual(['open', 'run']);
      await world.clock.advance('1s');
      await threads.close();
      expect(notes()).toEqual(['open', 'run', 'close']);
    });

    it('is tried again by the next job where that fails', async () => {
      await world.worker([threaded('fails.mjs')]);
      expect(await run()).toMatchObject({ state: 'failed', error: { message: 'no database' } });
      expect(await run()).toMatchObject({ state: 'completed', result: 2 });
    });

    it('writes to the log of the worker', async () => {
      await world.worker([threaded('opens.mjs')]);
      await run();
      await threads.close();
      expect(lines).toContain('at work');
    });

    it('takes its thread along, and nothing else, when it leaves an error that nobody catches', async () => {
      const died = new Promise<void>((resolve) => {
        logger.error = (text) => void (lines.push(text), resolve());
      });
      await world.worker([threaded('opens.mjs')]);
      await run({ trap: true });
      await died;

      expect(lines.at(-1)).toBe('A worker thread without a job has ended: Error: nobody caught it');
      expect(await run()).toMatchObject({ state: 'completed' });
      expect(notes()).toEqual(['open', 'run', 'open', 'run']);
    });
  });

  describe('bounds', () => {
    it('a task takes no more threads than it may, and others none the less', async () => {
      const bounded = threaded('polite.mjs', { timeout: { after: '10s', grace: '1h' } }, { threads: 1 });
      const worker = await world.worker([bounded, threaded('double.mjs', { name: 'double' })], { lease: '1h' });
      const first = await world.queue.enqueue('work');
      const second = await world.queue.enqueue('work');
      const other = await world.queue.enqueue('double', { n: 1 });
      await other.result();
      await world.clock.advance('10s');
      await worker.idle();

      expect((await world.look(first.id))!.state).toBe('completed');
      expect(await world.look(second.id)).toMatchObject({ state: 'failed', error: { code: 'JOB_TIMEOUT' } });
    });

    it('a thread of another kind makes room', async () => {
      open({ max: 1 });
      await world.worker([threaded('counts.mjs'), threaded('counts.mjs', { name: 'other' }, { memory: '64MB' })]);
      const runs = [await run(), await run({}, 'other'), await run()];

      expect(runs.map(({ result }) => (result as { run: number }).run)).toEqual([1, 1, 1]);
    });
  });

  describe('recycling', () => {
    it('WK9: ends a thread after its jobs, and loses none', async () => {
      open({ max: 1 });
      const worker = await world.worker([threaded('counts.mjs', { keepResult: '1h' }, { recycle: { jobs: 2 } })]);
      const jobs = await world.queue.enqueueMany('work', [{}, {}, {}, {}, {}] as never);
      await worker.idle();
      const seen = await Promise.all((jobs as { id: string }[]).map(async ({ id }) => (await world.look(id))!.result));

      expect(seen.map((result) => (result as { run: number }).run)).toEqual([1, 2, 1, 2, 1]);
      expect(new Set(seen.map((result) => (result as { thread: number }).thread)).size).toBe(3);
    });

    it('is that of the worker where the task says nothing', async () => {
      open({ max: 1, recycle: { jobs: 1 } });
      await world.worker([threaded('counts.mjs')]);
      expect([(await run()).result, (await run()).result]).toMatchObject([{ run: 1 }, { run: 1 }]);
    });

    it('otherwise goes on in the same thread', async () => {
      await world.worker([threaded('counts.mjs')]);
      expect([(await run()).result, (await run()).result]).toMatchObject([{ run: 1 }, { run: 2 }]);
    });
  });
});
