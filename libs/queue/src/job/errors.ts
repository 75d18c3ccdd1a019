import { formatBytes } from './bytes.js';

/**
 * What a user meets when something is wrong: a class per situation, a stable `code`, the facts as fields, and a message
 * that says what to do next. `docs/errors.md` is generated from this file's catalogue.
 */
export abstract class MillraceError extends Error {
  abstract readonly code: ErrorCode;

  protected constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }

  /** Recognises an error of this library across two copies of the package. */
  static is(error: unknown, code?: ErrorCode): error is MillraceError {
    const found = (error as { code?: unknown } | null | undefined)?.code;
    return error instanceof Error && typeof found === 'string' && found in errorCatalogue && (!code || found === code);
  }
}

/** Every code, with what it means and what to do. */
export const errorCatalogue = {
  PAYLOAD_INVALID: [
    'The payload does not fit the contract of its task.',
    'Correct the named fields. Nothing was stored.',
  ],
  PAYLOAD_TOO_LARGE: ['The encoded payload is above the limit.', 'Store the data elsewhere and enqueue its key.'],
  RESULT_INVALID: [
    'The handler succeeded, but its result cannot be stored.',
    'Return plain data below the limit. The job is not run again.',
  ],
  UNKNOWN_TASK: ['No contract or worker knows this task.', 'Check the name, or deploy a worker that handles it.'],
  QUEUE_FULL: [
    'The queue holds as many waiting jobs as it may.',
    'Try again after `retryAfter` milliseconds, which is reckoned from how many jobs end; add workers, or raise `maxReady`. Nothing was stored.',
  ],
  BACKGROUND_FULL: [
    'As many functions wait or run after responses as this process may hold.',
    'Make it a job with `background.enqueue()`, or raise `background.max`. The function was not added.',
  ],
  STORE_UNAVAILABLE: [
    'The store does not answer.',
    'Check that it runs at the named URL and can be reached. Enqueueing again with the same `jobId` is safe.',
  ],
  STORE_OUT_OF_MEMORY: [
    'Redis has no memory left for new jobs.',
    'Let the workers drain, or raise `maxmemory`. Nothing was stored.',
  ],
  KEY_TYPE_CONFLICT: [
    'A key of the store holds something that is not ours.',
    'Use another `namespace`, or remove the foreign key.',
  ],
  DURABILITY_NOT_REACHED: [
    'Fewer copies than asked confirmed the write in time.',
    'The job is enqueued; enqueueing it again with the same id is safe.',
  ],
  DUPLICATE_JOB: [
    'A unique key is taken and the call asked for an error.',
    'Use the job named in `existing`, or wait until the key is free.',
  ],
  OPTION_FAILED: [
    'A function among the options of a task threw, as that of its group, its unique key or its merge.',
    'See `cause`. Nothing of that job was stored or changed.',
  ],
  MERGE_CONFLICT: [
    'Others changed the queued payload as often as it was to be merged into.',
    'Enqueue again. Nothing of that job was stored or changed.',
  ],
  RESULT_TIMEOUT: ['The job was not settled within the time given.', 'It goes on. Ask again, or raise the timeout.'],
  JOB_NOT_FOUND: ['The store has no such job, or no longer.', 'Check the id, and how long results are kept.'],
  JOB_FAILED: [
    'The job ended as failed.',
    'See `cause` for the error of its last attempt; `job.retry()` runs it again.',
  ],
  JOB_TIMEOUT: [
    'An attempt ran longer than its timeout and grace.',
    'Heed `ctx.signal`, or raise the timeout of the task.',
  ],
  THREAD_OUT_OF_MEMORY: [
    'A task took more memory than its worker thread may.',
    'Let it work on less at a time, or raise `memory` of its `thread`. The worker goes on.',
  ],
  JOB_CANCELLED: ['The job was cancelled.', 'See `reason`. `job.retry()` runs it after all.'],
  JOB_EXPIRED: ['The job was not started before it expired.', 'Give it more time, or add workers.'],
  WORKER_LOST: [
    'The worker disappeared while it ran the job, as often as a job may survive.',
    'Look for what kills the process: exit, memory, native crash. `job.retry()` runs it again.',
  ],
  LEASE_LOST: [
    'The worker could not renew its lease in time; others may run the job now.',
    'Stop. Check that the event loop is not blocked and the store can be reached.',
  ],
  SCHEDULE_INVALID: ['A schedule cannot be understood or never fires.', 'Correct the named field.'],
  SCHEDULE_EXISTS: [
    'There is a schedule of this id, and the call asked for an error.',
    'Choose another id, remove that schedule, or put with `ifExists: replace`.',
  ],
  WORKFLOW_INVALID: ['A workflow cannot be built.', 'Correct the named step.'],
  CONFIG_INVALID: [
    'An option is unknown, missing or out of range.',
    'Correct the named option; the message suggests the nearest known one.',
  ],
} as const satisfies Record<string, readonly [meaning: string, remedy: string]>;

export type ErrorCode = keyof typeof errorCatalogue;

/** One thing wrong with a payload or result. `path` is dotted: `items.0.sku`. */
export interface Issue {
  path: string;
  message: string;
}

const listed = (issues: Issue[]) =>
  issues
    .slice(0, 5)
    .map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message))
    .join('; ') + (issues.length > 5 ? `; and ${issues.length - 5} more` : '');

const ofItem = (item: number | undefined) => (item === undefined ? '' : `Item ${item}: `);

const othersStored = (stored: readonly string[]) =>
  stored.length > 0 ? ` ${stored.length} other jobs of this call were stored.` : '';

export class PayloadInvalid extends MillraceError {
  readonly code = 'PAYLOAD_INVALID';
  constructor(
    readonly task: string,
    readonly issues: Issue[],
  ) {
    super(`The payload of ${task} is invalid: ${listed(issues)}. Nothing was stored.`);
  }
}

export class PayloadTooLarge extends MillraceError {
  readonly code = 'PAYLOAD_TOO_LARGE';
  constructor(
    readonly task: string,
    readonly bytes: number,
    readonly limit: number,
    /** Of a call with many: which, from 0. */
    readonly item?: number,
  ) {
    super(
      `${ofItem(item)}The payload of ${task} takes ${bytes} bytes, more than ${limit}. Store the data elsewhere and enqueue its key.`,
    );
  }
}

export class ResultInvalid extends MillraceError {
  readonly code = 'RESULT_INVALID';
  constructor(
    readonly task: string,
    readonly issues: Issue[],
  ) {
    super(`The result of ${task} cannot be stored: ${listed(issues)}. The work was done and is not repeated.`);
  }
}

export class UnknownTask extends MillraceError {
  readonly code = 'UNKNOWN_TASK';
  constructor(
    readonly task: string,
    readonly suggestion?: string,
  ) {
    super(
      `No task is named '${task}'.${suggestion ? ` Did you mean '${suggestion}'?` : ''} Check the name, or deploy a worker that handles it.`,
    );
  }
}

const paceOf = (perMinute: number) =>
  perMinute > 0
    ? `Some ${perMinute} of them end per minute.`
    : 'None of them has ended in the last minutes: see whether a worker serves the queue, and whether it is paused.';

export class QueueFull extends MillraceError {
  readonly code = 'QUEUE_FULL';
  constructor(
    readonly queue: string,
    readonly maxReady: number,
    /** Milliseconds until there may be room for the jobs of this call, by how many have ended of late. */
    readonly retryAfter = 1000,
    /** Jobs of the queue that ended per minute of late, where that is known. */
    readonly perMinute?: number,
  ) {
    const pace = perMinute === undefined ? '' : ` ${paceOf(perMinute)}`;
    super(
      `Queue ${queue} holds ${maxReady} waiting jobs, as many as it may.${pace} Try again in ${retryAfter} ms, add workers, or raise maxReady.`,
    );
  }
}

export class BackgroundFull extends MillraceError {
  readonly code = 'BACKGROUND_FULL';
  constructor(readonly max: number) {
    super(
      `${max} functions of this process wait or run after responses, as many as may. Make it a job with background.enqueue(), or raise background.max.`,
    );
  }
}

export class StoreUnavailable extends MillraceError {
  readonly code = 'STORE_UNAVAILABLE';
  constructor(
    /** Password hidden. */
    readonly url: string,
    options?: { cause?: unknown },
  ) {
    const why = options?.cause instanceof Error ? ` (${options.cause.message})` : '';
    super(`The store at ${url} does not answer${why}. Check that it runs and can be reached from here.`, options);
  }
}

export class StoreOutOfMemory extends MillraceError {
  readonly code = 'STORE_OUT_OF_MEMORY';
  constructor(readonly url: string) {
    super(
      `The store at ${url} has no memory left for new jobs. Nothing was stored; workers go on draining. Raise maxmemory or add workers.`,
    );
  }
}

export class KeyTypeConflict extends MillraceError {
  readonly code = 'KEY_TYPE_CONFLICT';
  constructor(
    readonly key: string,
    readonly found: string,
  ) {
    super(`The key ${key} holds a ${found} that is not ours. Use another namespace, or remove that key.`);
  }
}

export class DurabilityNotReached extends MillraceError {
  readonly code = 'DURABILITY_NOT_REACHED';
  constructor(
    readonly asked: number,
    readonly reached: number,
  ) {
    super(
      `${reached} of ${asked} copies confirmed the write in time. The job is enqueued; enqueueing it again with the same id is safe.`,
    );
  }
}

export class DuplicateJob extends MillraceError {
  readonly code = 'DUPLICATE_JOB';
  constructor(
    readonly task: string,
    readonly existing: string,
    /** Of a call with many: which, from 0. */
    readonly item?: number,
    /** Ids of the other jobs that the same call has stored. */
    readonly stored: readonly string[] = [],
  ) {
    super(
      `${ofItem(item)}A job of ${task} with this unique key exists: ${existing}. Use it, or wait until the key is free.${othersStored(stored)}`,
    );
  }
}

export class OptionFailed extends MillraceError {
  readonly code = 'OPTION_FAILED';
  constructor(
    readonly task: string,
    /** `group.key`, `unique.merge` … */
    readonly option: string,
    cause: unknown,
    /** Of a call with many: which, from 0. */
    readonly item?: number,
    /** Ids of the other jobs that the same call has stored. */
    readonly stored: readonly string[] = [],
  ) {
    const says = cause instanceof Error ? cause.message : String(cause);
    super(
      `${ofItem(item)}The option ${option} of ${task} threw: ${says.slice(0, 256)}. Nothing of this job was stored.${othersStored(stored)}`,
      { cause },
    );
  }
}

export class MergeConflict extends MillraceError {
  readonly code = 'MERGE_CONFLICT';
  constructor(
    readonly task: string,
    readonly existing: string,
    /** Times it was merged in vain. */
    readonly times: number,
    /** Of a call with many: which, from 0. */
    readonly item?: number,
    /** Ids of the other jobs that the same call has stored. */
    readonly stored: readonly string[] = [],
  ) {
    super(
      `${ofItem(item)}A payload of ${task} was merged ${times} times into job ${existing}, and each time others had changed that before. Enqueue it again.${othersStored(stored)}`,
    );
  }
}

export class ResultTimeout extends MillraceError {
  readonly code = 'RESULT_TIMEOUT';
  constructor(
    readonly jobId: string,
    /** Milliseconds. */
    readonly waited: number,
    readonly state: string,
  ) {
    super(`Job ${jobId} is still ${state} after ${waited} ms. It goes on; ask again, or raise the timeout.`);
  }
}

export class JobNotFound extends MillraceError {
  readonly code = 'JOB_NOT_FOUND';
  constructor(readonly jobId: string) {
    super(`There is no job ${jobId}, or no longer. Check the id, and how long results are kept.`);
  }
}

/** An error as it is stored with a job: name, message, code, stack and causes, cut at 16 KiB. */
export interface StoredError {
  name: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: StoredError;
}

export class JobFailed extends MillraceError {
  readonly code = 'JOB_FAILED';
  constructor(
    readonly jobId: string,
    readonly task: string,
    readonly error: StoredError,
    readonly reason: string,
  ) {
    super(`Job ${jobId} of ${task} failed: ${error.name}: ${error.message}`, { cause: error });
  }
}

export class JobTimeout extends MillraceError {
  readonly code = 'JOB_TIMEOUT';
  constructor(
    readonly jobId: string,
    /** Milliseconds. */
    readonly timeout: number,
  ) {
    super(`Job ${jobId} ran longer than ${timeout} ms. Heed ctx.signal, or raise the timeout of the task.`);
  }
}

export class ThreadOutOfMemory extends MillraceError {
  readonly code = 'THREAD_OUT_OF_MEMORY';
  constructor(
    readonly task: string,
    /** Bytes; `undefined` where V8 has set the limit. */
    readonly limit: number | undefined,
  ) {
    const allowed = limit === undefined ? 'V8 allows it' : `${formatBytes(limit)}, the \`memory\` it may take,`;
    super(
      `The worker thread of ${task} needed more memory than ${allowed} and was ended. Let it work on less at a time, or raise the \`memory\` of its \`thread\`.`,
    );
  }
}

export class JobCancelled extends MillraceError {
  readonly code = 'JOB_CANCELLED';
  constructor(
    readonly jobId: string,
    readonly reason = 'request',
  ) {
    super(`Job ${jobId} was cancelled (${reason}).`);
  }
}

export class JobExpired extends MillraceError {
  readonly code = 'JOB_EXPIRED';
  constructor(readonly jobId: string) {
    super(`Job ${jobId} was not started before it expired. Give it more time, or add workers.`);
  }
}

export class WorkerLost extends MillraceError {
  readonly code = 'WORKER_LOST';
  constructor(
    readonly jobId: string,
    readonly crashes: number,
  ) {
    super(
      `Job ${jobId} lost its worker ${crashes} times. Look for what kills the process: exit, memory, native crash.`,
    );
  }
}

export class LeaseLost extends MillraceError {
  readonly code = 'LEASE_LOST';
  constructor(readonly worker: string) {
    super(`Worker ${worker} could not renew its lease in time; others may run its jobs now.`);
  }
}

export class ScheduleInvalid extends MillraceError {
  readonly code = 'SCHEDULE_INVALID';
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

export class ScheduleExists extends MillraceError {
  readonly code = 'SCHEDULE_EXISTS';
  constructor(readonly id: string) {
    super(`There is a schedule '${id}' already. Choose another id, remove it first, or replace it.`);
  }
}

export class WorkflowInvalid extends MillraceError {
  readonly code = 'WORKFLOW_INVALID';
  constructor(
    readonly step: string,
    message: string,
  ) {
    super(message);
  }
}

export class ConfigInvalid extends MillraceError {
  readonly code = 'CONFIG_INVALID';
  constructor(
    /** Dotted: `queues.orders.concurrency`. */
    readonly option: string,
    message: string,
  ) {
    super(message);
  }
}
