import type { Events } from '../events/events.js';
import type { Lane, Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import type { LaneBook } from './lanes.js';

export interface DutyOptions {
  store: Store;
  clock: Clock;
  events: Events;
  lanes: LaneBook;
}

const longestPause = 5000;

/** A chore done now and then for every lane the store knows. Anyone may do it at any time: there is no leader. */
export abstract class Duty extends Loop {
  protected readonly store: Store;
  protected readonly events: Events;
  private readonly lanes: LaneBook;
  private failures = 0;

  protected constructor(
    { store, clock, events, lanes }: DutyOptions,
    /** For messages: "reap". */
    private readonly verb: string,
    /** Milliseconds between two rounds; jittered by a fifth, so that workers do not come all at once. */
    private readonly period: number,
  ) {
    super(clock);
    this.store = store;
    this.events = events;
    this.lanes = lanes;
  }

  async runOnce(): Promise<number> {
    for (const lane of await this.lanes.known()) {
      if (this.stopped) break;
      if (this.concerns(lane)) await this.tend(lane);
    }
    this.failures = 0;
    return this.period * (0.9 + this.clock.random() / 5);
  }

  protected abstract tend(lane: Lane): Promise<void>;

  /** Whether this round has to look at the lane. */
  protected concerns(_lane: Lane): boolean {
    return true;
  }

  /** Told once per row of failures: while the store is away its workers say so. */
  protected failed(error: unknown): number {
    if (this.failures++ === 0) this.events.emit('error', { at: this.clock.now(), error, doing: this.verb });
    return Math.min(longestPause, this.period * 2 ** Math.min(this.failures, 6));
  }
}
