import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from '../client/queue.js';
import { fromUrl } from '../from-url.js';
import type { Store } from '../store/store.js';
import { doctor } from './doctor.js';
import { run } from './program.js';
import { ShopTasks } from './testdata/app.module.js';
import { overridesOf } from './work.js';

const cwd = join(dirname(fileURLToPath(import.meta.url)), 'testdata');
let folder: string;
let url: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  url = process.env.CLI_SPEC_URL = `sqlite:${join(folder, 'queue.db')}`;
  store = await fromUrl(url);
  await store.open();
});
afterEach(async () => {
  await store.close();
  delete process.env.CLI_SPEC_URL;
  rmSync(folder, { recursive: true });
});

async function millrace(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: { QUEUE_URL: url },
    cwd,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const work = (...args: string[]) => millrace('work', 'app.module.ts#AppModule', '--log-level', 'fatal', ...args);

describe('work', () => {
  it('WK4: --burst ends when nothing is ready or active, with 0', async () => {
    const queue = new Queue({ store });
    await queue.enqueueMany(ShopTasks.good, [{}, {}, { delay: '1h' }]);

    expect(await work('--burst')).toMatchObject({ code: 0, err: '2 completed, 0 failed' });
  });

  it('WK4: --burst ends with 3 and a count when a job failed', async () => {
    const queue = new Queue({ store });
    await queue.enqueue(ShopTasks.good);
    await queue.enqueue(ShopTasks.bad);

    const { code, out } = await work('--burst', '--json');

    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({ v: 1, completed: 1, failed: 1 });
  });

  it('WK4: --burst=all waits for scheduled jobs as well', async () => {
    await new Queue({ store }).enqueue(ShopTasks.good, undefined, { delay: '200ms' });

    expect(await work('--burst=all')).toMatchObject({ code: 0, err: '1 completed, 0 failed' });
  });

  it('WK4: --max-jobs ends after so many', async () => {
    await new Queue({ store }).enqueueMany(ShopTasks.good, [{}, {}, {}]);

    expect(await work('--max-jobs', '2')).toMatchObject({ code: 0, err: '2 completed, 0 failed' });
  });

  it('WK2: --queues and --except choose what is served', async () => {
    const queue = new Queue({ store });
    await queue.enqueue(ShopTasks.good);
    await queue.enqueue(ShopTasks.low);

    expect(await work('--burst', '--queues=-low')).toMatchObject({ err: '1 completed, 0 failed' });
    expect(await work('--burst', '--queues', 'low', '--concurrency', '2')).toMatchObject({
      err: '1 completed, 0 failed',
    });
  });

  it('takes a minus for except', () => {
    expect(overridesOf({ queues: 'a,-b', except: 'c', concurrency: 4, burst: true })).toEqual({
      queues: { a: { concurrency: 4 } },
      except: ['b', 'c'],
      concurrency: 4,
      burst: 'ready',
    });
  });

  it('WK2: takes places after an equals sign, and a weight after a colon', async () => {
    expect(overridesOf({ queues: 'a=20, b:3,c:1,d,-e', concurrency: 4 })).toEqual({
      queues: { a: 20, b: { weight: 3 }, c: { weight: 1 }, d: { concurrency: 4 } },
      except: ['e'],
      concurrency: 4,
    });
    const queue = new Queue({ store });
    await queue.enqueue(ShopTasks.good);
    await queue.enqueue(ShopTasks.low);
    expect(await work('--burst', '--queues', 'orders:3,low:1', '--concurrency', '2')).toMatchObject({
      err: '2 completed, 0 failed',
    });
  });

  it.each([
    [['work', 'app.module.ts#Nobody'], 'does not export Nobody: it exports'],
    [['work', 'nowhere.js#App'], 'There is no file nowhere.js'],
    [['work', 'app.module.ts#ProducerModule'], 'imports no WorkerModule'],
    [['work', 'app.module.ts#AppModule', '--log-level', 'loud'], '--log-level must be one of'],
    [['work', 'app.module.ts#AppModule', '--queues', 'low=many'], "the places of 'low' must be a whole number"],
    [
      ['work', 'app.module.ts#AppModule', '--queues', 'low:0'],
      "the weight of 'low' must be a whole number above 0, not",
    ],
    [
      ['work', 'app.module.ts#AppModule', '--queues', 'low:101'],
      'queues.low.weight: must be a whole number from 1 to 100',
    ],
    [['work', 'app.module.ts#AppModule', '--brust'], "unknown option '--brust'"],
    [['work', 'app.module.ts#AppModule', '--max-jobs', 'many'], 'whole number'],
    [['wrok'], "unknown command 'wrok'"],
  ])('answers a slip (%j) with 2 and a sentence', async (args, says) => {
    const { code, err } = await millrace(...args);

    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(says) });
  });
});

describe('check', () => {
  const worker = (queues: string[]) => ({
    ...{
      id: 'w.1',
      name: 'w',
      host: 'h',
      pid: 1,
      version: '1',
      startedAt: 0,
      tasks: [],
      concurrency: 1,
      lease: 15_000,
    },
    ...{ queues, lanes: queues.map((queue) => ({ queue, shard: 0 })) },
  });

  it('WK7: exits 0 when a worker with a fresh heartbeat serves the queue, else 3', async () => {
    await store.register(worker(['orders']));

    expect(await millrace('check', '--queue', 'orders')).toMatchObject({ code: 0 });
    expect(await millrace('check', '--queue', 'low')).toMatchObject({
      code: 3,
      out: 'No worker with a heartbeat of the last 30s serves queue low',
    });
  });

  it('answers in JSON', async () => {
    const { out } = await millrace('check', '--queue', 'orders', '--json');

    expect(JSON.parse(out)).toEqual({ v: 1, ok: false, queue: 'orders', workers: [] });
  });
});

describe('doctor', () => {
  it('exits 0 when every invariant holds', async () => {
    await new Queue({ store }).enqueue(ShopTasks.good);

    expect(await millrace('doctor', '--url', url)).toMatchObject({
      code: 0,
      out: expect.stringContaining('every invariant holds'),
    });
  });

  it('exits 3 and names what does not', async () => {
    const said: string[] = [];
    const ill = { url: 'memory:', fsck: async () => [{ invariant: 'I1', says: 'a job is nowhere', jobs: ['a', 'b'] }] };

    const code = await doctor(ill as never, {}, { out: (line) => void said.push(line), err: () => {}, env: {}, cwd });

    expect({ code, said }).toEqual({ code: 3, said: ['I1: a job is nowhere (a, b)'] });
  });

  it('says which store it needs', async () => {
    const [out, err]: string[][] = [[], []];
    const code = await run(['doctor'], { out: (l) => void out!.push(l), err: (l) => void err!.push(l), env: {}, cwd });

    expect({ code, err }).toEqual({ code: 2, err: [expect.stringContaining('Give --url')] });
  });

  it('exits 6 when the store cannot be reached', async () => {
    expect(await millrace('doctor', '--url', 'redis://127.0.0.1:1')).toMatchObject({ code: 6 });
  });
});
