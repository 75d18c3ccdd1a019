import 'reflect-metadata';
import { ConfigInvalid } from '../job/errors.js';
import { ClassSchema } from './class-schema.js';
import { checkTaskOptions } from './check-task-options.js';
import type { TaskContext } from './context.js';
import { defineTask } from './define-tasks.js';
import type { TaskDefinition, TaskOptions, ThreadOptions } from './definition.js';
import type { Dto } from './schema.js';
import type { TaskRef } from './task-ref.js';

/** What `@Task()` leaves on a method: the explorer reads it. */
export interface TaskMetadata {
  readonly method: string;
  /** The contract, its options with those of the decorator on top; without a contract, made from class and method. */
  readonly definition: TaskDefinition;
  /** Whether it came from `defineTasks`. */
  readonly contract: boolean;
  /** The method takes many jobs at once: how many at most, and how many milliseconds the first one waits for others. */
  readonly batch?: { readonly max: number; readonly wait: number };
}

/** A method that fits the contract: its first parameter takes the payload, what it returns is the result. */
type Handling<P, R> = <F extends (payload: P, context: TaskContext) => R | Promise<R>>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

const metadataKey = 'millrace:task';
const methodsKey = 'millrace:tasks';

/** Runs a task in a worker thread: decorates a property, as the code stands in the module that `thread` names. */
export function Task<P, R, I>(
  ref: TaskRef<P, R, I>,
  options: TaskOptions<P> & { thread: URL | ThreadOptions },
): PropertyDecorator;
/** Handles the task of a contract. A wrong payload or return type does not compile. */
export function Task<P, R, I>(ref: TaskRef<P, R, I>, options?: TaskOptions<P>): Handling<P, R>;
/** Declares and handles a task named `Class.method`; its payload class is found by reflection. */
export function Task(options?: TaskOptions): Handling<never, unknown>;
export function Task(
  first?: TaskRef | TaskOptions,
  more?: TaskOptions,
): (target: object, method: string | symbol) => void {
  return (target, method) => {
    if (typeof method === 'symbol') throw new ConfigInvalid('Task', 'A method named by a symbol cannot handle a task.');
    const where = `${target.constructor.name}.${method}`;
    const metadata: TaskMetadata = isRef(first)
      ? { method, contract: true, definition: withOptions(first.definition, more, where) }
      : { method, contract: false, definition: reflected(target, method, where, first ?? {}) };
    declareTask(target, method, metadata);
    restoreType(target, method, metadata.definition);
  };
}

/** Leaves `metadata` on a method, where `taskMetadataOf` finds it. Throws `ConfigInvalid` for a second task on one method; a subclass may declare a method anew. */
export function declareTask(target: object, method: string, metadata: TaskMetadata): void {
  const before = Reflect.getOwnMetadata(metadataKey, target, method) as TaskMetadata | undefined;
  if (before) {
    const [first, second] = [before.definition.name, metadata.definition.name];
    throw new ConfigInvalid(
      'Task',
      `${target.constructor.name}.${method} handles '${first}' and '${second}'. A method handles one task: give each a method, and let these call a third.`,
    );
  }
  Reflect.defineMetadata(metadataKey, metadata, target, method);
  Reflect.defineMetadata(methodsKey, [...new Set([...taskMethodsOf(target), method])], target);
}

/** What `@Task()` left on this method of a prototype or its parents. */
export function taskMetadataOf(prototype: object, method: string): TaskMetadata | undefined {
  return Reflect.getMetadata(metadataKey, prototype, method) as TaskMetadata | undefined;
}

/** Names of all methods of a prototype, its parents included, that carry `@Task()`. */
export function taskMethodsOf(prototype: object): readonly string[] {
  return (Reflect.getMetadata(methodsKey, prototype) as string[] | undefined) ?? [];
}

function isRef(value: TaskRef | TaskOptions | undefined): value is TaskRef {
  return value !== undefined && 'definition' in value;
}

/** The contract with the options of a decorator on top. Throws `ConfigInvalid` for one that is unknown or out of range. */
export function withOptions(definition: TaskDefinition, more: TaskOptions | undefined, where: string): TaskDefinition {
  if (!more) return definition;
  checkTaskOptions(where, more);
  return { ...definition, options: { ...definition.options, ...more } };
}

function reflected(target: object, method: string, where: string, options: TaskOptions): TaskDefinition {
  const [type] = parameterTypes(target, method);
  const definition = defineTask(where, { options: options });
  return isDto(type) ? { ...definition, payload: new ClassSchema(type, 'by reflection') } : definition;
}

/** With `import type` reflection sees `Object`; the contract knows the class, and pipes need it. */
function restoreType(target: object, method: string, { payload }: TaskDefinition): void {
  if (!payload?.type) return;
  const [first, ...rest] = parameterTypes(target, method);
  if (first !== undefined && first !== Object) return;
  Reflect.defineMetadata('design:paramtypes', [payload.type, ...rest], target, method);
}

function parameterTypes(target: object, method: string): unknown[] {
  return (Reflect.getMetadata('design:paramtypes', target, method) as unknown[] | undefined) ?? [];
}

const builtIn: ReadonlySet<unknown> = new Set([
  ...[
    Object,
    String,
    Number,
    Boolean,
    BigInt,
    Symbol,
    Function,
    Promise,
    Array,
    Date,
    Map,
    Set,
    Uint8Array,
    Buffer,
    URL,
  ],
]);

function isDto(type: unknown): type is Dto<unknown> {
  return typeof type === 'function' && !builtIn.has(type);
}
