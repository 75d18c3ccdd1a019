import { Worker as Thread } from 'node:worker_threads';
import type { Lane, StoreRecipe } from '../store/store.js';
import type { WorkerLogger } from './options.js';

/** What the thread of a deputy begins with. */
export interface DeputyOrders {
  /** One number, which grows as long as the event loop of the worker turns. */
  turns: Int32Array;
  recipe: StoreRecipe;
  /** Milliseconds. */
  lease: number;
  /** Milliseconds. */
  maxBlock: number;
}

/** For whom it beats. */
export interface Charge {
  worker: string;
  lanes: readonly Lane[];
}

/**
 * Keeps the lease while code blocks the event loop of the worker, so that nobody runs its jobs a second time. A thread
 * looks whether the loop turns; when it has not for a sixth of the lease, it beats in the worker's place, over a
 * connection that it opens then, until the loop turns again or `maxBlock` has passed. Otherwise it does nothing.
 */
export class Deputy {
  private readonly turns = new Int32Array(new SharedArrayBuffer(4));
  private thread?: Thread;
  private beatsFor?: string;
  private gone?: Promise<void>;

  constructor(
    private readonly orders: Omit<DeputyOrders, 'turns'>,
    private readonly logger?: WorkerLogger,
    private readonly entry: URL = new URL('./deputy-entry.js', import.meta.url),
  ) {}

  start(): void {
    const workerData: DeputyOrders = { ...this.orders, turns: this.turns };
    const thread = new Thread(this.entry, { workerData, execArgv: [] });
    this.gone = new Promise((resolve) => thread.once('exit', () => resolve()));
    thread.on('error', (error) => this.complain(error.message));
    thread.on('message', (why: string) => this.complain(why));
    thread.unref();
    this.thread = thread;
  }

  /** The event loop turns. */
  turned(charge: Charge): void {
    Atomics.add(this.turns, 0, 1);
    if (this.beatsFor === charge.worker) return;
    this.beatsFor = charge.worker;
    this.thread?.postMessage(charge);
  }

  /** It lets go of its connection first. */
  async stop(): Promise<void> {
    this.thread?.postMessage('stop');
    await this.gone;
  }

  private complain(why: string): void {
    this.logger?.warn(`While code blocks the event loop nobody can keep the lease: ${why}`);
  }
}
