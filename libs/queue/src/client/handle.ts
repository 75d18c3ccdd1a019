import { ConfigInvalid, JobCancelled, JobExpired, JobFailed, type StoredError } from '../job/errors.js';
import type { JobState } from '../job/state.js';
import type { JobView } from '../job/view.js';
import type { JobRecord } from '../store/store.js';
import { TaskContext } from '../task/context.js';
import type { ControlResult, JobHandle, ResultOptions } from '../task/enqueuer.js';
import { milliseconds } from '../time/duration.js';
import type { Desk } from './desk.js';

/** A job by its id. Holds nothing open, so it may be dropped at any time. */
export class Handle<R = unknown> implements JobHandle<R> {
  constructor(
    protected readonly desk: Desk,
    readonly id: string,
    readonly created: boolean,
    readonly state: JobState,
  ) {}

  async result({ timeout = '30s', signal, insideTask = false }: ResultOptions = {}): Promise<R> {
    refuseInside(insideTask, 'result()');
    const record = await this.desk.waiters.settled(this.id, milliseconds(timeout), signal);
    return resultOf(record, this.desk) as R;
  }

  follow(): AsyncIterableIterator<JobView<R>> {
    return this.desk.follow<R>(this.id);
  }

  async cancel(options?: { reason?: string; force?: boolean }): Promise<ControlResult> {
    return this.desk.control('cancel', [this.id], options).then(([answer]) => answer!);
  }

  async retry(): Promise<ControlResult> {
    return this.desk.control('retry', [this.id]).then(([answer]) => answer!);
  }

  async remove(): Promise<ControlResult> {
    return this.desk.control('remove', [this.id]).then(([answer]) => answer!);
  }

  async children(): Promise<JobView[]> {
    const children: JobView[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.desk.page({ parent: this.id, limit: 200 }, cursor);
      children.push(...page.jobs);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return children;
  }

  async refresh(): Promise<JobView<R> | undefined> {
    return this.desk.look<R>({ id: this.id });
  }
}

/** A worker that waits for a job may wait for itself. */
export function refuseInside(allowed: boolean, what: string): void {
  if (allowed || !TaskContext.current()) return;
  throw new ConfigInvalid(
    'insideTask',
    `${what} inside a task may wait for a place that this very task takes. Enqueue the next step instead, or pass { insideTask: true }.`,
  );
}

/** What the job ended with. Throws what stands for any end but completion. */
function resultOf(record: JobRecord, desk: Desk): unknown {
  const { id, task, state, reason } = record;
  if (state === 'completed') return record.result === undefined ? undefined : desk.decode(record.result);
  if (state === 'failed') throw new JobFailed(id, task, errorOf(record, desk), reason ?? 'exhausted');
  if (reason === 'expired') throw new JobExpired(id);
  throw new JobCancelled(id, reason);
}

function errorOf({ id, error, reason, crashes }: JobRecord, desk: Desk): StoredError {
  if (error !== undefined) return desk.errorOf(error);
  if (reason !== 'worker-lost') return { name: 'Error', message: reason ?? 'unknown' };
  return { name: 'WorkerLost', code: 'WORKER_LOST', message: `Job ${id} lost its worker ${crashes} times` };
}
