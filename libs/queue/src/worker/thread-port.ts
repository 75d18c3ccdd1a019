import type { MessagePort } from 'node:worker_threads';
import type { AbortWhy, TaskContext, TaskLogger } from '../task/context.js';
import type { PackedError } from './thread-error.js';

/** The facts of an attempt, as they can be copied. */
export type About = Pick<
  TaskContext,
  | 'job'
  | 'attempt'
  | 'isLastAttempt'
  | 'worker'
  | 'fence'
  | 'idempotencyKey'
  | 'scheduledFor'
  | 'deadline'
  | 'lastCheckpoint'
>;

/** What the entry of a thread is called with: a job, or the wish that it tidies up. */
export type ThreadCall = { module: string; payload: unknown; about: About; port: MessagePort } | { farewell: true };

/** What a job in its thread says, on a port of its own. Its ending comes last. */
export type FromThread =
  | { ask: 'progress' | 'log' | 'checkpoint' | 'step'; call: number; args: unknown[] }
  | { tell: 'line'; args: [level: keyof TaskLogger, line: string] }
  | { tell: 'heartbeat' | 'forget'; args: [] }
  | { ran: number; value?: unknown; error?: PackedError }
  | { ended: { value?: unknown; error?: PackedError } };

/** What the worker says to it. */
export type ToThread =
  | { abort: AbortWhy }
  /** No earlier attempt has done this step. */
  | { run: number }
  | { answer: number; value?: unknown; error?: PackedError };

/** A line of the log of a thread that belongs to no job, sent to its `parentPort`. */
export interface ThreadLine {
  millrace: keyof TaskLogger;
  line: string;
}
