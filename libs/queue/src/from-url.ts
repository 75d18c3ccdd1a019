import { ConfigInvalid } from './job/errors.js';
import { nearestName } from './job/options.js';
import type { Store } from './store/store.js';

export interface FromUrlOptions {
  /** Separates applications on one Redis. Elsewhere the file, or the process, does that. */
  namespace?: string;
}

/** What made a store, so that a module can give it its namespace before it is opened. */
const origins = new WeakMap<object, string>();

const schemes = ['memory', 'sqlite', 'redis', 'rediss', 'unix'];

/**
 * A store by its URL: `memory:`, `sqlite:./data/queue.db`, `redis://host:6379/0`, `rediss://…`, `unix:/run/redis.sock`.
 * Loads that store's code and driver, and no other; opens nothing. Rejects with `ConfigInvalid`.
 */
export function fromUrl(url: string, options: FromUrlOptions = {}): Promise<Store> {
  const made = make(url, options).then((store) => {
    origins.set(store, url);
    return store;
  });
  origins.set(made, url);
  // The module that awaits it later reports the error; until then it must not count as unhandled.
  made.catch(() => undefined);
  return made;
}

/** The same store under a namespace, when `fromUrl` made it. Throws `ConfigInvalid` when the namespace would go unheard. */
export async function inNamespace(store: Store | Promise<Store>, namespace: string | undefined): Promise<Store> {
  if (namespace === undefined) return store;
  const url = origins.get(store);
  if (url) return make(url, { namespace });
  const made = await store;
  if (made.kind === 'redis') {
    throw new ConfigInvalid(
      'namespace',
      'This store is made already: give the namespace to redis({ url, namespace }).',
    );
  }
  return made;
}

async function make(url: string, { namespace }: FromUrlOptions): Promise<Store> {
  const scheme = /^([a-z+]+):/i.exec(url)?.[1]?.toLowerCase() ?? (url.startsWith('/') ? 'unix' : '');
  switch (scheme) {
    case 'memory': {
      const { memory } = await import('./store/memory/index.js');
      return memory();
    }
    case 'sqlite': {
      const { sqlite } = await driver('libsql', () => import('./store/sqlite/index.js'));
      return sqlite({ path: pathOf(url) });
    }
    case 'redis':
    case 'rediss':
    case 'unix': {
      const { redis } = await driver('ioredis', () => import('./store/redis/index.js'));
      return redis({ url: scheme === 'unix' ? socketOf(url) : url, namespace });
    }
    default:
      throw unknown(scheme);
  }
}

/** `sqlite:./a.db`, `sqlite://./a.db`, `sqlite:///var/a.db` and `sqlite::memory:`. */
function pathOf(url: string): string {
  const path = decodeURI(url.slice('sqlite:'.length).replace(/^\/\//, ''));
  if (!path) throw new ConfigInvalid('url', `'${url}' names no file: write sqlite:./data/queue.db.`);
  return path;
}

/** `unix:/run/redis.sock`, `unix:///run/redis.sock`, or the path alone. */
function socketOf(url: string): string {
  return url.replace(/^unix:(\/\/)?/, '');
}

async function driver<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigInvalid('url', `This store needs the package ${name}: npm install ${name}.`);
  }
}

/** Shows the scheme only, as the rest may hold a password. */
function unknown(scheme: string): ConfigInvalid {
  const nearest = nearestName(scheme, schemes);
  const says = scheme ? `No store answers to '${scheme}:'.` : `The URL of a store begins with its scheme.`;
  return new ConfigInvalid(
    'url',
    `${says}${nearest ? ` Did you mean '${nearest}:'?` : ''} Use memory:, sqlite:./data/queue.db, redis://host:6379, rediss:// or unix:/path.`,
  );
}
