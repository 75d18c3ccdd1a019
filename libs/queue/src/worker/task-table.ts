import { Routes, type TaskRoutes } from '../client/routes.js';
import type { Envelope } from '../job/envelope.js';
import { ConfigInvalid } from '../job/errors.js';
import type { TaskDefinition, TaskOptions, TimeoutOptions } from '../task/definition.js';
import { keepOf } from '../task/keep-result.js';
import { overrideOf } from '../task/overrides.js';
import { type Duration, milliseconds } from '../time/duration.js';
import type { Handler } from './options.js';
import { RetryPolicy } from './retry-policy.js';

/** Milliseconds. */
export interface TimeoutPolicy {
  after: number;
  grace: number;
}

/** A task this worker can run, with what holds for it here. */
export interface KnownTask {
  readonly definition: TaskDefinition;
  readonly handler: Handler;
  /** Defaults, routes, task and overrides put together. */
  readonly options: TaskOptions & { queue: string };
  readonly retry: RetryPolicy;
  readonly timeout: TimeoutPolicy;
  /** Milliseconds the record of a completed job is kept; without it the store decides. */
  readonly keep?: number;
}

/**
 * Which code runs which task: a map filled at boot, so that no name that comes with a job reaches anything else.
 * Aliases are further names of the same task.
 */
export class TaskTable {
  private readonly known = new Map<string, KnownTask>();
  private readonly routes: Routes;

  constructor(
    handlers: readonly Handler[],
    private readonly overrides: Record<string, TaskOptions> = {},
    private readonly defaults: TaskOptions = {},
    routes?: TaskRoutes,
  ) {
    this.routes = new Routes(routes);
    for (const handler of handlers) {
      const known = this.know(handler);
      for (const name of [handler.task.name, ...(handler.task.options.aliases ?? [])]) this.add(name, known);
    }
  }

  get(name: string): KnownTask | undefined {
    return this.known.get(name);
  }

  /** Every name, aliases included. */
  get names(): string[] {
    return [...this.known.keys()];
  }

  /** Every queue the jobs of these tasks go to. */
  get queues(): string[] {
    return [...new Set([...this.known.values()].map((task) => task.options.queue))];
  }

  /** Where jobs of a task go that may be known elsewhere only; `contract`: what is said of it here. */
  queueOf(name: string, contract: TaskOptions = {}): string {
    const known = this.known.get(name);
    if (known) return known.options.queue;
    const said = overrideOf(name, this.overrides)?.queue ?? contract.queue;
    return this.routes.queueOf(name, said, this.defaults);
  }

  private add(name: string, task: KnownTask): void {
    const taken = this.known.get(name);
    if (taken) {
      throw new ConfigInvalid(
        'handlers',
        `Two handlers run '${name}': those of ${taken.definition.name} and ${task.definition.name}. Keep one, or rename a task.`,
      );
    }
    this.known.set(name, task);
  }

  private know(handler: Handler): KnownTask {
    const definition = handler.task;
    const override = overrideOf(definition.name, this.overrides);
    const queue = this.routes.queueOf(definition.name, override?.queue ?? definition.options.queue, this.defaults);
    const options = { ...this.defaults, ...definition.options, ...override, queue };
    const retry = new RetryPolicy([override?.retry, definition.options.retry, this.defaults.retry]);
    const keep = options.keepResult === undefined ? undefined : keepOf(options.keepResult);
    return { definition, handler, options, retry, timeout: timeoutOf(options.timeout), keep };
  }
}

/** What the call says wins field by field. */
export function timeoutFor(task: KnownTask, call: Envelope['timeout']): TimeoutPolicy {
  if (!call) return task.timeout;
  return { after: call.after, grace: call.grace ?? task.timeout.grace };
}

function timeoutOf(timeout: Duration | TimeoutOptions = '5m'): TimeoutPolicy {
  const { after, grace = '5s' } = typeof timeout === 'object' ? timeout : { after: timeout };
  return { after: milliseconds(after), grace: milliseconds(grace) };
}
