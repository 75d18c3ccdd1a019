import { Redis } from 'ioredis';
import {
  redisAvailable,
  type RedisServerOptions,
  type RunningRedis,
  startRedis,
} from '../../../testkit/redis-server.js';
import { createJobId } from '../../job/id.js';
import { systemClock } from '../../time/clock.js';
import type { Firing, Hint, Lane, NewJob, NewSchedule, ScheduleRecord, Store } from '../store.js';
import { redis, type RedisOptions } from './index.js';
import type { RedisStore } from './redis-store.js';

const suite = redisAvailable() ? describe : describe.skip;
const lane: Lane = { queue: 'mill', shard: 0 };
const other: Lane = { queue: 'other', shard: 1 };
const quiet = { onWarning: () => {} };
const later = 4_000_000_000_000;

suite('schedules on redis', () => {
  const endings: (() => unknown)[] = [];
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
    store = redis({ url: server.url, ...quiet });
    await store.open();
  });
  afterEach(async () => {
    expect(await store.fsck()).toEqual([]);
    await store.close();
    for (const end of endings.splice(0).reverse()) await end();
  });

  const fired = '{millrace}:fired';
  const book = ['schedules', 'heads', 'slots', 'due', 'ids', 'owners', 'fired', 'sent'].map(
    (part) => `{millrace}:${part}`,
  );

  const schedule = (more: Partial<NewSchedule> = {}): NewSchedule => ({
    id: 's',
    body: '{}',
    paused: false,
    next: 1000,
    ...more,
  });
  const job = ({ at = lane, ...more }: Partial<NewJob> & { at?: Lane } = {}): NewJob => ({
    id: createJobId(at.queue, at.shard, systemClock.now()),
    task: 'grind',
    body: '{}',
    priority: 2,
    ...more,
  });
  const put = async (more?: Partial<NewSchedule>) => (await store.putSchedule(schedule(more), 0)).schedule!;
  const putMany = (count: number, next = later) =>
    Promise.all(
      Array.from({ length: count }, (_, i) =>
        put({ id: `s${String(i).padStart(5, '0')}`, next, owner: i % 2 ? 'shop' : undefined }),
      ),
    );
  const stateOf = async (id: string) => (await store.find([{ id }]))[0]?.state;

  function firing(before: ScheduleRecord, jobs: NewJob[], more: Partial<Firing> = {}): Firing {
    const slot = before.next!;
    const slots = [{ slot, outcome: 'enqueued' as const, job: jobs[0]?.id }];
    return { id: before.id, seen: before.version, jobs, slots, last: slot, next: slot + 1000, ...more };
  }

  /** While `act` runs, a lane cannot be reached: there is something else where its producers are remembered. */
  async function cutOff({ queue, shard }: Lane, act: () => Promise<unknown>): Promise<void> {
    const [name, aside] = [`{millrace:${queue}:${shard}}:p`, 'aside'];
    const moved = (await plain.exists(name)) === 1;
    if (moved) await plain.rename(name, aside);
    await plain.set(name, 'not ours');
    await act();
    await plain.del(name);
    if (moved) await plain.rename(aside, name);
  }

  /** What the server was asked by `act`, scripts and all they say, by command; without the first word of scripts for Redis 6.2. */
  async function asked(act: () => Promise<unknown>): Promise<Record<string, number>> {
    await plain.config('RESETSTAT');
    await act();
    const stats = await plain.info('commandstats');
    const calls = [...stats.matchAll(/^cmdstat_(?!config|info|ping|hdel)([^:]*):calls=(\d+)/gm)];
    return Object.fromEntries(calls.map(([, name, n]) => [name!, Number(n)]));
  }

  async function written(act: () => Promise<unknown>): Promise<number> {
    const changes = async () => Number(/rdb_changes_since_last_save:(\d+)/.exec(await plain.info('persistence'))![1]);
    const before = await changes();
    await act();
    return (await changes()) - before;
  }

  describe('fire', () => {
    it('leaves its job behind when it ends before the delivery, and the next look delivers it, once', async () => {
      const before = await put();
      const next = job();
      await cutOff(lane, async () => expect(await store.fire([firing(before, [next])])).toEqual([true]));
      expect(await stateOf(next.id)).toBeUndefined();
      expect(await plain.llen(fired)).toBe(1);
      expect(await store.fsck()).toEqual([]);

      const second = redis({ url: server.url, ...quiet });
      endings.push(() => second.close());
      await second.open();
      await Promise.all([store.schedules({ due: true }), second.schedules({ due: true })]);
      await store.schedules({ due: true });

      expect(await stateOf(next.id)).toBe('ready');
      expect((await store.counts())[0]).toMatchObject({ counts: { ready: 1 }, totals: { enqueued: 1 } });
      expect(await plain.llen(fired)).toBe(0);
    });

    it('delivers once what is carried twice, though the job has run and is forgotten', async () => {
      const next = job();
      const before = await put();
      await cutOff(lane, () => store.fire([firing(before, [next])]));
      const outbox = await plain.lrange(fired, 0, -1);
      await store.schedules({ due: true });
      await store.remove([next.id]);

      await plain.rpush(fired, ...outbox);
      await store.schedules({ due: true });

      expect(await plain.llen(fired)).toBe(0);
      expect((await store.counts())[0]!.totals).toMatchObject({ enqueued: 1, removed: 1 });
    });

    it('delivers to other lanes what many jobs for one that cannot be reached stand before', async () => {
      const stuck = Array.from({ length: 700 }, () => job({ at: other }));
      const good = job();
      const before = await put();
      const second = await put({ id: 't' });
      await cutOff(other, async () => {
        await store.fire([firing(before, stuck)]);
        await store.fire([firing(second, [good])]);
        expect(await stateOf(good.id)).toBe('ready');
      });
      expect(await plain.llen(fired)).toBe(700);

      await store.schedules({ due: true });

      expect((await store.counts()).map(({ counts }) => counts.ready)).toEqual([1, 700]);
      expect(await plain.llen(fired)).toBe(0);
    });

    it('does not wait for ever for a lane that says nothing', async () => {
      const deaf = redis({ url: server.url, ...quiet }) as RedisStore;
      endings.push(() => deaf.close());
      await deaf.open();
      deaf['lanes'].run = () => new Promise(() => {});
      const before = await put();
      const next = job();

      expect(await deaf.fire([firing(before, [next])])).toEqual([true]);
      expect((await deaf.schedules({ due: true })).schedules).toMatchObject([{ id: 's', version: 2 }]);

      expect(await stateOf(next.id)).toBeUndefined();
      await store.schedules({ due: true });
      expect(await stateOf(next.id)).toBe('ready');
    });

    it('numbers its jobs upwards, also when the clock went back', async () => {
      let now = 5_000_000;
      const clocked = redis({ url: server.url, ...quiet, clock: { ...systemClock, now: () => now } });
      endings.push(() => clocked.close());
      await clocked.open();
      const [a, b] = [await put({ id: 'a' }), await put({ id: 'b' })];
      const jobs = [job(), job()];
      await clocked.fire([firing(a, [jobs[0]!])]);
      now -= 1_000_000;
      await clocked.fire([firing(b, [jobs[1]!])]);

      expect(await Promise.all(jobs.map(({ id }) => stateOf(id)))).toEqual(['ready', 'ready']);
    });

    it('asks for so much and no more', async () => {
      const before = await put();
      await store.fire([firing(before, [job()])]);
      const next = firing({ ...before, version: 2, next: before.next! + 1000 }, [job()]);

      expect(await asked(() => store.fire([next]))).toEqual({
        // The firing, and the arrival of its job.
        evalsha: 2,
        time: 2,
        // Head and slots; the last number received.
        hget: 3,
        zadd: 1,
        hset: 4,
        get: 1,
        set: 1,
        lrange: 1,
        lrem: 1,
        hmget: 2,
        rpush: 2,
        hincrby: 1,
      });
    });

    it('stores nothing when one of its jobs has no id of ours', async () => {
      const before = await put();

      await expect(store.fire([firing(before, [job(), job({ id: 'mine' })])])).rejects.toThrow(RangeError);
      await expect(store.fire([firing(before, [job({ after: ['mine'] })])])).rejects.toThrow(RangeError);

      expect((await store.schedules({})).schedules).toEqual([before]);
      expect(await plain.exists(fired)).toBe(0);
    });
  });

  describe('schedules', () => {
    it('writes nothing', async () => {
      await putMany(4, 1000);

      const looks = async () => {
        for (const query of [{}, { ids: ['s00001'] }, { owner: 'shop' }, { due: true }]) await store.schedules(query);
      };

      expect(await written(looks)).toBe(0);
      expect(await written(() => put())).toBeGreaterThan(0);
    });

    it('asks the same of the server whether few are there or many', async () => {
      const look = () => asked(() => store.schedules({ due: true }));
      await putMany(1);
      const few = await look();
      await store.removeSchedule('s00000');
      await putMany(500);

      expect(few).toEqual({ evalsha: 1, time: 1, zrange: 1, llen: 1 });
      expect(await look()).toEqual(few);
    });

    it('takes owners of any letters, each for itself', async () => {
      const owners = ['', ' ', 'shop', 'shop 2', 'shop!', 'läden', '\n', '%'];
      for (const [i, owner] of owners.entries()) await put({ id: `s${i}`, owner });
      await put({ id: 'nobody' });

      for (const [i, owner] of owners.entries()) {
        expect((await store.schedules({ owner })).schedules).toMatchObject([{ id: `s${i}`, owner }]);
      }
    });

    it('answers thousands in pages', async () => {
      await putMany(2500);
      const pages: number[] = [];
      for (let cursor: string | undefined, first = true; first || cursor; first = false) {
        const page = await store.schedules({ limit: 1000, cursor });
        pages.push(page.schedules.length);
        cursor = page.cursor;
      }

      expect(pages).toEqual([1000, 1000, 500]);
    });
  });

  describe('listen to schedules', () => {
    it('is told nothing of a schedule that is not the next', async () => {
      await put({ id: 'first', next: 1000 });
      const heard: Hint[] = [];
      const listener = await store.listen({ schedules: true }, (hint) => heard.push(hint));

      const quietly = await asked(async () => {
        await put({ id: 'a', next: 2000 });
        await put({ id: 'b', next: 1000 });
        await put({ id: 'c', next: undefined, paused: true });
        await store.fire([firing((await store.schedules({ ids: ['first'] })).schedules[0]!, [])]);
      });
      expect(quietly).not.toHaveProperty('publish');

      expect(await asked(() => put({ id: 'd', next: 999 }))).toMatchObject({ publish: 1 });
      await until(async () => heard.length > 0);
      await listener.stop();
      expect(heard).toEqual([{ topic: 'schedules' }]);
    });
  });

  describe('a full memory', () => {
    it.each([true, false])('refuses a new schedule, and lets the others go on (flags: %s)', async (flags) => {
      const own = await startRedis();
      endings.push(() => own.stop());
      const admin = new Redis(own.url, { protocol: 2 });
      endings.push(() => admin.disconnect());
      const full = redis({ url: own.url, ...quiet }) as RedisStore;
      endings.push(() => full.close());
      await full.open();
      full['connection'].speak({ flags, sharded: false });
      const before = (await full.putSchedule(schedule(), 0)).schedule!;
      for (let i = 0; i < 500; i++)
        await full.putSchedule(schedule({ id: `t${i}`, body: 'x'.repeat(1000), next: later }), 0);
      await admin.config('SET', 'maxmemory', '1mb');

      await expect(full.putSchedule(schedule({ id: 'new' }), 0)).rejects.toMatchObject({ code: 'STORE_OUT_OF_MEMORY' });
      expect((await full.schedules({ ids: ['new'] })).schedules).toEqual([]);

      expect((await full.putSchedule(schedule({ body: '{"n":1}', owner: 'shop' }), 1)).outcome).toBe('put');
      expect((await full.schedules({ due: true })).schedules).toMatchObject([{ id: 's', version: 2 }]);
      const next = job();
      expect(await full.fire([firing({ ...before, version: 2 }, [next])])).toEqual([true]);
      expect(await full.find([{ id: next.id }])).toMatchObject([{ state: 'ready' }]);
      expect(await full.removeSchedule('t0')).toBe(true);
      expect(await full.fsck()).toEqual([]);
    });
  });

  describe('keys', () => {
    it('I10: are as many for a thousand schedules as for ten, and none when all are removed', async () => {
      await putMany(10);
      const [first] = (await store.schedules({ limit: 1 })).schedules;
      await store.fire([firing(first!, [job()])]);
      const few = await plain.dbsize();
      const ids = (await putMany(1000)).map(({ id }) => id);
      expect(await plain.dbsize()).toBe(few);
      const ttls = await Promise.all((await plain.keys('*')).map((key) => plain.ttl(key)));
      expect(ttls.every((ttl) => ttl === -1)).toBe(true);

      await Promise.all(ids.map((id) => store.removeSchedule(id)));

      expect(await plain.exists(...book)).toBe(1);
      expect(await plain.exists('{millrace}:sent')).toBe(1);
    });

    it.each(book)('R19: refuses a foreign key at %s', async (name) => {
      const foreign = async (type: 'string' | 'set') => {
        await plain.del(name);
        await (type === 'set' ? plain.sadd(name, 'not ours') : plain.set(name, 'not ours'));
      };
      await foreign(name.endsWith(':sent') ? 'set' : 'string');

      const late = redis({ url: server.url, ...quiet });
      await expect(late.open()).rejects.toMatchObject({ code: 'KEY_TYPE_CONFLICT', key: name });
      await plain.del(name);
    });

    it('of schedules live in one slot, also on a cluster', async () => {
      const cluster = await serveCluster();
      const heard: Hint[] = [];
      await cluster.listen({ schedules: true }, (hint) => heard.push(hint));
      const before = (await cluster.putSchedule(schedule({ owner: 'shop' }), 0)).schedule!;
      await until(async () => heard.length > 0);
      const jobs = [job(), job({ at: other })];

      expect(await cluster.fire([firing(before, jobs)])).toEqual([true]);

      expect(await cluster.find(jobs.map(({ id }) => ({ id })))).toMatchObject([
        { state: 'ready' },
        { state: 'ready' },
      ]);
      expect((await cluster.schedules({ owner: 'shop' })).schedules).toMatchObject([{ id: 's', version: 2 }]);
      expect((await cluster.schedules({ due: true })).schedules).toMatchObject([{ id: 's' }]);
      expect(await cluster.fsck()).toEqual([]);
      expect(await cluster.removeSchedule('s')).toBe(true);
      expect(heard).toContainEqual({ topic: 'schedules' });
    });
  });

  describe('fsck', () => {
    const damages: [string, () => Promise<unknown>][] = [
      ['is not found when it is due', () => plain.zrem('{millrace}:due', 's')],
      ['is due at another time', () => plain.zadd('{millrace}:due', 7, 's')],
      ['has no text', () => plain.hdel('{millrace}:schedules', 's')],
      ['has no head', () => plain.hdel('{millrace}:heads', 's')],
      ['is not listed', () => plain.zrem('{millrace}:ids', 's')],
      ['is not known to be declared', () => plain.del('{millrace}:owners')],
    ];

    it.each(damages)('I9: notices a schedule that %s', async (_, damage) => {
      await put({ owner: 'shop' });
      expect(await store.fsck()).toEqual([]);

      await damage();

      expect(await store.fsck()).toContainEqual(expect.objectContaining({ invariant: 'I9' }));
      await plain.flushall();
    });
  });

  async function serveCluster(): Promise<Store> {
    const options: RedisServerOptions = { config: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' } };
    const node = await startRedis(options);
    endings.push(() => node.stop());
    const admin = new Redis(node.url, { protocol: 2 });
    endings.push(() => admin.disconnect());
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await until(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'));
    const where: RedisOptions = { cluster: [{ host: '127.0.0.1', port: node.port }], ...quiet };
    const cluster = redis(where);
    endings.push(() => cluster.close());
    await cluster.open();
    return cluster;
  }
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 10_000;
  while (!(await holds())) {
    if (systemClock.monotonic() > deadline) throw new Error('waited 10 s in vain');
    await systemClock.sleep(10);
  }
}
