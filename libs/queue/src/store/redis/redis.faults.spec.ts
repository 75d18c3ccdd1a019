import { connect, createServer, type Server, type Socket } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import {
  freePort,
  redisAvailable,
  type RedisServerOptions,
  type RunningRedis,
  startRedis,
} from '../../../testkit/redis-server.js';
import { createJobId } from '../../job/id.js';
import { systemClock } from '../../time/clock.js';
import type { ClaimedJob, Hint, Lane, NewJob, Settlement, WorkerRecord } from '../store.js';
import { redis, type RedisOptions } from './index.js';
import type { RedisStore } from './redis-store.js';

const suite = redisAvailable() ? describe : describe.skip;
const lane: Lane = { queue: 'mill', shard: 0 };
const lease = 15_000;
const quiet = { onWarning: () => {} };

const job = (more: Partial<NewJob> = {}): NewJob => ({
  id: createJobId(lane.queue, lane.shard, systemClock.now()),
  task: 'orders.process',
  body: '{}',
  priority: 2,
  ...more,
});
const jobs = (count: number, more?: Partial<NewJob>) => Array.from({ length: count }, () => job(more));
const done = (held: ClaimedJob): Settlement => ({ id: held.id, fence: held.fence, outcome: 'completed', keep: 0 });
const ann: WorkerRecord = {
  id: 'ann', name: 'ann', host: 'host', pid: 1, version: '0.1.0', startedAt: 0, queues: [lane.queue], lanes: [lane],
  tasks: [], concurrency: 100, lease,
}; // prettier-ignore

suite('redis on bad days', () => {
  const endings: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  async function serve(options?: RedisServerOptions): Promise<{ server: RunningRedis; plain: Redis }> {
    const server = await startRedis(options);
    endings.push(() => server.stop());
    const plain = new Redis(server.url, { protocol: 2 });
    plain.on('error', () => {});
    endings.push(() => plain.disconnect());
    return { server, plain };
  }

  function storeAt(url: string, options: RedisOptions = {}) {
    const store = redis({ url, ...quiet, ...options });
    endings.push(() => store.close());
    return store;
  }

  async function setup(options?: RedisServerOptions) {
    const { server, plain } = await serve(options);
    const store = storeAt(server.url);
    await store.open();
    await store.register(ann);
    const exchange = (settle: Settlement[], want: number) =>
      store.exchange({ worker: 'ann', lane, settle, want, lease });
    const drain = async (batch = 100) => {
      let finished = 0;
      for (let held: ClaimedJob[] = []; ;) {
        held = (await exchange(held.map(done), batch)).jobs;
        finished += held.length;
        if (held.length === 0) return finished;
      }
    };
    return { server, plain, store, exchange, drain };
  }

  describe('open', () => {
    it('R17: refuses a server that evicts any key', async () => {
      const { server } = await serve({ config: { 'maxmemory-policy': 'allkeys-lru' } });

      await expect(storeAt(server.url).open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    });

    it('R19: refuses a foreign key of another type at a name of ours', async () => {
      const { server, plain } = await serve();
      await plain.set('{millrace}:queues', 'not ours');

      await expect(storeAt(server.url).open()).rejects.toMatchObject({
        code: 'KEY_TYPE_CONFLICT',
        key: '{millrace}:queues',
      });
    });

    it('warns of a server without an append-only file', async () => {
      const { server } = await serve();
      const warnings: string[] = [];

      await storeAt(server.url, { onWarning: (message) => warnings.push(message) }).open();

      expect(warnings).toEqual([expect.stringContaining('append-only')]);
    });

    it('names the server within its deadline, and hides the password', async () => {
      const url = `redis://user:secret@127.0.0.1:${await freePort()}`;

      const opening = storeAt(url, { connectTimeout: 200 }).open();

      await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', url: url.replace('secret', '***') });
      await expect(opening).rejects.not.toThrow('secret');
    });

    it('leaves a given client open', async () => {
      const { plain } = await serve();
      const store = redis({ client: plain, ...quiet });
      await store.open();
      await store.enqueue([job()]);

      await store.close();

      expect(await plain.ping()).toBe('PONG');
    });
  });

  describe('enqueue', () => {
    it('R4: adds once when the answer is lost, even when the job has run and is forgotten', async () => {
      const { server, store: other, drain } = await setup();
      const proxy = await Proxy.to(server.port);
      endings.push(() => proxy.close());
      const store = storeAt(`redis://127.0.0.1:${proxy.port}`);
      await store.open();
      await store.enqueue([job()]);
      await drain();

      proxy.dropNextAnswer(async () => void (await drain()));
      const [answer] = await store.enqueue([job()]);

      expect(answer).toMatchObject({ created: true });
      expect(proxy.dropped).toBe(1);
      expect(await drain()).toBe(0);
      expect((await other.counts())[0]!.totals).toMatchObject({ enqueued: 2, completed: 2 });
    });

    it('R6: leaves a connection that fell silent, and adds over the next one', async () => {
      const { server, drain } = await setup();
      const proxy = await Proxy.to(server.port);
      endings.push(() => proxy.close());
      const store = storeAt(`redis://127.0.0.1:${proxy.port}`, { enqueueTimeout: 4000 });
      await store.open();
      await store.enqueue([job()]);

      proxy.silence();
      const [answer] = await store.enqueue([job()]);

      expect(answer).toMatchObject({ created: true });
      expect(await drain()).toBe(2);
    });

    it('waits for a store that is away, and says so in the end', async () => {
      const { server, store } = await setup();
      const hasty = storeAt(server.url, { enqueueTimeout: 300 });
      await hasty.open();
      await server.kill();

      await expect(hasty.enqueue([job()])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      const patient = store.enqueue([job()]);
      await server.restart();

      expect(await patient).toMatchObject([{ created: true, state: 'ready' }]);
    });

    it.each([true, false])(
      'R10: lets a worker come while memory is full, and an operator pause (flags: %s)',
      async (flags) => {
        const { server, plain, store } = await setup();
        await store.enqueue(jobs(500, { body: 'x'.repeat(1000) }));
        await plain.config('SET', 'maxmemory', '1mb');

        const late = storeAt(server.url) as RedisStore;
        await late.open();
        late['connection'].speak({ flags, sharded: false });
        await expect(late.enqueue(jobs(1))).rejects.toMatchObject({ code: 'STORE_OUT_OF_MEMORY' });
        await late.register({ ...ann, id: 'bob' });

        const took = await late.exchange({ worker: 'bob', lane, settle: [], want: 100, lease });
        expect(took.jobs).toHaveLength(100);
        await late.reap({ lane });
        expect(await late.configure(lane.queue, { paused: true })).toMatchObject({ paused: true });
      },
    );

    it('takes texts that are no Unicode, as names, keys and tags, and jobs that never lose their key', async () => {
      const { store, exchange } = await setup();
      const half = '\ud800';
      const odd = job({
        tags: [half],
        keys: [
          { key: `=${half}`, until: 'kept' },
          { key: 'once', until: Infinity },
        ],
      });
      await store.enqueue([job({ keys: [{ key: 'other', until: 'settled' }] }), odd]);

      expect(await store.find([{ name: half }])).toMatchObject([{ id: odd.id }]);
      expect(await store.enqueue([job({ keys: odd.keys })])).toMatchObject([{ id: odd.id, created: false }]);
      const held = (await exchange([], 2)).jobs;
      await exchange(held.map(done), 0);

      expect(await store.fsck()).toEqual([]);
      expect(await store.enqueue([job({ keys: [{ key: 'once', until: 'settled' }] })])).toMatchObject([
        { id: odd.id, created: false },
      ]);
    });

    it('R10: is refused whole while memory is full, and workers drain meanwhile', async () => {
      const { plain, store, drain } = await setup();
      await store.enqueue(jobs(500, { body: 'x'.repeat(1000) }));
      await plain.config('SET', 'maxmemory', '1mb');

      await expect(store.enqueue(jobs(10))).rejects.toMatchObject({ code: 'STORE_OUT_OF_MEMORY' });

      expect(await drain()).toBe(500);
      await plain.config('SET', 'maxmemory', '0');
      expect((await store.counts())[0]).toMatchObject({
        counts: { ready: 0, active: 0 },
        totals: { enqueued: 500, completed: 500 },
      });
    });
  });

  describe('exchange', () => {
    it('R7: does not notice that the scripts were flushed', async () => {
      const { plain, store, exchange } = await setup();
      let held: ClaimedJob[] = [];
      for (let round = 0; round < 50; round++) {
        await plain.script('FLUSH');
        await store.enqueue([job()]);
        await plain.script('FLUSH');
        held = (await exchange(held.map(done), 1)).jobs;
        expect(held).toHaveLength(1);
      }
    });

    it('tells a server a script once, however many find that it was flushed', async () => {
      const { plain, store } = await setup();
      await store.enqueue([job()]);
      await plain.script('FLUSH');
      await plain.config('RESETSTAT');

      const found = await Promise.all(
        Array.from({ length: 50 }, () => store.find([{ name: 'nobody', queue: 'mill' }])),
      );

      expect(found.flat()).toEqual(new Array(50).fill(undefined));
      expect(await plain.info('commandstats')).toMatch(/^cmdstat_eval:calls=1,/m);
    });

    it('takes less than 0.6 commands per job at concurrency 100, with all that the scripts say to the server', async () => {
      const { plain, store, drain } = await setup();
      await plain.config('RESETSTAT');
      for (let i = 0; i < 10; i++) await store.enqueue(jobs(100));

      expect(await drain()).toBe(1000);

      const stats = await plain.info('commandstats');
      const calls = [...stats.matchAll(/^cmdstat_(?!config|info)[^:]*:calls=(\d+)/gm)].map(([, n]) => Number(n));
      expect(calls.reduce((sum, n) => sum + n, 0) / 1000).toBeLessThan(0.6);
    });

    it.each(['a given client', 'a cluster', 'a given cluster'])(
      'is never run twice by %s whose connection broke before the answer',
      async (kind) => {
        const { server, plain } = await serve(
          kind === 'a given client' ? {} : { config: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' } },
        );
        const proxy = await Proxy.to(server.port);
        endings.push(() => proxy.close());
        const at = { host: '127.0.0.1', port: proxy.port };
        const natMap = { [`127.0.0.1:${server.port}`]: at };
        if (kind !== 'a given client') {
          await plain.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
          await until(async () => (await plain.cluster('INFO')).includes('cluster_state:ok'));
        }
        const client = kind === 'a given client' ? new Redis(at) : new Cluster([at], { natMap, lazyConnect: true });
        client.on('error', () => {});
        endings.push(() => client.disconnect());
        const store =
          kind === 'a cluster'
            ? redis({ cluster: [at], clusterOptions: { natMap }, ...quiet })
            : redis({ client, ...quiet });
        endings.push(() => store.close());
        await store.open();
        await store.register(ann);
        await store.enqueue(jobs(2));
        const exchange = (want: number) => store.exchange({ worker: 'ann', lane, settle: [], want, lease });
        await exchange(0);

        proxy.dropNextAnswer(async () => {});
        await expect(exchange(1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

        expect(proxy.dropped).toBe(1);
        await until(() => store.time().then(() => true, () => false)); // prettier-ignore
        expect(await store.reconcile('ann', lane, [])).not.toEqual([]);
        expect((await store.counts())[0]!.counts).toMatchObject({ ready: 2, active: 0 });
      },
    );

    it('says that a cluster is away as it says it of a server', async () => {
      const { server, plain } = await serve({
        config: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' },
      });
      await plain.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await until(async () => (await plain.cluster('INFO')).includes('cluster_state:ok'));
      const store = redis({ cluster: [{ host: '127.0.0.1', port: server.port }], enqueueTimeout: 100, ...quiet });
      endings.push(() => store.close());
      await store.open();
      await server.kill();

      for (let call = 0; call < 3; call++) {
        await expect(store.counts()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
        await expect(store.enqueue([job()])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      }
    });

    it('I11: gives thousands of jobs back page by page, the earliest first, and cancels as many', async () => {
      const { store, exchange } = await setup();
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) ids.push(...(await store.enqueue(jobs(1000))).map(({ id }) => id));
      const claimed = async () => {
        const held: string[] = [];
        for (let i = 0; i < 3; i++) held.push(...(await exchange([], 1000)).jobs.map(({ id }) => id));
        return held;
      };

      expect(await claimed()).toEqual(ids);
      expect((await store.reconcile('ann', lane, [])).toReversed()).toEqual(ids);
      expect(await claimed()).toEqual(ids);
      expect((await store.cancel(ids)).filter(({ signalled }) => signalled)).toHaveLength(3000);
      expect((await exchange([], 0)).cancels).toEqual(ids);
      await store.register({ ...ann, id: 'bob' });
      expect((await store.exchange({ worker: 'bob', lane, settle: [], want: 0, lease })).cancels).toEqual([]);
      await store.retire('ann');

      expect((await store.find(ids.map((id) => ({ id })))).every((record) => record?.state === 'cancelled')).toBe(true);
      expect(await store.workers()).toMatchObject([{ id: 'bob', held: 0 }]);
      expect(await store.fsck()).toEqual([]);
    });

    it('R8: goes on after a restart with an append-only file', async () => {
      const { server, store, drain } = await setup({ appendonly: true, config: { appendfsync: 'always' } });
      await store.enqueue(jobs(20));
      await server.kill();
      await expect(store.exchange({ worker: 'ann', lane, settle: [], want: 1, lease })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });

      await server.restart();
      await store.enqueue([job()]);

      expect(await drain()).toBe(21);
      expect(await store.fsck()).toEqual([]);
    });

    it('sends nothing once its patience is over: who was told that nothing was stored was told the truth', async () => {
      const { server, store } = await setup({ appendonly: true, config: { appendfsync: 'always' } });
      await store.enqueue([job()]);
      await server.kill();
      await expect(store.enqueue([job()], 200)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

      await server.restart();
      await store.enqueue([job()]);

      expect(await store.counts()).toMatchObject([{ totals: { enqueued: 2 } }]);
    });

    it('relays to one lane what it cannot to another, and the rest later', async () => {
      const { plain, store, exchange } = await setup();
      const [good, bad] = ['good', 'bad'].map((queue) => job({ id: createJobId(queue, 0, systemClock.now()) }));
      await store.enqueue([job()]);
      const [held] = (await exchange([], 1)).jobs;
      await plain.set('{millrace:bad:0}:j', 'not ours');

      await exchange([{ ...done(held!), then: [bad!, good!] }], 0);
      expect(await store.find([{ id: good!.id }])).toMatchObject([{ state: 'ready' }]);
      expect(await plain.llen('{millrace:mill:0}:o')).toBe(1);
      await expect(store.relay(lane)).rejects.toMatchObject({ code: 'KEY_TYPE_CONFLICT' });

      await plain.del('{millrace:bad:0}:j');
      expect(await store.relay(lane)).toBe(1);
      expect(await store.find([{ id: bad!.id }])).toMatchObject([{ state: 'ready' }]);
    });

    it('relays what follows in another lane, once', async () => {
      const { store, exchange } = await setup();
      const next = job({ id: createJobId('other', 0, systemClock.now()), due: { in: 60_000 } });
      await store.enqueue([job()]);
      const [held] = (await exchange([], 1)).jobs;

      await exchange([{ ...done(held!), then: [next] }], 0);

      expect(await store.find([{ id: next.id }])).toMatchObject([{ state: 'scheduled' }]);
      expect(await store.relay(lane)).toBe(0);
    });
  });

  describe('listen', () => {
    it('R6: comes back after its connection was killed, and says that anything may have happened', async () => {
      const { plain, store, exchange } = await setup();
      const heard: Hint[] = [];
      let wake = () => {};
      const listener = await store.listen({ lanes: [lane] }, (hint) => (heard.push(hint), wake()));
      const hinted = (topic: Hint['topic']) =>
        new Promise<void>((resolve) => (wake = () => heard.some((hint) => hint.topic === topic) && resolve()));

      const back = hinted('any');
      await plain.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await back;
      await exchange([], 1);
      const ready = hinted('ready');
      await store.enqueue([job()]);
      await ready;
      await listener.stop();

      expect(heard.map(({ topic }) => topic)).toEqual(['any', 'ready']);
    });

    it('publishes nothing when nobody sleeps or watches', async () => {
      const { plain, store, drain } = await setup();
      await plain.config('RESETSTAT');
      await store.enqueue(jobs(100));
      await store.enqueue(jobs(100));
      await drain(250);

      expect(await plain.info('commandstats')).not.toContain('cmdstat_publish');
    });
  });

  describe('keys', () => {
    it('I10: are as many for ten thousand jobs as for ten, and none has a time to live', async () => {
      const { plain, store, drain } = await setup();
      await store.enqueue(jobs(10));
      const few = await plain.dbsize();
      for (let i = 0; i < 10; i++) await store.enqueue(jobs(1000));
      expect(await plain.dbsize()).toBe(few);
      await drain();

      const ttls = await Promise.all((await plain.keys('*')).map((key) => plain.ttl(key)));
      expect(ttls.every((ttl) => ttl === -1)).toBe(true);
    });

    it('take no more than 150 bytes beside a body of 200', async () => {
      const { plain, store } = await setup();
      const used = async () => {
        const sizes = (await plain.keys('*')).map((key) => plain.memory('USAGE', key, 'SAMPLES', 0));
        return (await Promise.all(sizes)).reduce<number>((sum, size) => sum + (size ?? 0), 0);
      };
      await store.enqueue(jobs(1000));
      const before = await used();
      for (let i = 0; i < 60; i++) await store.enqueue(jobs(1000, { body: 'x'.repeat(200) }));

      expect(((await used()) - before) / 60_000).toBeLessThanOrEqual(350);
    });

    it('of a lane live in one slot, also on a cluster', async () => {
      const { server, plain } = await serve({
        config: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' },
      });
      await plain.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      const store = redis({ cluster: [{ host: '127.0.0.1', port: server.port }], ...quiet });
      endings.push(() => store.close());
      await until(async () => (await plain.cluster('INFO')).includes('cluster_state:ok'));
      await store.open();
      await store.register(ann);
      const heard: Hint[] = [];
      await store.listen({ lanes: [lane] }, (hint) => heard.push(hint));
      const next = job({ id: createJobId('other', 0, systemClock.now()) });
      await store.enqueue([job(), job({ due: { in: 1 }, keys: [{ key: '=name', until: 'kept' }] })]);
      await until(async () => heard.length > 0);

      const [held] = (await store.exchange({ worker: 'ann', lane, settle: [], want: 1, lease })).jobs;
      await store.exchange({ worker: 'ann', lane, settle: [{ ...done(held!), then: [next] }], want: 0, lease });

      expect(await store.find([{ id: next.id }, { name: 'name' }])).toMatchObject([
        { state: 'ready' },
        { name: 'name' },
      ]);
      expect(await store.fsck()).toEqual([]);
    });
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = systemClock.monotonic() + 10_000;
  while (!(await holds())) {
    if (systemClock.monotonic() > deadline) throw new Error('waited 10 s in vain');
    await systemClock.sleep(10);
  }
}

/** Stands between a client and a server, and loses one answer with the connection, after the server has done its part. */
class Proxy {
  dropped = 0;
  private dropping = false;
  private meanwhile: () => Promise<void> = async () => {};
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(target: number): Promise<Proxy> {
    const server = createServer();
    const port = await freePort();
    const proxy = new Proxy(server, port);
    server.on('connection', (client) => proxy.join(client, connect(target, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return proxy;
  }

  /** `meanwhile` runs between the loss and the end of the connection. */
  dropNextAnswer(meanwhile: () => Promise<void>): void {
    this.dropping = true;
    this.meanwhile = meanwhile;
  }

  /** From now on nothing passes over the connections there are, and nobody is told. */
  silence(): void {
    for (const socket of this.sockets) socket.removeAllListeners('data').resume();
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      if (!this.dropping) return void client.write(data);
      this.dropping = false;
      this.dropped++;
      void this.meanwhile().then(() => client.destroy());
    });
  }
}
