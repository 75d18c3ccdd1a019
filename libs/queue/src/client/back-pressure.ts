import { QueueFull } from '../job/errors.js';
import type { Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { within } from '../time/within.js';

const minute = 60_000;
/** Milliseconds a pace is taken for granted: whoever is refused asks again soon, and others with him. */
const fresh = 1000;
/** Milliseconds that a refusal waits for its advice at most. */
const patience = 250;
const soonest = 100;
const latest = minute;
/** Nobody knows when a queue in which nothing ends will have room. */
const idle = 10_000;

/** Tells those whom a full queue refuses when it will have room: by how fast its jobs have ended of late. */
export class BackPressure {
  private readonly paces = new Map<string, { at: number; perMinute: Promise<number> }>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /** The refusal of so many jobs, with its advice. Never rejects. */
  async advised(refusal: QueueFull, jobs: number): Promise<QueueFull> {
    const { queue, maxReady } = refusal;
    try {
      const late = () => new Error('too late');
      const perMinute = await within(this.clock, this.paceOf(queue), patience, late);
      const wait = perMinute > 0 ? Math.ceil((jobs / perMinute) * minute) : idle;
      return new QueueFull(queue, maxReady, Math.min(latest, Math.max(soonest, wait)), Math.round(perMinute));
    } catch {
      return refusal;
    }
  }

  private paceOf(queue: string): Promise<number> {
    const now = this.clock.monotonic();
    const known = this.paces.get(queue);
    if (known && now - known.at < fresh) return known.perMinute;
    const perMinute = this.measure(queue);
    this.paces.set(queue, { at: now, perMinute });
    return perMinute;
  }

  /** Jobs that ended per minute, in this minute and the one before. */
  private async measure(queue: string): Promise<number> {
    const now = await this.store.time();
    const buckets = await this.store.history({ queue, since: Math.floor(now / minute) * minute - minute });
    const ended = buckets.reduce((sum, { completed, failed, cancelled }) => sum + completed + failed + cancelled, 0);
    return ended === 0 ? 0 : (ended * minute) / Math.max(fresh, now - buckets[0]!.at);
  }
}
