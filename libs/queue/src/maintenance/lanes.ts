import type { Lane, Store } from '../store/store.js';

/** Every lane the store knows; with `queues`, those of these queues, of which each has one at least. */
export async function knownLanes(store: Store, queues?: readonly string[]): Promise<Lane[]> {
  const shards = new Map<string, number>();
  for (const record of await store.counts()) shards.set(record.queue, record.shards);
  return (queues ?? [...shards.keys()]).flatMap((queue) =>
    Array.from({ length: Math.max(1, shards.get(queue) ?? 1) }, (_, shard) => ({ queue, shard })),
  );
}
