import type { Clock } from '../time/clock.js';

/** Those who wait for something to become true. Whoever changes what they look at calls `check()`. */
export class Waiters {
  private waiting: { test: () => boolean; done: () => void }[] = [];

  constructor(private readonly clock: Clock) {}

  /** Resolves once `test` holds, at the latest after `ms`. */
  until(test: () => boolean, ms = Infinity): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = ms === Infinity ? undefined : this.clock.after(ms, () => waiter.done());
      const waiter = {
        test,
        done: () => {
          timer?.cancel();
          this.waiting = this.waiting.filter((other) => other !== waiter);
          resolve();
        },
      };
      this.waiting.push(waiter);
    });
  }

  check(): void {
    if (this.waiting.length === 0) return;
    for (const waiter of this.waiting) if (waiter.test()) waiter.done();
  }
}

/** Resolves when `work` has ended, well or not, at the latest after `ms`. For good-byes that must not hang. */
export function atMost(clock: Clock, work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, resolve);
    const done = () => {
      timer.cancel();
      resolve();
    };
    work.then(done, done);
  });
}
