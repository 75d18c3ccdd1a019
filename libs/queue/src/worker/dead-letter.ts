import { gatePlanOf, gatesOf } from '../client/gates.js';
import { open, seal } from '../job/envelope.js';
import type { StoredError } from '../job/errors.js';
import { createJobId, parseJobId } from '../job/id.js';
import { type Priority, priorities } from '../job/state.js';
import { storeError } from '../job/stored-error.js';
import type { ClaimedJob, Gate, JobRecord, NewJob } from '../store/store.js';
import type { TaskOptions } from '../task/definition.js';
import type { Clock } from '../time/clock.js';
import type { Attempt } from './attempt.js';
import type { Texts } from './services.js';
import type { KnownTask, TaskTable } from './task-table.js';

/** Header of a job that tells of a failure: its own failure starts no further one. Holds the id of the failed job. */
export const deadLetterHeader = 'millrace-dead-letter';

/** For how long a second letter about one failure is recognised, should the first answer have been lost. */
const window = 600_000;

interface Failure {
  id: string;
  task: string;
  root?: string;
  error: StoredError;
  attempts: number;
}

/** Makes the job that a task wants written when one of its jobs fails: `{ jobId, task, error, attempts }`. */
export class DeadLetters {
  constructor(
    private readonly tasks: TaskTable,
    private readonly texts: Texts,
    private readonly clock: Clock,
  ) {}

  /** For the settlement of `attempt`, so that both are one write. */
  of(attempt: Attempt, error: unknown): NewJob[] | undefined {
    if (!attempt.task.options.deadLetter || attempt.envelope.headers?.[deadLetterHeader]) return undefined;
    const { id, task, root } = attempt.held.job;
    return [this.letter(attempt.task, { id, task, root, error: storeError(error), attempts: attempt.number })];
  }

  /** For a job that failed before its code was called: it cannot be read, or may not run again. */
  ofRefused(job: ClaimedJob, error: unknown): NewJob[] | undefined {
    const task = this.tasks.get(job.task);
    if (!task?.options.deadLetter || this.isLetter(job)) return undefined;
    const { id, root, attempts } = job;
    return [this.letter(task, { id, task: job.task, root, error: storeError(error), attempts: attempts + 1 })];
  }

  /** For a job that failed without an attempt of its own telling so: its worker was lost once too often. */
  ofRecord(record: JobRecord): NewJob | undefined {
    const task = this.tasks.get(record.task);
    if (!task?.options.deadLetter || this.isLetter(record)) return undefined;
    const error: StoredError = record.error
      ? (this.texts.read(record.error) as StoredError)
      : { name: 'WorkerLost', message: `The worker was lost ${record.crashes} times`, code: 'WORKER_LOST' };
    const letter = this.letter(task, { ...record, error, attempts: record.attempts });
    // No task is named like that, so no unique key of a user can be this one.
    return { ...letter, keys: [{ key: `~dead-letter:${record.id}`, until: window }] };
  }

  private letter(task: KnownTask, failure: Failure): NewJob {
    const { task: target } = task.options.deadLetter!;
    const name = typeof target === 'string' ? target : target.definition.name;
    const contract = typeof target === 'string' ? undefined : target.definition.options;
    const options = this.tasks.get(name)?.options ?? contract; // what holds here, overrides and all, if it is known here
    const { error, attempts } = failure;
    const payload = { jobId: failure.id, task: failure.task, error: { ...error }, attempts };
    const gates = gatesOfLetter(name, options, payload);
    return {
      id: createJobId(this.tasks.queueOf(name, contract), 0, this.clock.now()),
      task: name,
      body: seal(
        {
          payload,
          headers: { [deadLetterHeader]: failure.id },
        },
        this.texts.codec,
      ),
      priority: bandOf(options?.priority),
      ...(gates ? { gates } : {}),
      parent: failure.id,
      root: failure.root ?? failure.id,
    };
  }

  private isLetter(record: Pick<JobRecord, 'id' | 'body'>): boolean {
    if (!parseJobId(record.id)) return false;
    try {
      return open(record.body, this.texts.codec).headers?.[deadLetterHeader] !== undefined;
    } catch {
      return false; // unreadable: nothing says it is one
    }
  }
}

/** The limits of the task it goes to. It must be written: what a function of that task cannot bear is left out. */
function gatesOfLetter(task: string, options: TaskOptions = {}, payload: unknown): Gate[] | undefined {
  const plan = gatePlanOf(task, options);
  if (!plan) return undefined;
  try {
    return gatesOf(task, plan, {}, payload);
  } catch {
    return gatesOf(task, { task: plan.task }, {}, payload);
  }
}

function bandOf(priority: Priority = 'normal'): number {
  return priorities.indexOf(priority);
}
