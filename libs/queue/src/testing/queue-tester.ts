import { type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Queue } from '../client/queue.js';
import { ConfigInvalid, type StoredError } from '../job/errors.js';
import type { Outcome } from '../job/state.js';
import type { JobView } from '../job/view.js';
import { QUEUE_CLOCK } from '../nest/tokens.js';
import { QueueModule } from '../queue.module.js';
import { Schedules } from '../schedule/schedules.js';
import type { TaskGroupClass } from '../task/define-tasks.js';
import type { InputOf, ResultOf, TaskRef } from '../task/task-ref.js';
import { ManualClock } from '../time/manual-clock.js';
import { Bench } from './bench.js';
import { testingQueue } from './testing-queue.js';

/** How one attempt went. */
export interface Performed<R> {
  outcome: Outcome;
  result: R | undefined;
  error: StoredError | null;
  /** Of a final state: `exhausted`, `forbidden`, `invalid-payload` … */
  reason: string | null;
  progress: JobView['progress'];
  logs: readonly string[];
  /** Jobs the handler enqueued, the payloads as they were stored. */
  enqueued: JobView[];
}

export interface PerformOptions {
  /** The number of the attempt, from 1. Default 1. */
  attempt?: number;
  headers?: Record<string, string>;
}

/**
 * Drives the queues of an application in a test: the memory store, a clock turned by hand, and no waiting.
 * `QueueTester.of(app)` for a whole application (see `testingQueue`), `QueueTester.module({ … })` for a few providers.
 */
export class QueueTester {
  readonly clock: ManualClock;
  readonly queue: Queue;
  /** Whatever is put here, or declared on a provider, fires when the clock is turned, also where no worker runs. */
  readonly schedules: Schedules;
  private readonly bench: Bench;

  private constructor(private readonly app: INestApplicationContext) {
    const clock: unknown = app.get(QUEUE_CLOCK, { strict: false });
    if (!(clock instanceof ManualClock)) {
      throw new ConfigInvalid(
        'clock',
        'QueueTester needs a clock it can turn: build the application with testingQueue().override(Test.createTestingModule(…)).',
      );
    }
    this.clock = clock;
    this.queue = app.get(Queue, { strict: false });
    this.schedules = app.get(Schedules, { strict: false });
    this.bench = new Bench(app);
  }

  /** For an application that was built with `testingQueue().override(…)`. */
  static of(app: INestApplicationContext): QueueTester {
    return new QueueTester(app);
  }

  /** For providers and contracts alone: boots them with a queue of their own. `close()` ends it. */
  static async module({ tasks = [], imports = [], ...rest }: ModuleMetadata & { tasks?: TaskGroupClass[] }) {
    const { store, clock } = testingQueue();
    class UnderTest {}
    Module({ ...rest, imports: [QueueModule.forRoot({ store, clock }), QueueModule.forFeature(tasks), ...imports] })(
      UnderTest,
    );
    const app = await NestFactory.createApplicationContext(UnderTest, {
      logger: ['error', 'warn'],
      abortOnError: false,
    });
    const tester = new QueueTester(app);
    try {
      await tester.bench.scheduler.ready();
    } catch (error) {
      await tester.close();
      throw error;
    }
    return tester;
  }

  /** Any provider of the application. */
  get<T>(token: abstract new (...args: never[]) => T): T {
    return this.app.get<T>(token, { strict: false });
  }

  /**
   * One attempt, the whole way: payload checked, stored and read again, enhancers, handler, result stored. Throws what
   * the enqueue would throw. The job leaves no trace but what its handler did.
   */
  async perform<T extends TaskRef<never> | TaskRef>(
    task: T,
    payload?: InputOf<T>,
    options: PerformOptions = {},
  ): Promise<Performed<ResultOf<T>>> {
    return (await this.bench.perform(this.queue, task, payload, options)) as Performed<ResultOf<T>>;
  }

  /**
   * Runs what is ready, and what that makes ready, until nothing is left that may begin: what a pause or a rate keeps
   * waiting stays `ready`. Turn the clock first for what is scheduled, for rates and for schedules: `await tester.clock.advance('1d'); await tester.drain()` runs the jobs of every slot of that day.
   */
  async drain(): Promise<{ completed: number; failed: number }> {
    return this.bench.drain();
  }

  /** Jobs of a task (or all), in any state, oldest first. */
  async enqueued(task?: { readonly definition: { readonly name: string } }): Promise<JobView[]> {
    const found: JobView[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.queue.list({ task: task?.definition.name, limit: 200 }, cursor);
      found.push(...page.jobs);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found.sort((a, b) => a.enqueuedAt - b.enqueuedAt || a.id.localeCompare(b.id));
  }

  async close(): Promise<void> {
    await this.bench.scheduler.end();
    await this.app.close();
  }
}
