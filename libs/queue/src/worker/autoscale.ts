import type { Events } from '../events/events.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import type { PlaceRange } from './settings.js';

/** Places of one queue, or of several that share them. */
export interface Lot {
  readonly queues: readonly string[];
  readonly places: {
    readonly capacity: number;
    readonly taken: number;
    readonly free: number;
    resize(places: number): void;
  };
}

/** Places whose number follows what waits. */
interface Scaled {
  range: PlaceRange;
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
 * Fits places to what waits, between their least and their most.
 *
 * They double at every look that finds all of them taken and more jobs ready, unless the event loop lags: then more
 * places would only make each job slower. After 30 s in which no job waited they shrink to as many as were taken
 * meanwhile; jobs that run are left alone.
 */
export class Autoscale extends Loop {
  private readonly lots = new Map<Lot, Scaled>();
  private expected?: number;

  constructor(
    clock: Clock,
    private readonly events: Events,
    /** More jobs are ready for them. */
    private readonly hasMore: (lot: Lot) => boolean,
    private readonly resize: (lot: Lot, places: number) => void,
  ) {
    super(clock);
  }

  /** There is something to look at. */
  get isNeeded(): boolean {
    return this.lots.size > 0;
  }

  scales(lot: Lot): boolean {
    return this.lots.has(lot);
  }

  /** From now on; or no more, where the least is the most. */
  fit(lot: Lot, range: PlaceRange): void {
    if (range.min === range.max) this.lots.delete(lot);
    else this.lots.set(lot, { range, since: this.clock.monotonic(), most: lot.places.taken });
  }

  runOnce(): Promise<number> {
    const now = this.clock.monotonic();
    const late = this.expected === undefined ? 0 : now - this.expected;
    let waiting = false;
    for (const [lot, scaled] of this.lots) {
      if (lot.places.free > 0 || !this.hasMore(lot)) {
        this.shrink(lot, scaled, now);
        continue;
      }
      waiting = true;
      if (late < lagging) this.grow(lot, scaled);
      scaled.since = now;
      scaled.most = lot.places.taken;
    }
    const pause = waiting ? hurry : calm;
    this.expected = now + pause;
    return Promise.resolve(pause);
  }

  protected failed(error: unknown): number {
    this.events.emit('error', { at: this.clock.now(), error, doing: 'fit the places of the queues' });
    return calm;
  }

  private grow(lot: Lot, { range }: Scaled): void {
    const { capacity } = lot.places;
    const wanted = Math.min(range.max, capacity * 2);
    if (wanted > capacity) this.resize(lot, wanted);
  }

  private shrink(lot: Lot, scaled: Scaled, now: number): void {
    const { capacity, taken } = lot.places;
    scaled.most = Math.max(scaled.most, taken);
    if (now - scaled.since < longIdle) return;
    const wanted = Math.max(scaled.range.min, scaled.most);
    if (wanted < capacity) this.resize(lot, wanted);
    scaled.since = now;
    scaled.most = taken;
  }
}
