import { parseBytes } from '../job/bytes.js';
import { handler, promised, World } from './testdata/world.js';

const MB = 1024 ** 2;

describe('recycle', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  function setup() {
    const lines: string[] = [];
    const say = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
    const logger = { debug: () => undefined, log: say('log'), warn: say('warn'), error: say('error') };
    const said = () => lines.filter((line) => line.includes('Recycling'));
    return { logger, said };
  }

  it('WK9: after so many jobs the worker ends, and says so', async () => {
    const { logger, said } = setup();
    const ids = await world.enqueue({}, {}, {}, {}, {});
    const worker = await world.worker([handler(() => 1)], {
      recycle: { jobs: 3 },
      concurrency: 1,
      prefetch: 0,
      logger,
    });

    // The call that brings the ending of the third may bring the fourth along.
    const { completed, reason } = await worker.done;
    expect(reason).toBe('recycled');
    expect([3, 4]).toContain(completed);
    expect(said()).toEqual([
      `log Recycling: 3 jobs have ended here. The worker ends, to be started anew. workerId=${worker.id}`,
    ]);
    expect((await world.find(ids[4]!))!.state).toBe('ready');
    expect(await world.queue.workers()).toEqual([]);
  });

  it('WK9: what still runs has the grace, then goes back uncharged; nothing new is claimed', async () => {
    const gate = promised();
    const run = ({ n }: { n: number }) => (n === 2 ? undefined : n === 0 ? gate.promise : new Promise(() => undefined));
    const worker = await world.worker([handler(run)], {
      recycle: { jobs: 1 },
      shutdown: { grace: '10s' },
      concurrency: 3,
    });
    const [first, second] = await world.enqueue({ payload: { n: 0 } }, { payload: { n: 1 } });
    await world.clock.advance('1s');
    await world.enqueue({ payload: { n: 2 } });
    await world.clock.advance('1s');
    const [late] = await world.enqueue({ payload: { n: 2 } });
    expect(worker.status().ready).toBe(false);
    gate.keep();
    await world.clock.advance('11s');

    expect(await worker.done).toEqual({ completed: 2, failed: 0, reason: 'recycled' });
    expect(await world.find(first!)).toMatchObject({ state: 'completed' });
    expect(await world.find(second!)).toMatchObject({ state: 'ready', attempts: 0, releases: 1 });
    expect(await world.find(late!)).toMatchObject({ state: 'ready', releases: 0 });
  });

  it('WK9: maxJobs, where it comes first, is the reason', async () => {
    await world.enqueue({}, {}, {}, {});
    const worker = await world.worker([handler(() => 1)], { recycle: { jobs: 3 }, maxJobs: 2 });
    expect(await worker.done).toEqual({ completed: 2, failed: 0, reason: 'max-jobs' });
  });

  it('WK9: once the process takes more memory than it may, said with the figure', async () => {
    const { logger, said } = setup();
    let bytes = 512 * MB;
    const worker = await world.worker([handler(() => 1)], {
      recycle: { memory: '512MB' },
      resident: () => bytes,
      logger,
    });
    await world.clock.advance('60s');
    expect(worker.status().ready).toBe(true);
    bytes = 612 * MB;
    await world.clock.advance('5s');

    expect(await worker.done).toMatchObject({ reason: 'recycled' });
    expect(said()).toEqual([expect.stringContaining('the process takes 612MB of memory, more than 512MB.')]);
  });

  it('WK9: a process that is too large from the start works for five seconds all the same', async () => {
    const worker = await world.worker([handler(() => 1)], { recycle: { memory: 1000 }, resident: () => 2000 });
    await world.enqueue({});
    await world.clock.advance(4999);
    expect(worker.status().ready).toBe(true);
    await world.clock.advance(1);

    expect(await worker.done).toEqual({ completed: 1, failed: 0, reason: 'recycled' });
  });

  it.each([
    [{ jobs: 0 }, 'recycle.jobs is 0'],
    [{ memory: '512' }, "recycle.memory is '512'; write '512MB', or bytes."],
    [{ memory: '0MB' }, "recycle.memory is '0MB'"],
    [{ memory: -1 }, "recycle.memory is '-1'"],
  ])('WK9: refuses %j', (recycle, says) => {
    expect(() => world.make([handler(() => 1)], { recycle: recycle as never })).toThrow(says);
  });
});

describe('parseBytes', () => {
  it.each([
    ['512MB', 512 * MB],
    ['1.5GB', 1536 * MB],
    ['64KB', 65_536],
    [4096, 4096],
    ['512 MB', undefined],
    ['512mb', undefined],
    ['', undefined],
    [0, undefined],
    [NaN, undefined],
    [Infinity, undefined],
    [null, undefined],
  ])('%j is %j', (text, bytes) => expect(parseBytes(text)).toBe(bytes));
});
