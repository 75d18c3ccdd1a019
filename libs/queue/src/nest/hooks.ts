import type { TaskContext } from '../task/context.js';
import type { WorkerHooks, WorkerOptions } from '../worker/options.js';
import type { Explorer } from './explorer.js';

/*
 * Lifecycle of a worker and its jobs, in Nest's own manner: a provider that has the method is called. Request-scoped
 * providers are not, as there is no job yet, or no longer, whose request they could be.
 */

export interface OnWorkerStart {
  /** Before the first claim. A throw stops the boot. */
  onWorkerStart(): unknown;
}

export interface OnWorkerStop {
  /** After the last job, in reverse order of start; also after half a start. */
  onWorkerStop(): unknown;
}

export interface OnJobStart {
  /** Before the handler. A throw is logged and breaks nothing. */
  onJobStart(context: TaskContext): unknown;
}

export interface OnJobEnd {
  /** After the handler, before its ending is settled. A throw is logged and breaks nothing. */
  onJobEnd(context: TaskContext, ending: { result: unknown } | { error: unknown }): unknown;
}

const names = ['onWorkerStart', 'onWorkerStop', 'onJobStart', 'onJobEnd'] as const;

/** Those of the module's options first, then providers in the order they were found. */
export function hooksOf(explorer: Explorer, own: WorkerOptions['hooks']): WorkerHooks[] {
  const providers = new Set(names.flatMap((name) => explorer.having(name) as WorkerHooks[]));
  return [own ?? [], [...providers]].flat();
}
