import type { BatchItem } from '../task/batch.js';
import type { TaskContext } from '../task/context.js';

/** A job of a batch. Its handler waits for `ending`; the first word said of it counts. */
export class Item implements BatchItem<unknown, unknown> {
  readonly ending: Promise<unknown>;
  private over = false;
  private resolve!: (result: unknown) => void;
  private reject!: (error: unknown) => void;

  constructor(
    readonly payload: unknown,
    readonly ctx: TaskContext,
  ) {
    this.ending = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get ended(): boolean {
    return this.over;
  }

  // Arrows, so that a method may hand them on: `stream.on('error', item.fail)`.
  readonly complete = (result?: unknown): void => {
    if (this.over) return;
    this.over = true;
    this.resolve(result);
  };

  readonly fail = (error: unknown): void => {
    if (this.over) return;
    this.over = true;
    this.reject(error);
  };

  /** Its signal fired: the method has no say in it any more, but `leave` has yet to be called. */
  takeOut(): void {
    this.over = true;
  }

  /** Its handler comes back with why the signal fired. Harmless for an item that has ended otherwise. */
  leave(): void {
    this.reject(this.ctx.signal.reason);
  }
}
