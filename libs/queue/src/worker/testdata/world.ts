import { Events } from '../../events/events.js';
import { Queue } from '../../client/queue.js';
import { type Envelope, seal } from '../../job/envelope.js';
import { createJobId } from '../../job/id.js';
import type { JobView } from '../../job/view.js';
import { memory } from '../../store/memory/index.js';
import type { JobRecord, NewJob, Store } from '../../store/store.js';
import type { TaskContext } from '../../task/context.js';
import type { TaskDefinition, TaskOptions } from '../../task/definition.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { Handler, WorkerOptions } from '../options.js';
import { Worker } from '../worker.js';

/** A task `work` in queue `default`, run by `run`. */
export function handler(
  run: (payload: never, context: TaskContext) => unknown,
  options: TaskOptions & { name?: string } & Pick<TaskDefinition, 'payload' | 'returns'> = {},
): Handler {
  const { name = 'work', payload, returns, ...rest } = options;
  return { task: { name, options: rest, payload, returns }, run: run };
}

/** A small world of its own: memory store, a clock turned by hand, and workers that are stopped in the end. */
export class World {
  readonly clock: ManualClock;
  readonly events: Events;
  readonly store: Store;
  readonly queue: Queue;
  readonly workers: Worker[];

  /** With `beside`, another access to the same store and clock. */
  constructor(wrap: (store: Store) => Store = (store) => store, beside?: World) {
    this.workers = beside?.workers ?? [];
    this.clock = beside?.clock ?? new ManualClock();
    this.events = beside?.events ?? new Events(this.clock);
    this.store = wrap(beside?.store ?? memory({ clock: this.clock }));
    this.queue = new Queue({ store: this.store, clock: this.clock, events: this.events });
  }

  /** A started worker. */
  async worker(handlers: Handler[], options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const worker = this.make(handlers, options);
    await worker.start();
    return worker;
  }

  make(handlers: Handler[], options: Partial<WorkerOptions> = {}): Worker {
    const { store, clock, events } = this;
    const worker = new Worker({ store, clock, events, handlers, name: 'test', ...options });
    this.workers.push(worker);
    return worker;
  }

  /** Adds jobs and answers their ids. */
  async enqueue(...jobs: (Partial<NewJob> & Partial<Envelope> & { queue?: string })[]): Promise<string[]> {
    const answers = await this.store.enqueue(
      jobs.map(({ queue = 'default', payload, retry, timeout, headers, ...job }) => ({
        id: createJobId(queue, 0, this.clock.now()),
        task: 'work',
        body: seal({ payload: payload ?? {}, retry, timeout, headers }),
        priority: 2,
        ...job,
      })),
    );
    return answers.map((answer) => answer.id);
  }

  /** What a looker sees of a job. */
  async look(id: string): Promise<JobView | undefined> {
    return (await this.queue.job(id))?.view;
  }

  async find(id: string): Promise<JobRecord | undefined> {
    return (await this.store.find([{ id }]))[0];
  }

  async close(): Promise<void> {
    const stopped = Promise.all(this.workers.map((worker) => worker.stop({ now: true })));
    await this.clock.advance('5s'); // some are cut off, and wait for nothing
    await stopped;
    await this.store.close();
  }
}

/** A promise to be kept by hand. */
export function promised<T = void>() {
  let keep!: (value: T) => void;
  let breakIt!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    keep = resolve;
    breakIt = reject;
  });
  return { promise, keep, breakIt };
}
