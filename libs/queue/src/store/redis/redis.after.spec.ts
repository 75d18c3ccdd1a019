import { Redis } from 'ioredis';
import { redisAvailable, type RunningRedis, startRedis } from '../../../testkit/redis-server.js';
import { createJobId } from '../../job/id.js';
import { systemClock } from '../../time/clock.js';
import type { Lane, NewJob, Store } from '../store.js';
import { redis } from './index.js';

const suite = redisAvailable() ? describe : describe.skip;
const lane: Lane = { queue: 'mill', shard: 0 };
const other: Lane = { queue: 'other', shard: 1 };

suite('jobs that wait for others, on redis', () => {
  let server: RunningRedis;
  let plain: Redis;
  let store: Store;
  let namespaces = 0;
  let namespace: string;
  beforeAll(async () => {
    server = await startRedis();
    plain = new Redis(server.url, { protocol: 2 });
  });
  afterAll(async () => {
    plain.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    namespace = `after${++namespaces}`;
    store = redis({ url: server.url, namespace, onWarning: () => {} });
    await store.open();
    const about = { name: 'ann', host: 'host', pid: 1, version: '0.1.0', startedAt: 0, tasks: [], concurrency: 10 };
    await store.register({ ...about, id: 'ann', queues: ['mill'], lanes: [lane, other], lease: 15_000 });
  });
  afterEach(async () => {
    expect(await store.fsck()).toEqual([]);
    await store.close();
  });

  const key = (of: Lane, part: string) => `{${namespace}:${of.queue}:${of.shard}}:${part}`;
  const stateOf = async (id: string) => (await store.find([{ id }]))[0]?.state;

  async function add(more: Partial<NewJob> & { lane?: Lane } = {}) {
    const { lane: at = lane, ...job } = more;
    const id = createJobId(at.queue, at.shard, systemClock.now());
    await store.enqueue([{ id, task: 'grind', body: '{}', priority: 2, ...job }]);
    return id;
  }

  /** Claims the one ready job of the lane, and completes it without a record. */
  async function complete() {
    const ask = { worker: 'ann', lane, lease: 15_000 };
    const { jobs } = await store.exchange({ ...ask, settle: [], want: 1 });
    const settle = jobs.map(({ id, fence }) => ({ id, fence, outcome: 'completed' as const, keep: 0 }));
    return store.exchange({ ...ask, settle, want: 0 });
  }

  /** A store that cannot reach a lane: there is something else where its producers are remembered. */
  async function cutOff(target: Lane, meanwhile: () => Promise<unknown>) {
    const [name, aside] = [key(target, 'p'), `${namespace}:aside`];
    const moved = (await plain.exists(name)) === 1;
    if (moved) await plain.rename(name, aside);
    await plain.set(name, 'not ours');
    await meanwhile();
    await plain.del(name);
    if (moved) await plain.rename(aside, name);
  }

  it('leave in the outbox what could not be carried, and anybody carries it later, once', async () => {
    const parent = await add();
    const child = await add({ lane: other, after: [parent] });
    await cutOff(other, complete);
    expect(await stateOf(child)).toBe('blocked');
    const outbox = await plain.lrange(key(lane, 'o'), 0, -1);
    expect(outbox).toHaveLength(1);

    expect(await store.relay(lane)).toBe(1);
    expect(await stateOf(child)).toBe('ready');

    await plain.rpush(key(lane, 'o'), ...outbox);
    expect(await store.relay(lane)).toBe(0);
    expect(await plain.llen(key(lane, 'o'))).toBe(0);
  });

  it('wait on when the parent could not be asked, until it is', async () => {
    const parent = await add();
    let child = '';
    await cutOff(lane, async () => (child = await add({ lane: other, after: [parent] })));
    expect(await stateOf(child)).toBe('blocked');
    await complete();
    expect(await stateOf(child)).toBe('blocked');

    await store.relay(other);

    // The record of the parent is gone by then, and nobody knows how it ended.
    expect(await stateOf(child)).toBe('cancelled');
  });

  it('leave nothing behind', async () => {
    const parent = await add();
    for (let i = 0; i < 3; i++) await add({ after: [parent], lane: i === 2 ? other : lane });
    const middle = await add({ after: [parent] });
    for (let i = 0; i < 250; i++) await add({ after: [middle] });
    await complete();
    await store.cancel([middle]);
    const all = await store.list({ states: ['ready', 'cancelled'], limit: 200 });
    for (
      let page = all;
      page.jobs.length > 0;
      page = await store.list({ states: ['ready', 'cancelled'], limit: 200 })
    ) {
      await store.remove(page.jobs.map((job) => job.id));
    }

    for (const at of [lane, other]) {
      expect(await plain.exists(...['f', 'b', 'h', 'j', 'o'].map((part) => key(at, part)))).toBe(0);
    }
  });
});
