import type { Store } from '../store/store.js';
import { troubleOf } from './store-health.js';

/** The shape that Terminus expects of an indicator: `{ queue: { status: 'up', … } }`. */
export type HealthResult<K extends string> = Record<K, { status: 'up' | 'down'; store: string; message?: string }>;

/**
 * Whether the store answers: for a health controller of your own, or as a Terminus indicator,
 * `health.check([() => queueHealth.isHealthy('queue')])`.
 */
export class QueueHealth {
  constructor(private readonly store: Store) {}

  /** Never rejects: `status` tells. */
  async isHealthy<K extends string = 'queue'>(key: K = 'queue' as K): Promise<HealthResult<K>> {
    const { store } = this;
    const message = await troubleOf(store);
    const found = message
      ? { status: 'down' as const, store: store.kind, message }
      : { status: 'up', store: store.kind };
    return { [key]: found } as HealthResult<K>;
  }
}
