import type { TaskContext } from './context.js';

/** A class that handles a task in a worker thread, `run` being its method. */
export interface ThreadHandler<P = unknown, R = unknown> {
  run(payload: P, context: TaskContext): R | Promise<R>;
}

/** Marks what `threadTask()` answers, also across two copies of the package. */
export const opensInThread = Symbol.for('millrace:thread-task');

/** The default export of a module that must be opened in each thread before it can run jobs. */
export interface ThreadTask {
  readonly [opensInThread]: (say: Say) => Promise<OpenThreadTask>;
}

/** Carries a line of the thread's log to the worker. */
export type Say = (level: 'debug' | 'log' | 'warn' | 'error', line: string) => void;

export interface OpenThreadTask extends ThreadHandler {
  close(): Promise<void>;
}

export function isThreadTask(value: unknown): value is ThreadTask {
  return typeof value === 'object' && value !== null && opensInThread in value;
}
