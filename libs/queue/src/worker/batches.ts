import { AsyncLocalStorage } from 'node:async_hooks';
import type { BatchContext, BatchItem } from '../task/batch.js';
import type { TaskContext } from '../task/context.js';
import { Batch } from './batch.js';
import type { Handler } from './options.js';
import type { Shift } from './shift.js';

type Join = (payload: unknown, context: TaskContext) => unknown;

/** The code of a task that takes many jobs at once. Nest's side makes these. */
export interface BatchHandler extends Handler {
  readonly batch: {
    readonly max: number;
    /** Milliseconds. */
    readonly wait: number;
    run(items: BatchItem[], context: BatchContext): unknown;
    /** The way of one job into a batch: guards, pipes and so on, and `join` at its end. */
    around(join: Join): Join;
  };
}

/**
 * Makes batches of jobs. To the rest of the worker a job of a batch is like any other: it has a place, and its handler
 * waits for the ending of its own item. So lease, cancelling, timeout, retries, results, hooks and events need to know
 * nothing of batches.
 */
export class Batches {
  private readonly gatherings: Gathering[] = [];
  /** Of those who wait for the worker to be idle. */
  private impatient = 0;
  /** No job is ambient in a method that is called for many. */
  private readonly outside = AsyncLocalStorage.snapshot();

  constructor(
    private readonly shift: () => Shift,
    /** Every place of the queue is taken. */
    private readonly isFull: (queue: string) => boolean,
  ) {}

  /** The handler itself, or one that takes each job into a batch. */
  adopt(handler: Handler): Handler {
    if (!isBatch(handler)) return handler;
    const gathering = new Gathering(handler, this.shift, {
      isFull: (queue) => this.impatient > 0 || this.isFull(queue),
      outside: (run) => this.outside(run),
    });
    this.gatherings.push(gathering);
    return gathering.handler;
  }

  /** Until `idle` resolves, jobs wait for no others but those that came with them: it may depend on a clock that stands still. */
  async hurry(idle: Promise<void>): Promise<void> {
    if (this.gatherings.length === 0) return idle;
    this.impatient++;
    this.shift().waiters.check();
    try {
      await idle;
    } finally {
      this.impatient--;
    }
  }

  /** Sentences about batches that cannot grow as large as they may, given the places of a task's queue, if it is served here. */
  cramped(placesOf: (task: string) => number | undefined): string[] {
    return this.gatherings.flatMap(({ handler, max }) => {
      const { name } = handler.task;
      const places = placesOf(name);
      if (places === undefined || places >= max) return [];
      return `A batch of ${name} may have ${max} jobs, but its queue has ${places} places here: raise its concurrency, or lower max`;
    });
  }
}

interface Surroundings {
  isFull(queue: string): boolean;
  outside(run: () => void): void;
}

/** Where the jobs of one task meet: in each queue one batch at a time that has not begun. */
class Gathering {
  /** In the place of the one it was made of. */
  readonly handler: Handler;
  readonly max: number;
  private readonly open = new Map<string, Batch>();
  /** Jobs that are in a batch, per queue. */
  private readonly joined = new Map<string, number>();

  constructor(
    private readonly given: BatchHandler,
    private readonly shift: () => Shift,
    private readonly surroundings: Surroundings,
  ) {
    this.max = given.batch.max;
    const run = given.batch.around((payload, context) => this.join(payload, context));
    this.handler = { task: given.task, run };
  }

  private async join(payload: unknown, context: TaskContext): Promise<unknown> {
    context.signal.throwIfAborted();
    const { queue } = context.job;
    const batch = this.open.get(queue) ?? this.gather(queue);
    this.count(queue, 1);
    try {
      const ending = batch.join(payload, context);
      if (batch.size >= this.max) this.begin(queue, batch);
      this.shift().waiters.check();
      return await ending;
    } finally {
      this.count(queue, -1);
      if (batch.size === 0 && this.open.get(queue) === batch) this.open.delete(queue);
    }
  }

  private gather(queue: string): Batch {
    const { task, batch: work } = this.given;
    const batch = new Batch({
      about: { task: task.name, queue, worker: this.shift().id },
      run: (items, context) => work.run(items, context),
      unheard: (error) => this.unheard(error),
    });
    this.open.set(queue, batch);
    this.surroundings.outside(() => void this.wait(queue, batch));
    return batch;
  }

  /** For `max`, `wait`, or until nobody else can come: whatever is first. */
  private async wait(queue: string, batch: Batch): Promise<void> {
    const { waiters } = this.shift();
    await waiters.until(() => batch.begun || this.isComplete(queue), this.given.batch.wait);
    this.begin(queue, batch); // not in the call that asked: those of one exchange come one after another before this
  }

  private begin(queue: string, batch: Batch): void {
    if (this.open.get(queue) === batch) this.open.delete(queue);
    this.surroundings.outside(() => void batch.run());
  }

  /** Nobody else can come: the worker is stopping; or places are taken, all of them, and not by jobs on their way in here. */
  private isComplete(queue: string): boolean {
    if (!this.shift().taking) return true;
    return this.surroundings.isFull(queue) && this.running(queue) <= (this.joined.get(queue) ?? 0);
  }

  private running(queue: string): number {
    let running = 0;
    for (const lane of this.shift().lanes) {
      if (lane.lane.queue !== queue) continue;
      for (const { attempt } of lane.running) if (attempt?.task.handler === this.handler) running++;
    }
    return running;
  }

  private count(queue: string, change: number): void {
    const joined = (this.joined.get(queue) ?? 0) + change;
    if (joined === 0) this.joined.delete(queue);
    else this.joined.set(queue, joined);
  }

  private unheard(error: unknown): void {
    this.shift().reporter.trouble(`run the batch method of ${this.given.task.name} to its end`, error);
  }
}

function isBatch(handler: Handler): handler is BatchHandler {
  return 'batch' in handler;
}
