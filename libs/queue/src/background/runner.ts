import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { BackgroundFull } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { Leftovers } from '../nest/host.js';
import { ThreadPool } from '../thread/pool.js';
import { systemClock } from '../time/clock.js';
import { keepAlive } from '../time/keep-alive.js';
import { type BackgroundFunction, OwnContext } from './context.js';
import type { Line } from './line.js';

/**
 * Runs what was left for after the response. The functions of one response run in order, each alone: one
 * that fails is logged and counted, and the next one runs. Responses do not wait for each other. A crash of the process
 * loses what has not run.
 */
@Injectable()
export class BackgroundRunner {
  /**
   * Functions since the process began: run to their end, well or badly, or never begun, as the response or a function
   * before them failed or shutdown came first.
   */
  readonly counts = { completed: 0, failed: 0, dropped: 0 };
  /** Milliseconds `drain()` waits at most. Of real time, also where a queue's clock is turned by hand. */
  grace = 10_000;
  /** Functions that may wait or run at once; beyond it `BackgroundFull`. */
  max: number = limits.background;
  /** @internal Where `addBlocking` runs its modules. */
  readonly threads = new ThreadPool('background', 'background.addBlocking()');

  private readonly logger = new Logger('Background');
  private readonly leftovers: Leftovers;
  private readonly running = new Map<Line, Promise<void>>();
  private unended = 0;
  /** The bare context of boot: neither the request's stores nor a job's `TaskContext` leak into what runs later. */
  private readonly detached = AsyncLocalStorage.snapshot();

  constructor(
    private readonly modules: ModuleRef,
    container: ModulesContainer,
  ) {
    this.leftovers = new Leftovers(container);
  }

  /** Functions that wait or run now. */
  get active(): number {
    return this.unended;
  }

  /** @internal Makes room for one more. Throws `BackgroundFull`. */
  admit(): void {
    if (this.unended >= this.max) throw new BackgroundFull(this.max);
    this.unended++;
  }

  /** @internal Counts functions that were admitted and will not run. */
  dismiss(functions: number): void {
    this.unended -= functions;
    this.counts.dropped += functions;
  }

  /** @internal Runs what `line` hands out until it has no more. Never throws. */
  run(line: Line): void {
    const done = this.detached(() => this.inOrder(line)).finally(() => {
      if (this.running.get(line) === done) this.running.delete(line);
    });
    this.running.set(line, done);
  }

  /**
   * Waits until nothing runs, or for the grace; then drops what has not begun and waits for the rest no more. What begins
   * meanwhile is waited for as well. Responses that are still being made keep what they hold.
   */
  async drain(): Promise<void> {
    if (this.running.size === 0) return;
    const release = keepAlive();
    const over = new AbortController();
    const deadline = systemClock.sleep(this.grace, over.signal).then(() => 'late' as const);
    while (this.running.size > 0) {
      if ((await Promise.race([Promise.all(this.running.values()), deadline])) === 'late') break;
    }
    over.abort();
    release();
    if (this.running.size > 0) this.giveUp();
  }

  private giveUp(): void {
    const before = this.counts.dropped;
    for (const line of this.running.keys()) line.drop();
    const says = `${this.running.size} functions after responses had not ended after ${this.grace} ms`;
    this.logger.warn(`${says}, and ${this.counts.dropped - before} behind them will not run`);
    this.running.clear();
  }

  private async inOrder(line: Line): Promise<void> {
    for (let run = line.next(); run; run = line.next()) {
      // A copy of the bare context for each, as a function may enter stores that stay in the copy it runs in.
      const own = this.detached(() => AsyncLocalStorage.snapshot());
      if (!(await own(() => this.alone(run, line.request)))) line.failed();
    }
  }

  /** Whether it ended well. */
  private async alone(run: BackgroundFunction, request: object | undefined): Promise<boolean> {
    const context = new OwnContext(this.modules, this.leftovers, request);
    try {
      await run(context);
      this.counts.completed++;
      return true;
    } catch (error) {
      this.counts.failed++;
      this.logger.error(`A function after the response failed: ${String(error)}`, (error as Error | undefined)?.stack);
      return false;
    } finally {
      this.unended--;
      await context.close();
    }
  }
}
