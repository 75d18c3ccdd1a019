import type { Events } from '../events/events.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import type { Places } from './places.js';
import type { PlaceRange } from './settings.js';

/** A queue whose number of places follows what waits. */
interface Scaled {
  range: PlaceRange;
  places: Places;
  /** Monotonic milliseconds: jobs waited then, or it has shrunk. */
  since: number;
  /** Places that were taken at once, as far as was seen since. */
  most: number;
}

/** Milliseconds between two looks: while jobs wait, and while none do. */
const hurry = 250;
const calm = 1000;
/** An event loop that lags by as many milliseconds has enough to do with the places there are. */
const lagging = 50;
/** Milliseconds without a waiting job after which places that nobody needed are given up. */
const longIdle = 30_000;

/**
 * Fits the places of a queue to what waits, between its least and its most.
 *
 * They double at every look that finds all of them taken and more jobs ready, unless the event loop lags: then more
 * places would only make each job slower. After 30 s in which no job waited they shrink to as many as were taken
 * meanwhile; jobs that run are left alone.
 */
export class Autoscale extends Loop {
  private readonly queues = new Map<string, Scaled>();
  private expected?: number;

  constructor(
    clock: Clock,
    private readonly events: Events,
    /** More jobs of the queue are ready. */
    private readonly hasMore: (queue: string) => boolean,
    private readonly resize: (queue: string, places: number) => void,
  ) {
    super(clock);
  }

  /** There is a queue to look at. */
  get isNeeded(): boolean {
    return this.queues.size > 0;
  }

  scales(queue: string): boolean {
    return this.queues.has(queue);
  }

  /** From now on; or no more, where the least is the most. */
  fit(queue: string, places: Places, range: PlaceRange): void {
    if (range.min === range.max) this.queues.delete(queue);
    else this.queues.set(queue, { range, places, since: this.clock.monotonic(), most: places.taken });
  }

  runOnce(): Promise<number> {
    const now = this.clock.monotonic();
    const late = this.expected === undefined ? 0 : now - this.expected;
    let waiting = false;
    for (const [queue, scaled] of this.queues) {
      if (scaled.places.free > 0 || !this.hasMore(queue)) {
        this.shrink(queue, scaled, now);
        continue;
      }
      waiting = true;
      if (late < lagging) this.grow(queue, scaled);
      scaled.since = now;
      scaled.most = scaled.places.taken;
    }
    const pause = waiting ? hurry : calm;
    this.expected = now + pause;
    return Promise.resolve(pause);
  }

  protected failed(error: unknown): number {
    this.events.emit('error', { at: this.clock.now(), error, doing: 'fit the places of the queues' });
    return calm;
  }

  private grow(queue: string, { places, range }: Scaled): void {
    const wanted = Math.min(range.max, places.capacity * 2);
    if (wanted > places.capacity) this.resize(queue, wanted);
  }

  private shrink(queue: string, scaled: Scaled, now: number): void {
    const { places, range } = scaled;
    scaled.most = Math.max(scaled.most, places.taken);
    if (now - scaled.since < longIdle) return;
    const wanted = Math.max(range.min, scaled.most);
    if (wanted < places.capacity) this.resize(queue, wanted);
    scaled.since = now;
    scaled.most = places.taken;
  }
}
