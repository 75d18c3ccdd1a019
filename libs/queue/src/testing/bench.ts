import type { INestApplicationContext } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import type { Queue } from '../client/queue.js';
import type { Events } from '../events/events.js';
import type { Outcome } from '../job/state.js';
import type { JobView } from '../job/view.js';
import type { Connection } from '../nest/connection.js';
import { Explorer } from '../nest/explorer.js';
import { handlersOf } from '../nest/handlers.js';
import { hooksOf } from '../nest/hooks.js';
import type { QueueModuleOptions } from '../nest/queue-options.js';
import { getConnectionToken, getEventsToken, getOptionsToken, QUEUE_CLOCK } from '../nest/tokens.js';
import { WorkerHost } from '../nest/worker-host.js';
import type { Store } from '../store/store.js';
import type { TaskRef } from '../task/task-ref.js';
import type { Clock } from '../time/clock.js';
import type { WorkerOptions } from '../worker/options.js';
import { Worker } from '../worker/worker.js';
import type { Performed, PerformOptions } from './queue-tester.js';
import { SchedulerBench } from './scheduler-bench.js';

/** Queues that no application serves, one for each call: what is performed there meets no other job, and no limit that one has used up. */
const stage = 'millrace.perform.';

/** Workers made for one purpose each, with the handlers of an application. */
export class Bench {
  readonly scheduler: SchedulerBench;
  private readonly store: Store;
  private readonly options: WorkerOptions;
  private performed = 0;

  constructor(private readonly app: INestApplicationContext) {
    this.scheduler = new SchedulerBench(app);
    const get = <T>(token: unknown) => app.get<T>(token as never, { strict: false });
    const explorer = new Explorer(get(DiscoveryService));
    const { codec, defaults, overrides, routes, resultLimit } = get<QueueModuleOptions>(getOptionsToken());
    this.store = get<Connection>(getConnectionToken()).store;
    this.options = {
      store: this.store,
      handlers: handlersOf(explorer.tasks(), get(ModulesContainer)),
      clock: get<Clock>(QUEUE_CLOCK),
      events: get<Events>(getEventsToken()),
      hooks: hooksOf(explorer, undefined),
      ...{ codec, defaults, overrides, routes, resultLimit },
    };
  }

  async perform(queue: Queue, task: TaskRef, payload: unknown, options: PerformOptions): Promise<Performed<unknown>> {
    const { attempt = 1, headers } = options;
    const lane = `${stage}${++this.performed}`;
    const call = { queue: lane, keepResult: '1h' as const, retry: { startAt: attempt }, headers };
    const { id } = await queue.enqueue(task, payload as never, call);
    const worker = await this.started({ queues: { [lane]: 1 }, maxJobs: 1 });
    await worker.done;
    const { view } = (await queue.job(id))!;
    const { jobs: enqueued } = await queue.list({ parent: id, limit: 200 });
    await queue.remove(id);
    const { result, error, reason, progress, log } = view;
    return { outcome: outcomeOf(view), result: result ?? undefined, error, reason, progress, logs: log, enqueued };
  }

  /**
   * A worker of the application itself does it where one runs; else one is made, until there is nothing it may begin: what
   * a pause or a rate keeps waiting stays. Again while that ends jobs, as handlers enqueue to queues that were not there
   * before, and put schedules.
   */
  async drain(): Promise<{ completed: number; failed: number }> {
    const host = WorkerHost.of(this.app);
    const before = await this.totals();
    let after = before;
    for (let ended = -1; after.ended !== ended; after = await this.totals()) {
      ended = after.ended;
      await this.scheduler.fire();
      await (host ? host.worker.idle() : this.work());
    }
    return { completed: after.completed - before.completed, failed: after.failed - before.failed };
  }

  private async work(): Promise<void> {
    const queues = await this.waiting();
    if (Object.keys(queues).length === 0) return;
    const worker = await this.started({ queues });
    await worker.idle();
    await worker.stop();
  }

  private async started(purpose: Partial<WorkerOptions>): Promise<Worker> {
    const worker = new Worker({ ...this.options, ...purpose });
    await worker.start();
    return worker;
  }

  /** Queues with work. Scheduled jobs count: the store makes those that are due ready when a worker looks. */
  private async waiting(): Promise<Record<string, number>> {
    const found = await this.store.counts();
    const busy = found.filter(({ queue, counts }) => !queue.startsWith(stage) && counts.ready + counts.scheduled > 0);
    return Object.fromEntries(busy.map(({ queue }) => [queue, 10]));
  }

  private async totals(): Promise<{ completed: number; failed: number; ended: number }> {
    const sum = { completed: 0, failed: 0, ended: 0 };
    for (const { totals } of await this.store.counts()) {
      sum.completed += totals.completed;
      sum.failed += totals.failed;
      sum.ended += totals.completed + totals.failed + totals.cancelled;
    }
    return sum;
  }
}

function outcomeOf({ state, attempts }: JobView): Outcome {
  if (state === 'completed') return 'completed';
  const last = attempts.at(-1)?.outcome;
  return last === 'retry' || last === 'snoozed' || last === 'failed' || last === 'cancelled' ? last : 'released';
}
