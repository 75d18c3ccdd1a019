import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { Redis } from 'ioredis';
import { defineTasks, fromUrl, type Store, task } from 'millrace';
import { redis, type RedisOptions } from 'millrace/redis';
import {
  freePort,
  redisAvailable,
  type RedisServerOptions,
  startRedis,
} from '../../libs/queue/testkit/redis-server.js';
import { eventually } from '../support/eventually.js';
import { afterwards, closeAll, mill, refusal } from './mill.js';

class Tasks extends defineTasks('work', { run: task({ queue: 'work' }) }) {}

const suite = redisAvailable() ? describe : describe.skip;

afterEach(closeAll);

async function serve(options?: RedisServerOptions) {
  const server = await startRedis(options);
  afterwards(() => server.stop());
  return server;
}

const quiet = (options: RedisOptions) => redis({ onWarning: () => {}, ...options });

/** Runs one job in an application on this store. */
async function works(store: Store) {
  const m = await mill({ handlers: [[Tasks.run, () => 'ran']], store, realTime: true });
  expect(await m.queue.run(Tasks.run, undefined, { timeout: '10s' })).toBe('ran');
  await m.close();
}

suite('WK12: the ways to say where Redis is', () => {
  it('WK12: a URL with a database, user and password; it is never shown', async () => {
    const server = await serve();
    const plain = new Redis(`${server.url}/3`, { protocol: 2 });
    afterwards(() => plain.disconnect());
    await plain.call('ACL', 'SETUSER', 'shop', 'on', '>secret', 'allcommands', 'allkeys', 'allchannels');
    const url = server.url.replace('redis://', 'redis://shop:secret@') + '/3';
    const store = quiet({ url });
    expect(store.url).not.toContain('secret');

    await works(store);
    expect(await plain.dbsize()).toBeGreaterThan(0);
    expect(await refusal(() => quiet({ url: url.replace('secret', 'wrong') }).open())).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('WK12: the path of a unix socket, also by fromUrl()', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-socket-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    const socket = join(folder, 'redis.sock');
    await serve({ config: { unixsocket: socket } });

    await works(quiet({ url: socket }));
    await works(await fromUrl(`unix:${socket}`));
  });

  it('WK12: rediss:// speaks TLS', async () => {
    const server = await serve();
    const secret = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
    // A key both sides know stands for certificates, which a test would have to make first.
    const gate = createServer(
      { pskCallback: () => secret, ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' },
      (socket) => {
        const upstream = connect(server.port, '127.0.0.1');
        socket.on('error', () => upstream.destroy()).pipe(upstream);
        upstream.on('error', () => socket.destroy()).pipe(socket);
        socket.on('close', () => upstream.destroy());
      },
    );
    await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
    afterwards(() => gate.close());
    const { port } = gate.address() as AddressInfo;
    const tls = {
      pskCallback: () => ({ psk: secret, identity: 'mill' }),
      ciphers: 'PSK-AES128-GCM-SHA256',
      checkServerIdentity: () => undefined,
    };

    await works(quiet({ url: `rediss://127.0.0.1:${port}`, driver: { tls } }));
    expect(await refusal(() => quiet({ url: `redis://127.0.0.1:${port}`, connectTimeout: 500 }).open())).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('WK12: sentinels, which know where the primary is', async () => {
    const server = await serve();
    const port = await sentinelOf(server.port);

    const store = quiet({ sentinels: [{ host: '127.0.0.1', port }], name: 'mill' });
    expect(store.url).toBe('redis-sentinel://mill');
    await works(store);
  });

  it('WK12: the nodes of a cluster', async () => {
    const server = await serve({ config: { 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' } });
    const plain = new Redis(server.url, { protocol: 2 });
    afterwards(() => plain.disconnect());
    await plain.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually(async () => (await plain.cluster('INFO')).includes('cluster_state:ok'));

    await works(quiet({ cluster: [{ host: '127.0.0.1', port: server.port }] }));
  });

  it('WK12: a connection of one’s own, which stays open', async () => {
    const server = await serve();
    const client = new Redis(server.url, { protocol: 2 });
    afterwards(() => client.disconnect());

    await works(quiet({ client }));
    expect(await client.ping()).toBe('PONG');
  });

  it('WK12: one way at a time', async () => {
    expect(await refusal(() => redis({ url: 'redis://a', sentinels: [{ port: 1 }] }))).toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(await refusal(() => redis({ url: 'redis://a', cluster: [] }))).toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it.each([
    ['allkeys-lru', 'refused'],
    ['allkeys-random', 'refused'],
    ['volatile-lru', 'taken'],
    ['noeviction', 'taken'],
  ])('WK12, R17: a server with the eviction policy %s is %s', async (policy, answer) => {
    const server = await serve({ config: { 'maxmemory-policy': policy } });
    const store = quiet({ url: server.url });
    afterwards(() => store.close());
    const opened = await store.open().then(
      () => 'taken',
      (error: { code: string; message: string }) => {
        expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(policy) as unknown });
        return 'refused';
      },
    );
    expect(opened).toBe(answer);
  });

  it.each([true, false])(
    'WK12: a server whose append-only file is %s is warned of unless it has one',
    async (appendonly) => {
      const server = await serve({ appendonly });
      const warnings: string[] = [];
      const store = redis({ url: server.url, onWarning: (message) => warnings.push(message) });
      afterwards(() => store.close());
      await store.open();

      expect(warnings.some((text) => text.includes('append-only'))).toBe(!appendonly);
    },
  );
});

/** A sentinel that watches the server on this port as `mill`. */
async function sentinelOf(primary: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sentinel-'));
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor mill 127.0.0.1 ${primary} 1\n`);
  const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0)!;
  const child: ChildProcess = spawn(program, [file, '--sentinel'], { stdio: 'ignore' });
  afterwards(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const client = new Redis({ port, protocol: 2, lazyConnect: true });
  afterwards(() => client.disconnect());
  client.on('error', () => {});
  await eventually(async () => client.call('SENTINEL', 'get-master-addr-by-name', 'mill'), { what: 'the sentinel' });
  return port;
}
