import type { Events } from '../events/events.js';
import { FiringLoop } from '../schedule/firing.js';
import type { Schedules } from '../schedule/schedules.js';
import type { Clock } from '../time/clock.js';

/**
 * Deals with slots while a test turns the clock. It sleeps until the next one and not a moment less, so a turned day costs
 * what is due on it; a lost hint, for which a worker looks now and then, there is none in memory.
 */
export class TurnedFiring extends FiringLoop {
  constructor(
    clock: Clock,
    private readonly schedules: Schedules,
    events: Events,
  ) {
    super(clock, schedules.book, events);
  }

  /** Until nothing is due any more. */
  override async runOnce(): Promise<number> {
    let wait = 0;
    while (wait === 0) wait = await super.runOnce();
    const { dueIn = Infinity } = await this.schedules.book.store.schedules({ due: true, limit: 1 });
    return Math.max(wait, dueIn);
  }
}
