import type { Lane, Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';

/** How long a list of lanes is good enough, milliseconds: a new queue has nothing to tidy up yet. Less than half a lease, as a lane that nobody looks at for so long seems to have been away. */
const lanesLast = 5000;

/** Every lane the store knows, asked for once by all who tidy up. */
export class LaneBook {
  private lanes: Lane[] = [];
  private readAt = -Infinity;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  async known(): Promise<Lane[]> {
    const now = this.clock.monotonic();
    if (now - this.readAt < lanesLast) return this.lanes;
    this.lanes = await knownLanes(this.store);
    this.readAt = now;
    return this.lanes;
  }
}

/** One text per lane. */
export function nameOf({ queue, shard }: Lane): string {
  return `${queue}~${shard}`;
}

/** Every lane the store knows; with `queues`, those of these queues, of which each has one at least. */
export async function knownLanes(store: Store, queues?: readonly string[]): Promise<Lane[]> {
  const shards = new Map<string, number>();
  for (const record of await store.counts()) shards.set(record.queue, record.shards);
  return (queues ?? [...shards.keys()]).flatMap((queue) =>
    Array.from({ length: Math.max(1, shards.get(queue) ?? 1) }, (_, shard) => ({ queue, shard })),
  );
}
