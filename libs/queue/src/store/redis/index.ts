import type { Store } from '../store.js';
import type { RedisOptions } from './options.js';
import { RedisStore } from './redis-store.js';

export type { RedisOptions } from './options.js';

/**
 * Jobs on Redis or Valkey: `redis({ url: 'redis://localhost:6379' })`, or `client`, `cluster`, `sentinels`.
 * Nothing is connected before `open()`.
 */
export function redis(options: RedisOptions = {}): Store {
  return new RedisStore(options);
}
