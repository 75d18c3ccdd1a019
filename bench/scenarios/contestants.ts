import { ours, type StoreKind } from '../scenario.js';

/** The peers know Redis only. */
export function contestants(store: StoreKind): readonly string[] {
  return store === 'redis' ? [ours, 'bullmq', 'bee-queue'] : [ours];
}
