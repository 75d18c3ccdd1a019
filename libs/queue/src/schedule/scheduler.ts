import type { Events } from '../events/events.js';
import type { Clock } from '../time/clock.js';
import { Declarations, type DeclaredSchedule } from './declared.js';
import { FiringLoop } from './firing.js';
import type { Schedules } from './schedules.js';

export interface SchedulerOptions {
  schedules: Schedules;
  clock: Clock;
  events: Events;
  /** What code declares, and whose code that is. */
  declared: readonly DeclaredSchedule[];
  owner: string;
  /** Tasks this application has handlers of. */
  tasks: readonly string[];
}

/** What a worker does for schedules: declare, fire, and go on with both. */
export class Scheduler {
  private readonly declarations: Declarations;
  private readonly firing: FiringLoop;

  constructor({ schedules, clock, events, declared, owner, tasks }: SchedulerOptions) {
    this.declarations = new Declarations(clock, schedules, events, declared, owner, tasks);
    this.firing = new FiringLoop(clock, schedules.book, events);
  }

  /** Throws what is wrong with a declaration. Fires nothing yet. */
  reconcile(): Promise<void> {
    return this.declarations.reconcile();
  }

  async start(): Promise<void> {
    await this.declarations.boot();
    this.firing.start();
    this.declarations.start();
  }

  /** Ends the round in hand. Calling twice is harmless. */
  async stop(): Promise<void> {
    await Promise.all([this.firing.stop(), this.declarations.stop()]);
  }
}
