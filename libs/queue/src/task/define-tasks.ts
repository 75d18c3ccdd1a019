import { ConfigInvalid } from '../job/errors.js';
import { isTaskName } from '../job/id.js';
import { checkTaskOptions } from './check-task-options.js';
import type { TaskDefinition, TaskOptions } from './definition.js';
import type { EnqueueArgs, EnqueueItem, EnqueueOptions, RunOptions, TaskClient, TaskEnqueuer } from './enqueuer.js';
import { schemaOf } from './schema.js';
import { TaskRef } from './task-ref.js';
import type { AnyTaskSpec, TaskSpec } from './task.js';

type Specs = Record<string, AnyTaskSpec>;

type RefOf<S> = S extends TaskSpec<infer P, infer R, infer I> ? TaskRef<P, R, I> : never;

type ClientOf<S> = S extends TaskSpec<infer P, infer R, infer I> ? TaskClient<P, R, I> : never;

/** A class whose statics are task references and whose instances are bound clients. */
export type TaskGroup<S extends Specs> = { readonly [K in keyof S]: RefOf<S[K]> } & (new (enqueuer: TaskEnqueuer) => {
  readonly [K in keyof S]: ClientOf<S[K]>;
});

/** Any class made by `defineTasks`, or one that extends it. */
export type TaskGroupClass<T = unknown> = new (enqueuer: TaskEnqueuer) => T;

const group = Symbol.for('millrace.tasks');
const reserved = new Set(['name', 'length', 'prototype', 'constructor', 'arguments', 'caller', 'then', '__proto__']);

/**
 * Declares what can be run, without the code that runs it:
 * `class OrderTasks extends defineTasks('orders', { process: task({ … }) }) {}`. Wire names are `orders.process`.
 */
export function defineTasks<S extends Specs>(namespace: string, specs: S): TaskGroup<S> {
  const refs = new Map(Object.entries(specs).map(([key, spec]) => [key, refOf(namespace, key, spec)] as const));
  class Group {
    static readonly [group] = { namespace, refs: [...refs.values()] };
    constructor(enqueuer: TaskEnqueuer | undefined) {
      const bound = enqueuer ?? unbound(new.target.name);
      for (const [key, ref] of refs)
        Object.defineProperty(this, key, { value: new Client(bound, ref), enumerable: true });
    }
  }
  for (const [key, ref] of refs) Object.defineProperty(Group, key, { value: ref, enumerable: true });
  return Group as unknown as TaskGroup<S>;
}

/** The namespace and references of a class made by `defineTasks`. Throws `ConfigInvalid` for any other value. */
export function taskGroupOf(cls: unknown): { namespace: string; refs: readonly TaskRef[] } {
  const found =
    typeof cls === 'function' ? (cls as { [group]?: { namespace: string; refs: TaskRef[] } })[group] : undefined;
  if (found) return found;
  const shown = typeof cls === 'function' ? cls.name : String(cls);
  throw new ConfigInvalid(
    'tasks',
    `${shown} is not made by defineTasks(): class X extends defineTasks('x', { … }) {}.`,
  );
}

/** An instance whose clients enqueue through `enqueuer`. */
export function bindTasks<T>(cls: TaskGroupClass<T>, enqueuer: TaskEnqueuer): T {
  taskGroupOf(cls);
  return new cls(enqueuer);
}

function refOf(namespace: string, key: string, spec: AnyTaskSpec): TaskRef {
  const name = `${namespace}.${key}`;
  if (key === '' || reserved.has(key))
    throw new ConfigInvalid(name, `A task may not be named '${key}'. Choose another name.`);
  return new TaskRef(defineTask(name, spec));
}

/** A definition, with its options checked. */
export function defineTask(name: string, spec: AnyTaskSpec): TaskDefinition {
  if (!isTaskName(name)) {
    throw new ConfigInvalid(name, `'${name}' is no task name: use at most 128 letters, digits, '_', '.' and '-'.`);
  }
  const options = spec.options as TaskOptions;
  checkTaskOptions(name, options);
  return {
    name,
    options,
    payload: spec.payload === undefined ? undefined : schemaOf(spec.payload, `${name}.payload`),
    returns: spec.returns === undefined ? undefined : schemaOf(spec.returns, `${name}.returns`),
  };
}

class Client implements TaskClient {
  constructor(
    private readonly enqueuer: TaskEnqueuer,
    readonly ref: TaskRef,
  ) {}

  enqueue(...args: EnqueueArgs<unknown, EnqueueOptions<unknown>>) {
    return this.enqueuer.enqueue(this.ref, ...args);
  }

  enqueueMany(items: readonly EnqueueItem<unknown, unknown>[]) {
    return this.enqueuer.enqueueMany(this.ref, items);
  }

  run(...args: EnqueueArgs<unknown, RunOptions<unknown>>) {
    return this.enqueuer.run(this.ref, ...args);
  }
}

/** Stands in for the queue when somebody made the class by hand: says so at the first call. */
function unbound(name: string): TaskEnqueuer {
  const refuse = (): never => {
    throw new ConfigInvalid(
      'tasks',
      `${name} has no queue. Import QueueModule.forFeature([${name}]) instead of providing it.`,
    );
  };
  return { enqueue: refuse, enqueueMany: refuse, run: refuse };
}
