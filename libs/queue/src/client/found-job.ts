import type { JobView } from '../job/view.js';
import type { JobHandle } from '../task/enqueuer.js';
import type { Desk } from './desk.js';
import { Handle } from './handle.js';

/**
 * A job that was looked up: every field of its view, and everything a handle does. The value it ended with is
 * `view.result`, as `result()` is what waits (docs/decisions/0002).
 */
export type FoundJob<R = unknown> = JobHandle<R> &
  Omit<JobView<R>, 'result'> & {
    readonly view: JobView<R>;
    /** Why it does not run yet, in one sentence; `undefined` when it runs or has ended. */
    whyWaiting(): Promise<string | undefined>;
  };

export function foundJob<R>(desk: Desk, view: JobView<R>): FoundJob<R> {
  const { id, state, result: _result, ...fields } = view;
  const handle = new Handle<R>(desk, id, false, state);
  return Object.assign(handle, fields, { view, whyWaiting: () => desk.whyWaiting(view) });
}
