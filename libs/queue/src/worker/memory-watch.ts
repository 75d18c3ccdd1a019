import type { Events } from '../events/events.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';

/** Milliseconds between two looks. */
const period = 5000;

/**
 * Looks every five seconds how much memory the process takes, and says so once that is more than the limit.
 *
 * The first look comes after the first five seconds: a process that is too large from the start does some work all the
 * same, and is not started over and over without a pause.
 */
export class MemoryWatch extends Loop {
  private begun = false;

  constructor(
    clock: Clock,
    private readonly events: Events,
    /** Bytes. */
    private readonly limit: number,
    private readonly resident: () => number,
    private readonly exceeded: (bytes: number) => void,
  ) {
    super(clock);
  }

  runOnce(): Promise<number> {
    const bytes = this.begun ? this.resident() : 0;
    this.begun = true;
    if (bytes > this.limit) this.exceeded(bytes);
    return Promise.resolve(period);
  }

  protected failed(error: unknown): number {
    this.events.emit('error', { at: this.clock.now(), error, doing: 'look at the memory of the process' });
    return period;
  }
}
