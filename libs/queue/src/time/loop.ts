import type { Clock, Timer } from './clock.js';

/**
 * One skeleton for everything that goes round: `start()`, `stop()`, `runOnce()`.
 *
 * A round answers how many milliseconds to sleep after it. `wake()` ends that sleep, and when it comes during a round
 * the next one follows at once, so no call is lost. Stopping waits for the round in hand; calling twice is harmless.
 * Tests call `runOnce()` and turn the clock.
 */
export abstract class Loop {
  private going?: Promise<void>;
  private stopping = false;
  private woken = false;
  private rouse?: () => void;
  private timer?: Timer;
  /** Monotonic milliseconds when the last round began: shows whether the loop still turns. */
  turnedAt: number;

  protected constructor(protected readonly clock: Clock) {
    this.turnedAt = clock.monotonic();
  }

  /** One round. Answers how long to sleep. */
  abstract runOnce(): Promise<number>;
  /** A round threw: announces it and answers how long to sleep. */
  protected abstract failed(error: unknown): number;

  start(): void {
    this.going ??= this.turn();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.going;
  }

  wake(): void {
    this.woken = true;
    this.rouse?.();
  }

  /** Whatever woke it up to here is taken care of by this round. */
  protected heard(): void {
    this.woken = false;
  }

  protected get stopped(): boolean {
    return this.stopping;
  }

  private async turn(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      this.turnedAt = this.clock.monotonic();
      const wait = await this.round();
      if (wait > 0 && !this.woken && !this.stopping) await this.sleep(wait);
      else await nextTurn(); // rounds that want each other at once must not keep everything else from running
    }
  }

  private async round(): Promise<number> {
    try {
      return await this.runOnce();
    } catch (error) {
      return this.failed(error);
    }
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.rouse = () => {
        this.timer?.cancel();
        this.rouse = this.timer = undefined;
        resolve();
      };
      this.timer = this.clock.after(ms, this.rouse);
    });
  }
}

/** After the other callbacks of this turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
