import { mkdirSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { fromUrl, inNamespace } from './from-url.js';
import { ConfigInvalid } from './job/errors.js';
import { checkMethods } from './nest/check-queue-options.js';
import type { QueueModuleOptions } from './nest/queue-options.js';
import type { Store } from './store/store.js';

/** The environment as far as it matters here. */
interface Env {
  NODE_ENV?: string;
  QUEUE_URL?: string;
}

/** The store an application asked for, or the one it gets without asking. Not opened yet. */
export async function chosenStore(
  { store, namespace }: Pick<QueueModuleOptions, 'store' | 'namespace'>,
  env: Env = process.env,
): Promise<Store> {
  const chosen = await inNamespace(store ?? unasked(env), namespace);
  checkMethods('store', chosen, ['open', 'close', 'enqueue', 'exchange']);
  return chosen;
}

/** `QUEUE_URL`; else SQLite in the project, which asks nothing of a newcomer; in production neither is assumed. */
function unasked({ NODE_ENV, QUEUE_URL }: Env): Promise<Store> {
  if (QUEUE_URL) return fromUrl(QUEUE_URL);
  if (NODE_ENV === 'production') {
    throw new ConfigInvalid(
      'store',
      'No store is configured. Set QUEUE_URL (redis://host:6379, or sqlite:./data/queue.db), or give QueueModule.forRoot({ store }).',
    );
  }
  mkdirSync('.millrace', { recursive: true });
  new Logger('Queue').log('No store is configured: using SQLite in .millrace/queue.db. Set QUEUE_URL to choose.');
  return fromUrl('sqlite:.millrace/queue.db');
}
