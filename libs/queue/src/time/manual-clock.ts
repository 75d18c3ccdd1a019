import { type Clock, sleepOn, type Timer } from './clock.js';
import { type Duration, milliseconds } from './duration.js';

/** A clock that stands still until it is turned by hand. For tests: nothing waits for real time. */
export class ManualClock implements Clock {
  private readonly started: number;
  private at = 0;
  private wall = 0;
  private pending: { due: number; order: number; run: () => void }[] = [];
  private order = 0;
  private seed = 1;

  constructor(start: number | string | Date = '2026-01-01T00:00:00Z') {
    this.started = new Date(start).getTime();
  }

  /** Whole, as every wall clock here is: timers with jitter fall due at fractions. */
  now(): number {
    return Math.floor(this.started + this.at + this.wall);
  }

  monotonic(): number {
    return this.at;
  }

  /** Repeatable: the same sequence in every run (a linear congruential generator). */
  random(): number {
    this.seed = (this.seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.seed / 2 ** 31;
  }

  after(ms: number, run: () => void): Timer {
    const entry = { due: this.at + Math.max(0, ms), order: this.order++, run };
    this.pending.push(entry);
    return { cancel: () => void (this.pending = this.pending.filter((other) => other !== entry)) };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** Turns the clock, running what falls due in order and letting promises settle in between. */
  async advance(by: Duration): Promise<void> {
    const target = this.at + milliseconds(by);
    await settle();
    for (let next = this.next(target); next; next = this.next(target)) {
      this.at = Math.max(this.at, next.due);
      this.pending.splice(this.pending.indexOf(next), 1);
      next.run();
      await settle();
    }
    this.at = Math.max(this.at, target);
    await settle();
  }

  /** Time passes and nothing runs: a blocked event loop, or a paused process. What fell due runs at the next `advance`. */
  freeze(by: Duration): void {
    this.at += milliseconds(by);
  }

  /** Moves the wall without running anything: a jump, as an operator or a virtual machine makes it. */
  jump(by: Duration): void {
    this.wall += milliseconds(by);
  }

  /** Pending calls. Zero after a clean stop. */
  get waiting(): number {
    return this.pending.length;
  }

  private next(target: number) {
    let first: (typeof this.pending)[number] | undefined;
    for (const entry of this.pending) {
      if (entry.due > target) continue;
      if (!first || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) first = entry;
    }
    return first;
  }
}

/** Lets promises and immediates run: several turns, as one answer often starts the next question. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
