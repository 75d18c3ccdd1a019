import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { Threads } from './threads.js';
import { handler, World } from './testdata/world.js';

const entrySource = new URL('./thread-entry.ts', import.meta.url);

const modules = {
  'double.mjs': `import { threadId } from 'node:worker_threads';
    export default async (payload, ctx) => ({ twice: payload.n * 2, jobId: ctx.jobId, attempt: ctx.attempt, thread: threadId > 0 });`,
  'spin.mjs': `export default () => { for (;;); };`,
  'polite.mjs': `export default (_, { signal }) => new Promise((resolve) => {
    const stop = () => resolve(signal.reason.why);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });`,
  'throws.mjs': `export default () => { throw new RangeError('from the thread'); };`,
  'nothing.mjs': `export const other = 1;`,
};

describe('Threads', () => {
  let folder: string;
  let world: World;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-threads-'));
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const { outputText } = ts.transpileModule(readFileSync(entrySource, 'utf8'), { compilerOptions: options });
    writeFileSync(join(folder, 'thread-entry.mjs'), outputText);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  let threads: Threads;
  beforeEach(() => {
    world = new World();
    threads = new Threads(at('thread-entry.mjs'));
  });
  afterEach(async () => {
    await world.close();
    await threads.close();
  });

  const at = (name: string) => pathToFileURL(join(folder, name));

  /** A handler of the task `work` that runs the module in a thread. */
  function threaded(name: string, options: Parameters<typeof handler>[1] = {}) {
    const plain = handler(() => undefined, { retry: { attempts: 1 }, ...options });
    const adopted = threads.adopt({
      ...plain,
      task: { ...plain.task, options: { ...plain.task.options, thread: at(name) } },
    });
    return { ...adopted, task: plain.task };
  }

  it('DT9: runs the module of a task off the event loop, with payload and context', async () => {
    const worker = await world.worker([threaded('double.mjs')]);
    const { id } = await world.queue.enqueue('work', { n: 21 });
    await worker.idle();

    expect(await world.look(id)).toMatchObject({
      state: 'completed',
      result: { twice: 42, jobId: id, attempt: 1, thread: true },
    });
  });

  it('keeps the error of the thread with the job', async () => {
    const worker = await world.worker([threaded('throws.mjs')]);
    const { id } = await world.queue.enqueue('work');
    await worker.idle();

    expect(await world.look(id)).toMatchObject({
      state: 'failed',
      error: { name: 'RangeError', message: 'from the thread' },
    });
  });

  it('says what a module lacks', async () => {
    const worker = await world.worker([threaded('nothing.mjs')]);
    const { id } = await world.queue.enqueue('work');
    await worker.idle();

    expect((await world.look(id))!.error!.message).toContain('has no default export');
  });

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
});
