import { limits } from '../../job/limits.js';
import type { AttemptRecord, ClaimedJob, Due, Gate, JobRecord, NewJob, UniqueKey } from '../store.js';
import type { Place } from './line.js';

/** A job as this store holds it: the record everybody may read, and what only the store needs. */
export interface Job extends Omit<JobRecord, 'parked'> {
  keys: UniqueKey[];
  crashLimit: number;
  checkpoint?: string;
  steps?: Record<string, string>;
  /** With `cancelling`: what to write as the reason. */
  cancelReason?: string;
  /** While it is not final: the jobs that wait for it. */
  dependents?: Set<string>;
  /** Whether any ending of those it waits for will do. */
  anyEnding: boolean;
  /** Innermost first. */
  gates: Gate[];
  /** How many of them it has passed, and keeps. */
  passed: number;
  /** While parked in front of the next one: sorts those of a gate. */
  ticket?: string;
  /** While ready, unless it is parked: its place in a band or among the suspects. */
  place?: Place<Job>;
  /** While final: when `prune` may forget it, epoch milliseconds. */
  keptUntil: number;
}

/** The job that `enqueue` adds; the caller decides whether it is ready, scheduled or blocked. */
export function newJob(job: NewJob, now: number): Job {
  return {
    id: job.id,
    task: job.task,
    state: 'ready',
    body: job.body,
    priority: job.priority,
    attempts: job.attempts ?? 0,
    crashes: 0,
    releases: 0,
    enqueuedAt: now,
    expiresAt: timeOf(job.expires, now),
    name: nameOf(job.keys),
    waitsFor: job.after?.length ? [...new Set(job.after)] : undefined,
    anyEnding: job.anyEnding ?? false,
    parent: job.parent,
    root: job.root,
    tags: job.tags && [...job.tags],
    history: [],
    log: [],
    keys: job.keys ? [...job.keys] : [],
    crashLimit: job.crashLimit ?? limits.crashes,
    gates: structuredClone(job.gates ?? []),
    passed: 0,
    keptUntil: Infinity,
  };
}

/** Absolute time of `due`, epoch milliseconds. */
export function timeOf(due: Due, now: number): number;
export function timeOf(due: Due | undefined, now: number): number | undefined;
export function timeOf(due: Due | undefined, now: number): number | undefined {
  if (!due) return undefined;
  return 'in' in due ? now + due.in : due.at;
}

/** Two lost workers of three: the next crash would be the last, so it runs alone. */
export function isSuspect(job: Job): boolean {
  return job.crashes > 0 && job.crashes >= job.crashLimit - 1;
}

/** Writes down how the attempt in hand ended. Call it before the job leaves `active`. */
export function recordAttempt(
  job: Job,
  outcome: AttemptRecord['outcome'],
  now: number,
  more: Pick<AttemptRecord, 'error' | 'heartbeatAt'> = {},
): void {
  const { worker, startedAt } = job;
  job.history.push({
    attempt: job.attempts + 1,
    worker: worker!,
    startedAt: startedAt!,
    finishedAt: now,
    outcome,
    ...more,
  });
  if (job.history.length > limits.history) job.history.shift();
}

/** What a worker gets. A copy: nothing handed out changes afterwards. */
export function claimed(job: Job): ClaimedJob {
  return {
    id: job.id,
    task: job.task,
    body: job.body,
    fence: job.fence!,
    attempts: job.attempts,
    crashes: job.crashes,
    releases: job.releases,
    priority: job.priority,
    enqueuedAt: job.enqueuedAt,
    dueAt: job.dueAt,
    expiresAt: job.expiresAt,
    parent: job.parent,
    root: job.root,
    tags: job.tags && [...job.tags],
    checkpoint: job.checkpoint,
    steps: job.steps && { ...job.steps },
  };
}

/** What everybody may read. A copy. `parked`: the gate that keeps it. */
export function recordOf(job: Job, parked: JobRecord['parked']): JobRecord {
  return {
    id: job.id,
    task: job.task,
    state: job.state,
    why: job.why,
    reason: job.reason,
    body: job.body,
    priority: job.priority,
    attempts: job.attempts,
    crashes: job.crashes,
    releases: job.releases,
    worker: job.worker,
    fence: job.fence,
    cancelling: job.cancelling,
    enqueuedAt: job.enqueuedAt,
    dueAt: job.dueAt,
    expiresAt: job.expiresAt,
    startedAt: job.startedAt,
    finishedAt: job.finishedAt,
    name: job.name,
    waitsFor: job.waitsFor && [...job.waitsFor],
    parked,
    parent: job.parent,
    root: job.root,
    tags: job.tags && [...job.tags],
    progress: job.progress,
    result: job.result,
    error: job.error,
    history: job.history.map((attempt) => ({ ...attempt })),
    log: [...job.log],
  };
}

function nameOf(keys: UniqueKey[] | undefined): string | undefined {
  return keys?.find(({ key }) => key.startsWith('='))?.key.slice(1);
}
