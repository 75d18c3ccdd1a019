import { ConfigInvalid } from '../job/errors.js';
import { isQueueName, isTaskName } from '../job/id.js';
import type { TaskOptions } from '../task/definition.js';

/**
 * The queue of each task that does not name one itself: by exact name or glob (`{ 'reports.*': 'low' }`, where `*` is any
 * run of characters), or by a function, for which `undefined` is "nothing said". An exact name wins, then the longest
 * glob, of equally long ones the first as written. A function must always answer the same for the same name: everybody
 * who needs to know asks it for himself, once per contract, and at every enqueue for a task that is only a name to him.
 */
export type TaskRoutes = Readonly<Record<string, string>> | ((task: string) => string | undefined);

/** Answers the queue of a task by its name, for producers and workers alike. */
export class Routes {
  private readonly route: (task: string) => string | undefined;

  /** Throws `ConfigInvalid`. */
  constructor(routes: TaskRoutes = {}) {
    checkRoutes(routes);
    this.route = typeof routes === 'function' ? asking(routes) : looking(routes);
  }

  /** What overrides or contract say, then the routes, then the defaults of the module, then `default`. */
  queueOf(task: string, said: string | undefined, defaults: Pick<TaskOptions, 'queue'>): string {
    return said ?? this.route(task) ?? defaults.queue ?? 'default';
  }
}

/** Throws `ConfigInvalid` at the first route that no task could take. What a function answers is checked when it does. */
export function checkRoutes(routes: unknown): void {
  if (typeof routes === 'function') return;
  if (typeof routes !== 'object' || routes === null || Array.isArray(routes)) {
    refuse('routes', "must be an object like { 'reports.*': 'low' } or a function of the task's name");
  }
  for (const [pattern, queue] of Object.entries(routes)) {
    // The shortest name that it fits.
    if (!isTaskName(pattern.replace(/^\*/, '_').replaceAll('*', ''))) {
      refuse(
        `routes.${pattern}`,
        `'${pattern}' fits no task: write the task's name, with '*' for any run of characters`,
      );
    }
    if (!isQueue(queue)) refuse(`routes.${pattern}`, notAQueue(queue));
  }
}

function asking(ask: (task: string) => unknown): (task: string) => string | undefined {
  return (task) => {
    const queue = ask(task);
    if (queue === undefined || isQueue(queue)) return queue;
    return refuse('routes', `the function answered for task '${task}': ${notAQueue(queue)}`);
  };
}

function looking(routes: Readonly<Record<string, string>>): (task: string) => string | undefined {
  const exact = new Map(Object.entries(routes));
  const globs = [...exact].filter(([pattern]) => pattern.includes('*'));
  // Sorting keeps equals in order.
  const parted = globs
    .sort(([a], [b]) => b.length - a.length)
    .map(([pattern, queue]) => ({ parts: pattern.split('*'), queue }));
  return (task) => exact.get(task) ?? parted.find(({ parts }) => fits(task, parts))?.queue;
}

/** Whether `name` is these parts, in order, with anything between them. */
function fits(name: string, parts: readonly string[]): boolean {
  const [first, last] = [parts[0]!, parts.at(-1)!];
  const end = name.length - last.length;
  let at = first.length;
  if (at > end || !name.startsWith(first) || !name.endsWith(last)) return false;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}

function isQueue(queue: unknown): queue is string {
  return typeof queue === 'string' && isQueueName(queue);
}

function notAQueue(queue: unknown): string {
  const shown =
    typeof queue === 'string' ? `'${queue.slice(0, 64)}'` : `a value of type ${queue === null ? 'null' : typeof queue}`;
  return `${shown} is no queue name: use at most 64 letters, digits, '_', '.' and '-'`;
}

function refuse(where: string, says: string): never {
  throw new ConfigInvalid(where, `${where}: ${says}.`);
}
