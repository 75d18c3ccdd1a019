import { compare } from './heap.js';

interface Lease {
  /** Epoch milliseconds; `lost` once a reaper has begun to take away what the worker holds. */
  until: number;
  /** Milliseconds it runs from each beat. */
  length: number;
}

const lost = 0;

/**
 * The right of workers to what they hold in one shard, and when the shard last heard of anybody.
 *
 * After an outage every worker looks dead, though it was the store that was away. So when nobody has beaten for half a
 * lease, or the clock went back, nothing is reaped until workers had a full lease to report back.
 */
export class Leases {
  /** While this lies ahead nothing is reaped. */
  graceUntil = 0;
  private readonly leases = new Map<string, Lease>();
  private beatAt?: number;

  /** Somebody spoke with this shard. Comes first in `exchange`, `register` and `reap`. */
  beat(now: number): void {
    const before = this.beatAt;
    this.beatAt = now;
    if (before === undefined) return;
    const longest = Math.max(0, ...this.running().map((lease) => lease.length));
    const wentBack = now < before - 1000;
    if (longest === 0) this.graceUntil = 0;
    else if (wentBack || now - before > longest / 2) this.graceUntil = now + longest;
    if (wentBack) for (const lease of this.running()) lease.until = now + longest;
  }

  /** Begins or renews. */
  renew(worker: string, length: number, now: number): void {
    this.leases.set(worker, { until: now + length, length });
  }

  /** Whether `worker` may still exchange: registered here, and not being reaped. It may be late. */
  has(worker: string): boolean {
    const lease = this.leases.get(worker);
    return lease !== undefined && lease.until !== lost;
  }

  knows(worker: string): boolean {
    return this.leases.has(worker);
  }

  /** End of the lease, while it runs. */
  runningUntil(worker: string, now: number): number | undefined {
    const lease = this.leases.get(worker);
    return lease && lease.until >= now ? lease.until : undefined;
  }

  /** Workers whose lease ran out, first those that a page left half reaped. */
  ended(now: number): { worker: string; heartbeatAt?: number }[] {
    return [...this.leases]
      .filter(([, lease]) => lease.until < now)
      .sort(([a, x], [b, y]) => x.until - y.until || compare(a, b))
      .map(([worker, { until, length }]) => ({ worker, heartbeatAt: until === lost ? undefined : until - length }));
  }

  anyEnded(now: number): boolean {
    for (const lease of this.leases.values()) if (lease.until < now) return true;
    return false;
  }

  /** A page was too short for all that `worker` holds: it may not come back in between. */
  markLost(worker: string): void {
    this.leases.get(worker)!.until = lost;
  }

  end(worker: string): void {
    this.leases.delete(worker);
  }

  private running(): Lease[] {
    return [...this.leases.values()].filter((lease) => lease.until !== lost);
  }
}
