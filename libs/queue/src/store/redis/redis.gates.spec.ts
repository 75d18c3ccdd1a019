import { Redis } from 'ioredis';
import { redisAvailable, type RunningRedis, startRedis } from '../../../testkit/redis-server.js';
import { createJobId } from '../../job/id.js';
import { systemClock } from '../../time/clock.js';
import type { ClaimedJob, ExchangeRequest, Gate, Lane, NewJob, Store } from '../store.js';
import { redis } from './index.js';

const suite = redisAvailable() ? describe : describe.skip;
const lane: Lane = { queue: 'mill', shard: 0 };
const group = (gate: Partial<Gate> = {}): Gate[] => [{ kind: 'group', key: 'k', ...gate }];

suite('jobs with gates, on redis', () => {
  let server: RunningRedis;
  let plain: Redis;
  let store: Store;
  beforeAll(async () => {
    server = await startRedis();
    plain = new Redis(server.url, { protocol: 2 });
  });
  afterAll(async () => {
    plain.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await plain.flushall();
    store = redis({ url: server.url, onWarning: () => {} });
    await store.open();
    const about = { name: 'ann', host: 'host', pid: 1, version: '0.1.0', startedAt: 0, tasks: [], concurrency: 10 };
    await store.register({ ...about, id: 'ann', queues: ['mill'], lanes: [lane], lease: 15_000 });
  });
  afterEach(async () => {
    expect(await store.fsck()).toEqual([]);
    await store.close();
  });

  const key = (part: string) => `{millrace:mill:0}:${part}`;

  async function add(count: number, more: Partial<NewJob> = {}): Promise<string[]> {
    const about = { task: 'grind', body: '{}', priority: 2, ...more };
    const made = Array.from({ length: count }, () => createJobId(lane.queue, lane.shard, systemClock.now()));
    // Of one moment the gates know no order but that of the ids.
    const answers = await store.enqueue(made.sort().map((id) => ({ ...about, id })));
    return answers.map(({ id }) => id);
  }

  const exchange = (more: Partial<ExchangeRequest>) =>
    store.exchange({ worker: 'ann', lane, settle: [], want: 0, lease: 15_000, ...more });
  const done = ({ id, fence }: ClaimedJob) => ({ id, fence, outcome: 'completed' as const, keep: 0 });

  async function asked(act: () => Promise<unknown>): Promise<Record<string, number>> {
    await plain.config('RESETSTAT');
    await act();
    const calls = [
      ...(await plain.info('commandstats')).matchAll(/^cmdstat_(?!config|info|ping)([^:]*):calls=(\d+)/gm),
    ];
    return Object.fromEntries(calls.map(([, name, n]) => [name!, Number(n)]));
  }

  it('cost others nothing', async () => {
    const run = async () => {
      await add(100);
      const { jobs } = await exchange({ want: 100 });
      await exchange({ settle: jobs.map(done), want: 0 });
    };
    await run();
    const before = await asked(run);

    await add(5, { gates: group({ max: 1 }) });
    await exchange({ want: 1 });

    expect(await asked(run)).toEqual(before);
  });

  it('leave nothing behind', async () => {
    const ids = await add(5, { gates: group({ max: 2 }) });
    const { jobs } = await exchange({ want: 5 });
    expect(jobs.map(({ id }) => id)).toEqual(ids.slice(0, 2));

    await exchange({ settle: jobs.slice(0, 1).map(done) });
    await store.cancel(ids.slice(1), { force: true });
    await store.remove(ids);

    expect(await plain.exists(...['f', 'l', 'h', 'j', 'i', 's'].map(key))).toBe(0);
  });

  it('have keys of any letters, each for itself', async () => {
    const keys = ['k', 'k ', 'k 2', 'k!', '', ' ', 'läden', '%', '\n', '\ud800'];
    const firsts: string[] = [];
    for (const name of keys) firsts.push((await add(2, { gates: group({ key: name, max: 1 }) }))[0]!);

    const { jobs, more } = await exchange({ want: 100 });

    expect(jobs.map(({ id }) => id)).toEqual(firsts);
    expect(more).toBe(false);
    expect((await exchange({ settle: jobs.map(done), want: 100 })).jobs).toHaveLength(keys.length);
  });

  it('may have as much room as there is', async () => {
    await add(3, { gates: group({ max: Infinity }) });

    expect((await exchange({ want: 10 })).jobs).toHaveLength(3);
  });

  it('are listed page by page while they are parked, and count', async () => {
    const ids = await add(450, { gates: group({ max: 1 }) });
    const listed: string[] = [];
    for (let cursor: string | undefined, first = true; first || cursor; first = false) {
      const page = await store.list({ states: ['ready'], limit: 100, cursor });
      listed.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    }

    expect(listed).toEqual(ids);
    expect((await store.counts())[0]!.counts.ready).toBe(450);
    await store.configure('mill', { maxReady: 451 });
    await expect(add(2)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await expect(add(1)).resolves.toHaveLength(1);
  });

  it('follow one another through a whole batch, a place at a time', async () => {
    const ids = await add(1000, { gates: group({ max: 10 }) });
    const done10: string[] = [];
    for (let held: ClaimedJob[] = []; done10.length < ids.length;) {
      held = (await exchange({ settle: held.map(done), want: 100 })).jobs;
      expect(held).toHaveLength(10);
      done10.push(...held.map(({ id }) => id));
    }

    expect(done10).toEqual(ids);
  });

  it('are written in chunks, and their gates once per call', async () => {
    const every = Array.from({ length: 1000 }, (_, i) => group({ key: `k ${i % 20}`, max: 5, turn: 1 }));
    const about = { task: 'grind', body: '{}', priority: 2 };
    const id = () => createJobId(lane.queue, lane.shard, systemClock.now());
    const adding = await asked(() => store.enqueue(every.map((gates) => ({ ...about, id: id(), gates }))));
    expect(adding).toMatchObject({ hmget: 4, hget: 1, rpush: 1 });
    expect(adding['zadd']).toBeLessThanOrEqual(4);
    expect(adding['hset']).toBeLessThanOrEqual(15);

    let jobs: ClaimedJob[] = [];
    const claiming = await asked(async () => ({ jobs } = await exchange({ want: 20 })));
    // A look at who waits per gate, and all who are let through are read at once.
    expect(claiming).toMatchObject({ zrangebylex: 20, zrem: 1, rpush: 1, hmget: 5 });
    expect(claiming['hget']).toBeLessThan(5);

    // Turns keep all that wait.
    const settling = await asked(() => exchange({ settle: jobs.map(done) }));
    expect(settling).toMatchObject({ hmget: 3 });
    expect(settling['zrangebylex'] ?? 0).toBe(0);
  });

  it('let in the next when somebody ends, though others stand in line', async () => {
    const ids = await add(4, { gates: group({ max: 2 }) });
    const { jobs } = await exchange({ want: 1 });

    await exchange({ settle: jobs.map(done) });

    expect((await store.list({ states: ['ready'] })).jobs.map(({ parked }) => !!parked)).toEqual([false, false, true]);
    expect((await exchange({ want: 4 })).jobs.map(({ id }) => id)).toEqual(ids.slice(1, 3));
  });

  it('let in everybody by what the job itself says', async () => {
    const [first] = await add(1, { gates: group({ max: 1 }) });
    const { jobs } = await exchange({ want: 1 });
    expect(jobs.map(({ id }) => id)).toEqual([first]);
    const narrow = await add(1, { gates: group({ max: 1 }) });
    const wide = await add(3, { gates: group({ max: 3 }) });

    const next = await exchange({ settle: jobs.map(done), want: 5 });

    expect(next.jobs.map(({ id }) => id)).toEqual([...narrow, ...wide.slice(0, 2)]);
  });

  it('are looked at by the clock again when there are settings that change it', async () => {
    const rate = { interval: 3_600_000_000, slack: 0, text: '1/h' };
    const ids = await add(3, { gates: group({ rate }) });
    expect((await exchange({ want: 3 })).jobs.map(({ id }) => id)).toEqual(ids.slice(0, 1));
    expect(Number(await plain.zcard(key('s')))).toBe(1);

    await store.configure('mill', { tasks: { grind: { group: { rate: null } } } });

    const { jobs, dueIn } = await exchange({ want: 3 });
    expect(jobs.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(dueIn).toBeUndefined();
  });

  const rate = { interval: 3_600_000_000, slack: 0, text: '1/h' };
  it.each([{ rate }, { max: 1 }])('hear of new settings page by page: %o', async (terms) => {
    for (let batch = 0; batch < 2; batch++) {
      const every = Array.from({ length: 800 }, (_, i) => group({ key: `k${i >> 1} ${batch}`, ...terms }));
      const about = { task: 'grind', body: '{}', priority: 2 };
      const id = () => createJobId(lane.queue, lane.shard, systemClock.now());
      await store.enqueue(every.map((gates) => ({ ...about, id: id(), gates })));
    }
    expect((await exchange({ want: 800 })).jobs).toHaveLength(800);

    await store.configure('mill', { tasks: { grind: { group: { rate: null, max: null } } } });

    let more = 0;
    for (let i = 0; i < 10; i++) more += (await exchange({ want: 1000 })).jobs.length;
    expect(more).toBe(800);
  });

  const damages: [string, () => Promise<unknown>][] = [
    ['places that nobody has', () => plain.hset(key('i'), 'gk', '2,,,,,2:1:2')],
    ['jobs in line behind a gate nobody knows', () => plain.hdel(key('i'), 'gk')],
    ['a gate that nobody needs', () => plain.hset(key('i'), 'gx', ',,,,')],
    ['jobs that wait somewhere else', () => plain.zadd(key('l'), 0, 'gx 21767225600000 nobody')],
    ['a wrong count of those that are parked', () => plain.hincrby(key('m'), 'parked', 1)],
    ['a gate that wakes without need', () => plain.zadd(key('s'), 5, 'gk')],
    ['a first one that wakes another time', () => plain.hset(key('m'), 'wake', 5)],
  ];

  it.each(damages)('I13: are found out when there are %s', async (_, damage) => {
    await add(3, { gates: group({ max: 1 }) });
    expect(await store.fsck()).toEqual([]);

    await damage();

    expect(await store.fsck()).toContainEqual(expect.objectContaining({ invariant: expect.stringMatching(/^I1/) }));
    await plain.flushall();
  });
});
