import { fromUrl } from '../from-url.js';
import { Connection } from '../nest/connection.js';
import type { Store } from '../store/store.js';
import { UsageError } from './exit.js';
import type { Terminal } from './terminal.js';

export interface StoreOptions {
  url?: string;
  namespace?: string;
}

/** Opens the store of `--url` or `QUEUE_URL` for as long as `use` takes. */
export async function withStore<T>(
  { url, namespace }: StoreOptions,
  { env }: Terminal,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const named = url ?? env.QUEUE_URL;
  if (!named)
    throw new UsageError(
      'No store is named. Give --url redis://host:6379 (or sqlite:./data/queue.db), or set QUEUE_URL.',
    );
  const connection = await new Connection(await fromUrl(named, { namespace })).open();
  try {
    return await use(connection.store);
  } finally {
    await connection.onApplicationShutdown();
  }
}
