import type { TaskDefinition } from './definition.js';

declare const types: unique symbol;

/**
 * A task as a value: `OrderTasks.process`. `P` is the payload its handler gets, `R` its result, `I` what a caller
 * passes; all three are types only.
 */
export class TaskRef<P = unknown, R = unknown, I = P> {
  declare readonly [types]: { payload: P; result: R; input: I };

  constructor(readonly definition: TaskDefinition) {}

  /** The wire name. */
  get taskName(): string {
    return this.definition.name;
  }
}

/** The payload a handler of the task gets. */
export type PayloadOf<T> = T extends TaskRef<infer P, unknown, unknown> ? P : never;

export type ResultOf<T> = T extends TaskRef<unknown, infer R, unknown> ? R : never;

/** What a caller of the task passes. */
export type InputOf<T> = T extends TaskRef<unknown, unknown, infer I> ? I : never;
