import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { systemClock } from '../time/clock.js';
import { keepAlive } from '../time/keep-alive.js';

export type BackgroundFunction = () => unknown;

/**
 * Runs what was left for after the response. The functions of one response run in order, each alone: one
 * that fails is logged and counted, and the next one runs. Responses do not wait for each other. A crash of the process
 * loses what has not run.
 */
@Injectable()
export class BackgroundRunner {
  /** Functions that have run to their end, well or badly, since the process began. */
  readonly counts = { completed: 0, failed: 0 };
  /** Milliseconds `drain()` waits at most. Of real time, also where a queue's clock is turned by hand. */
  grace = 10_000;

  private readonly logger = new Logger('Background');
  private readonly running = new Set<Promise<void>>();
  /** The bare context of boot: neither the request's stores nor a job's `TaskContext` leak into what runs later. */
  private readonly detached = AsyncLocalStorage.snapshot();

  /** Runs what `next` hands out until it has no more. Never throws. */
  run(next: () => BackgroundFunction | undefined): void {
    const done = this.detached(() => this.inOrder(next)).finally(() => this.running.delete(done));
    this.running.add(done);
  }

  /** Waits until nothing runs, or for the grace. What begins meanwhile is waited for as well. */
  async drain(): Promise<void> {
    if (this.running.size === 0) return;
    const release = keepAlive();
    const over = new AbortController();
    const deadline = systemClock.sleep(this.grace, over.signal).then(() => 'late' as const);
    while (this.running.size > 0) {
      if ((await Promise.race([Promise.all(this.running), deadline])) === 'late') break;
    }
    over.abort();
    release();
    if (this.running.size > 0) this.logger.warn(`${this.running.size} responses still had work after ${this.grace} ms`);
  }

  private async inOrder(next: () => BackgroundFunction | undefined): Promise<void> {
    for (let run = next(); run; run = next()) {
      try {
        await run();
        this.counts.completed++;
      } catch (error) {
        this.counts.failed++;
        this.logger.error(
          `A function after the response failed: ${String(error)}`,
          (error as Error | undefined)?.stack,
        );
      }
    }
  }
}
