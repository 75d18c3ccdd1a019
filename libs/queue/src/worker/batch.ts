import { ResultInvalid } from '../job/errors.js';
import type { BatchContext, BatchItem } from '../task/batch.js';
import type { Aborted, TaskContext } from '../task/context.js';
import { Item } from './batch-item.js';

/** What a batch calls, and for whom. */
export interface BatchWork {
  about: Omit<BatchContext, 'signal'>;
  run(items: BatchItem[], context: BatchContext): unknown;
  /** The method threw when no item was left that could tell of it. */
  unheard(error: unknown): void;
}

/**
 * One call of a batch method: first it gathers items, then it runs. The place of an item is free once the item has
 * ended; but of the items that are taken out the last one keeps its place until the method has come back, so code that
 * nobody waits for any more still shows, and is stuck if it heeds nothing.
 */
export class Batch {
  private items: Item[] = [];
  private running = false;
  private readonly controller = new AbortController();

  constructor(private readonly work: BatchWork) {}

  get size(): number {
    return this.items.length;
  }

  /** It takes no further item. */
  get begun(): boolean {
    return this.running;
  }

  /** Resolves, or rejects, as the item ends. */
  async join(payload: unknown, context: TaskContext): Promise<unknown> {
    const item = new Item(payload, context);
    const asked = () => this.asked(item);
    this.items.push(item);
    context.signal.addEventListener('abort', asked, { once: true });
    try {
      return await item.ending;
    } finally {
      context.signal.removeEventListener('abort', asked);
    }
  }

  /** Calls the method for the items that are there. Never rejects. */
  async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    const { items, work, controller } = this;
    if (items.length === 0) return;
    try {
      const answer = await work.run([...items], { ...work.about, signal: controller.signal });
      await this.endEach(answer);
    } catch (error) {
      // An answer to the signal is no news.
      if (this.living === 0 && !controller.signal.aborted) work.unheard(error);
      for (const item of items) item.fail(error);
    }
    for (const item of items) item.leave();
  }

  private get living(): number {
    return this.items.filter((item) => !item.ended).length;
  }

  /** The attempt of an item was asked to stop. At shutdown one that runs may still end well, as any job. */
  private asked(item: Item): void {
    if (item.ended) return;
    const reason = item.ctx.signal.reason as Aborted;
    if (!this.running) {
      this.items = this.items.filter((other) => other !== item);
      item.takeOut();
      return item.leave();
    }
    if (reason.why === 'shutdown') return this.controller.abort(reason);
    item.takeOut();
    if (this.living > 0) item.leave();
    else this.controller.abort(reason);
  }

  /** By what the method answered. */
  private async endEach(answer: unknown): Promise<void> {
    const { items, work } = this;
    if (answer === undefined) return items.forEach((item) => item.complete());
    if (!Array.isArray(answer) || answer.length !== items.length) {
      if (Array.isArray(answer)) ignore(answer);
      const got = Array.isArray(answer) ? `${answer.length} results` : `a ${typeof answer}`;
      const message = `a batch of ${items.length} answers as many results, in order, or nothing; got ${got}`;
      throw new ResultInvalid(work.about.task, [{ path: '', message }]);
    }
    await Promise.all(items.map((item, i) => endOne(item, answer[i])));
  }
}

/** A promise ends its item as soon as it is kept or broken, whatever the others do. */
async function endOne(item: Item, entry: unknown): Promise<void> {
  try {
    const result = await entry;
    if (result instanceof Error) item.fail(result);
    else item.complete(result);
  } catch (error) {
    item.fail(error);
  }
}

/** Promises that belong to no item: one that rejects must not count as an error nobody caught, which ends the worker. */
function ignore(entries: readonly unknown[]): void {
  for (const entry of entries) Promise.resolve(entry).catch(() => undefined);
}
