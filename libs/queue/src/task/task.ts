import type { TaskOptions } from './definition.js';
import type { Fields, SchemaSource } from './schema.js';

declare const types: unique symbol;

/** What `defineTasks` makes a task of. `task()` makes these. */
export interface AnyTaskSpec {
  /** `TaskOptions` of its payload. */
  readonly options: object;
  readonly payload?: unknown;
  readonly returns?: unknown;
}

export interface TaskSpec<P, R, I> extends AnyTaskSpec {
  readonly [types]?: { payload: P; result: R; input: I };
}

/** A result type without a run-time check. */
export interface Returns<R> {
  readonly [types]?: R;
}

export interface TaskInput<P, R, I> extends TaskOptions<P> {
  /**
   * A class-validator DTO class, or any Standard Schema. Without it the task takes no payload. What it makes is stored
   * and checked again before it runs, so it must accept what it made (docs/decisions/0003).
   */
  payload?: SchemaSource<P, I>;
  /** `returns<Receipt>()` for the type alone; a DTO class or Standard Schema also shapes the result. */
  returns?: Returns<R> | SchemaSource<R, unknown>;
}

/** Declares a task for `defineTasks`: payload, result and defaults of its jobs. */
export function task<P = void, R = unknown, I = Fields<P>>(input: TaskInput<P, R, I> = {}): TaskSpec<P, R, I> {
  const { payload, returns, ...options } = input;
  return { options: options, payload, returns: returns === typeOnly ? undefined : returns };
}

const typeOnly: Returns<never> = Object.freeze({});

/** The result type of a task, without a run-time check. */
export function returns<R>(): Returns<R> {
  return typeOnly;
}
