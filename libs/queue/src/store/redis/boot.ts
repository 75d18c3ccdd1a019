import { ConfigInvalid, KeyTypeConflict } from '../../job/errors.js';
import type { Connection } from './connection.js';
import { keyTypes, type KeyNames } from './keys.js';

/** Grows when older code could not work with what is stored. */
const schema = 1;

/** What a server must be and say before anything is entrusted to it. */
export async function inspect(connection: Connection, keys: KeyNames, warn: (message: string) => void): Promise<void> {
  const info = await connection.ask((client) => client.info());
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];

  const version = fact('valkey_version') ?? fact('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new ConfigInvalid('redis', `${connection.url} is version ${version}: Redis 6.2, Valkey, or newer is needed.`);
  }
  connection.speak({ flags: major >= 7, sharded: connection.isCluster && major >= 7 });

  const policy = fact('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys-')) {
    throw new ConfigInvalid(
      'redis',
      `${connection.url} evicts any key when memory is full (maxmemory-policy ${policy}), which would lose jobs. Set maxmemory-policy noeviction.`,
    );
  }
  if (fact('aof_enabled') === '0') {
    warn(`${connection.url} keeps no append-only file: a restart may lose minutes of jobs. Set appendonly yes.`);
  }
  await checkSchema(connection, keys);
  await checkTypes(connection, keys);
}

async function checkSchema(connection: Connection, keys: KeyNames): Promise<void> {
  const type = await connection.ask((client) => client.type(keys.schema));
  if (type !== 'none' && type !== 'string') throw new KeyTypeConflict(keys.schema, type);
  const found = await connection.ask(async (client) => {
    // Where it is known there is nothing to write: a full memory would refuse it.
    const known = await client.get(keys.schema);
    if (known !== null) return Number(known);
    await client.setnx(keys.schema, schema);
    return Number(await client.get(keys.schema));
  });
  if (found === schema) return;
  throw new ConfigInvalid(
    'namespace',
    `The namespace '${keys.namespace}' at ${connection.url} was written by a newer version (schema ${found}, this one knows ${schema}). Update this process, or use another namespace.`,
  );
}

/** Everything known by name must hold what we would write there. */
async function checkTypes(connection: Connection, keys: KeyNames): Promise<void> {
  const check = async (names: string[]) => {
    const types = await connection.ask((client) => Promise.all(names.map((name) => client.type(name))));
    types.forEach((type, i) => {
      const wanted = keyTypes[names[i]!.slice(names[i]!.lastIndexOf(':') + 1)];
      if (type !== 'none' && type !== wanted) throw new KeyTypeConflict(names[i]!, type);
    });
  };
  await check([keys.queues, keys.settings, keys.workers, ...keys.book]);
  const queues = await connection.ask((client) => client.hgetall(keys.queues));
  for (const [queue, shards] of Object.entries(queues)) {
    for (let shard = 0; shard < Number(shards); shard++) await check(keys.lane({ queue, shard }));
  }
}
