import { ConfigInvalid } from '../job/errors.js';
import { nearestName } from '../job/options.js';
import type { DeclaredSchedule } from '../schedule/declared.js';
import type { FoundTask } from './explorer.js';
import type { WorkerModuleOptions } from './worker-options.js';

/** The handlers this worker is to run, `tasks: { only, except }` applied. A name that fits nothing is a typing slip. */
export function narrowed(
  found: readonly FoundTask[],
  { only, except }: NonNullable<WorkerModuleOptions['tasks']> = {},
) {
  const names = found.map(nameOf);
  for (const pattern of [...(only ?? []), ...(except ?? [])]) {
    if (names.some((name) => fits(name, pattern))) continue;
    const nearest = nearestName(pattern, names);
    throw new ConfigInvalid(
      'tasks',
      `No handler here runs '${pattern}'.${nearest ? ` Did you mean '${nearest}'?` : ''}`,
    );
  }
  return found.filter((task) => {
    const name = nameOf(task);
    return (!only || only.some((pattern) => fits(name, pattern))) && !except?.some((pattern) => fits(name, pattern));
  });
}

/** Throws `ConfigInvalid` for what would fail silently later: nothing to run, one name twice, a handler nobody calls. */
export function diagnose(found: readonly FoundTask[], misplaced: readonly string[], mayBeEmpty: boolean): void {
  if (misplaced.length > 0) {
    throw new ConfigInvalid(
      'Task',
      `@Task() in ${misplaced.join(', ')} is never called, nor would @Cron() or @Every() be: a controller is no provider. Move the method to an @Injectable() class listed in providers.`,
    );
  }
  const owners = new Map<string, FoundTask>();
  for (const task of found) {
    for (const name of [nameOf(task), ...(task.metadata.definition.options.aliases ?? [])]) {
      const other = owners.get(name);
      if (other) throw twice(name, other, task);
      owners.set(name, task);
    }
  }
  if (found.length === 0 && !mayBeEmpty) {
    throw new ConfigInvalid(
      'tasks',
      'This worker has nothing to run: no provider of its modules has a method with @Task(). Import the modules that provide the handlers.',
    );
  }
}

/** Sentences about handlers whose jobs this worker will not take, as its queues leave them out. */
export function unserved(
  found: readonly FoundTask[],
  queueOf: (task: FoundTask) => string,
  served: readonly string[],
): string[] {
  const left = found.filter((task) => !served.includes(queueOf(task)));
  return left.map((task) => {
    const queue = queueOf(task);
    return `${nameOf(task)} is handled here, but this worker does not serve its queue '${queue}'`;
  });
}

/** Sentences about declared schedules of an instance that no worker here works for. */
export function unfired(declared: readonly DeclaredSchedule[], instances: readonly (string | undefined)[]): string[] {
  const left = declared.filter(({ options }) => !instances.includes(options.instance));
  return left.map(({ id, where, options }) => {
    const of = options.instance === undefined ? 'the unnamed QueueModule' : `the QueueModule '${options.instance}'`;
    return `The schedule '${id}' of ${where} is not fired from here: it belongs to ${of}, which has no WorkerModule here. Name another one with 'instance'.`;
  });
}

function twice(name: string, first: FoundTask, second: FoundTask): ConfigInvalid {
  const [a, b] = [first, second].map((task) => `${task.name}.${task.metadata.method}`);
  const where = a === b ? `${a}, provided by two modules` : `${a} and ${b}`;
  return new ConfigInvalid('tasks', `Two handlers run '${name}': ${where}. Keep one, or rename a task.`);
}

function nameOf(task: FoundTask): string {
  return task.metadata.definition.name;
}

function fits(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
