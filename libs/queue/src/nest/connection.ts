import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ConfigInvalid, MillraceError, StoreUnavailable } from '../job/errors.js';
import type { Store } from '../store/store.js';
import { type Clock, systemClock } from '../time/clock.js';
import { keepAlive } from '../time/keep-alive.js';

export interface ConnectOptions {
  /** Keep trying instead of failing the boot when the store cannot be reached. Default false. */
  retry?: boolean;
  /** Close the store with the last application of this process that uses it. Default true; false leaves that to you. */
  close?: boolean;
}

/** Milliseconds a boot may take to reach its store, and between two tries. */
const patience = 5000;
const pause = 1000;

/** How many connections of this process use a store: an API and a worker in one test share it, the last one closes it. */
const users = new WeakMap<Store, number>();

/** Holds the store open from boot to the very end of shutdown, after every module has said goodbye. */
export class Connection implements OnApplicationShutdown {
  private readonly logger = new Logger('Queue');
  private held = false;
  private readonly before: (() => void)[] = [];

  constructor(
    readonly store: Store,
    private readonly options: ConnectOptions = {},
    private readonly clock: Clock = systemClock,
  ) {}

  /** Opens the store, trying again for five seconds, or without end with `retry`. Throws what the last try threw. */
  async open(): Promise<this> {
    const release = keepAlive();
    try {
      await this.reach();
    } catch (error) {
      // A driver may go on trying by itself; nobody waits for it any more.
      if (!users.get(this.store)) await this.letGo().catch(() => undefined);
      throw error;
    } finally {
      release();
    }
    users.set(this.store, (users.get(this.store) ?? 0) + 1);
    this.held = true;
    return this;
  }

  /** Calls `run` before this connection lets go of the store. */
  beforeClose(run: () => void): void {
    this.before.push(run);
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.held) return;
    this.held = false;
    for (const run of this.before) run();
    const left = (users.get(this.store) ?? 1) - 1;
    users.set(this.store, left);
    if (left === 0) await this.letGo();
  }

  private async letGo(): Promise<void> {
    if (this.options.close !== false) await this.store.close();
  }

  private async reach(): Promise<void> {
    const deadline = this.clock.monotonic() + patience;
    for (;;) {
      const problem = await this.attempt(this.options.retry ? patience : deadline - this.clock.monotonic());
      if (!problem) return;
      const later = this.clock.monotonic() + pause < deadline;
      if (!MillraceError.is(problem, 'STORE_UNAVAILABLE') || !(this.options.retry || later)) throw problem;
      if (this.options.retry) this.logger.warn(`${problem.message} Trying again.`);
      await this.clock.sleep(pause);
    }
  }

  /** What went wrong within `ms`, or nothing. An open that hangs counts as no answer. */
  private async attempt(ms: number): Promise<Error | undefined> {
    const over = new AbortController();
    try {
      const late = this.clock.sleep(ms, over.signal).then(() => 'late' as const);
      const answer = await Promise.race([this.store.open(), late]);
      return answer === 'late' ? new StoreUnavailable(this.store.url) : undefined;
    } catch (error) {
      return error instanceof Error ? error : new ConfigInvalid('store', String(error));
    } finally {
      over.abort();
    }
  }
}
