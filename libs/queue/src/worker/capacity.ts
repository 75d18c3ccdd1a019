import { ConfigInvalid } from '../job/errors.js';
import { nearestName } from '../job/options.js';
import { Autoscale, type Lot } from './autoscale.js';
import type { LaneLoop } from './lane-loop.js';
import { Line } from './line.js';
import type { Concurrency } from './options.js';
import { Places } from './places.js';
import type { Services } from './services.js';
import { type PlaceRange, rangeOf, type WorkerSettings } from './settings.js';
import { Share } from './share.js';
import { SharedPlaces } from './shared-places.js';
import type { Shift } from './shift.js';

/** The places of a worker: each queue has its own, or a share of those that queues with a weight have together. */
export class Capacity {
  /** Fits them to what waits, where they are not a number. */
  readonly autoscale: Autoscale;
  private readonly places = new Map<string, Places>();
  private readonly lots = new Map<string, Lot>();

  constructor(
    private readonly services: Services,
    private readonly settings: WorkerSettings,
    private readonly shift: Shift,
  ) {
    const hasMore = (lot: Lot) => this.hasMore(lot);
    const resize = (lot: Lot, places: number) => this.resize(lot, places);
    this.autoscale = new Autoscale(services.clock, services.events, hasMore, resize);
    for (const [queue, range] of settings.queues) if (!settings.weights.has(queue)) this.own(queue, range);
    if (settings.weights.size > 0) this.share(settings.weights);
  }

  of(queue: string): Places | undefined {
    return this.places.get(queue);
  }

  /** Places of each queue, now; where they are shared, all of them. */
  get now(): Record<string, number> {
    return Object.fromEntries([...this.settings.queues.keys()].map((queue) => [queue, this.of(queue)!.capacity]));
  }

  /** All places, at most, as the worker was started. */
  get most(): number {
    const { queues } = this.settings;
    const lots = new Set(this.lots.values());
    return [...lots].reduce((sum, lot) => sum + queues.get(lot.queues[0]!)!.max, 0);
  }

  isFull(queue: string): boolean {
    return this.of(queue)?.isFull ?? false;
  }

  /** These lanes take jobs from now on. */
  serve(lanes: readonly LaneLoop[]): void {
    for (const queue of this.settings.weights.keys()) {
      const share = this.places.get(queue) as Share;
      share.serve(lanes.filter(({ lane }) => lane.queue === queue));
    }
    for (const queue of this.settings.weights.keys()) this.of(queue)!.spread();
    if (this.autoscale.isNeeded) this.autoscale.start();
  }

  /** Throws `ConfigInvalid`: see `Worker.setConcurrency`. */
  set(queue: string, concurrency: Concurrency): void {
    const lot = this.lots.get(queue);
    if (!lot) throw unserved(queue, [...this.settings.queues.keys()]);
    const range = rangeOf('concurrency', concurrency);
    if (typeof concurrency === 'number' && this.autoscale.scales(lot)) throw autoscaled(queue, concurrency);
    this.autoscale.fit(lot, range);
    this.resize(lot, Math.min(range.max, Math.max(range.min, lot.places.capacity)));
    if (this.shift.taking && this.autoscale.isNeeded) this.autoscale.start();
  }

  private own(queue: string, range: PlaceRange): void {
    const places = new Places(range.min, this.line());
    this.places.set(queue, places);
    this.lots.set(queue, { queues: [queue], places });
    this.autoscale.fit(this.lots.get(queue)!, range);
  }

  private share(weights: ReadonlyMap<string, number>): void {
    const queues = [...weights.keys()];
    const range = this.settings.queues.get(queues[0]!)!;
    const places = new SharedPlaces(range.min);
    const lot = { queues, places };
    for (const [queue, weight] of weights) {
      this.places.set(queue, new Share(places, weight, this.line()));
      this.lots.set(queue, lot);
    }
    this.autoscale.fit(lot, range);
  }

  private line(): Line {
    const { deadlines, clock } = this.services;
    return new Line(deadlines, () => clock.monotonic(), this.settings.prefetch);
  }

  /** More jobs are ready, as far as is known. */
  private hasMore({ queues }: Lot): boolean {
    const { taking, storeWatch, lanes } = this.shift;
    return taking && !storeWatch.isAway && lanes.some(({ lane, hasMore }) => hasMore && queues.includes(lane.queue));
  }

  private resize({ queues, places }: Lot, count: number): void {
    places.resize(count);
    const whose = queues.length === 1 ? `Queue ${queues[0]} has` : `Queues ${queues.join(', ')} share`;
    this.services.logger?.debug(`${whose} ${count} places now. workerId=${this.shift.id}`);
    for (const loop of this.shift.lanes) if (queues.includes(loop.lane.queue)) loop.resized();
  }
}

function unserved(queue: string, served: readonly string[]): ConfigInvalid {
  const nearest = nearestName(queue, served);
  return new ConfigInvalid('queue', `'${queue}' is not served here.${nearest ? ` Did you mean '${nearest}'?` : ''}`);
}

function autoscaled(queue: string, count: number): ConfigInvalid {
  const says = `The places of '${queue}' follow what waits; give { min, max } instead of ${count}.`;
  return new ConfigInvalid('concurrency', says);
}
