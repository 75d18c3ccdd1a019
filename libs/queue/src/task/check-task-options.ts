import { formatBytes, parseBytes } from '../job/bytes.js';
import { ConfigInvalid } from '../job/errors.js';
import { isQueueName, isTaskName } from '../job/id.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { priorities } from '../job/state.js';
import { parseDuration } from '../time/duration.js';
import type { RetryOptions, TaskOptions, ThreadOptions, TimeoutOptions, UniqueOptions } from './definition.js';

/** Every option a task may have, by name. */
export const taskOptionNames = [
  'queue',
  'retry',
  'timeout',
  'keepResult',
  'priority',
  'expires',
  'unique',
  'maxActive',
  'tags',
  'redact',
  'expected',
  'onWorkerLost',
  'deadLetter',
  'aliases',
  'thread',
] as const satisfies readonly (keyof TaskOptions)[];

/** Throws `ConfigInvalid` at the first option that is unknown or out of range. `where` says whose options these are. */
export function checkTaskOptions(where: string, options: TaskOptions): void {
  checkOptions(where, options, taskOptionNames);
  const { queue, retry, timeout, keepResult, priority, expires, unique, maxActive, onWorkerLost } = options;
  if (queue !== undefined && !isQueueName(queue)) {
    refuse(`${where}.queue`, `'${String(queue)}' is no queue name: use at most 64 letters, digits, '_', '.' and '-'`);
  }
  if (retry !== undefined) checkRetry(`${where}.retry`, retry);
  if (timeout !== undefined) checkTimeout(`${where}.timeout`, timeout);
  if (keepResult !== undefined && keepResult !== 'forever') checkDuration(`${where}.keepResult`, keepResult, 0);
  if (priority !== undefined) checkOneOf(`${where}.priority`, priority, priorities);
  if (expires !== undefined) checkDuration(`${where}.expires`, expires, 1);
  if (unique !== undefined) checkUnique(`${where}.unique`, unique);
  if (maxActive !== undefined) checkWhole(`${where}.maxActive`, maxActive, 1, limits.concurrency);
  if (onWorkerLost !== undefined) checkOneOf(`${where}.onWorkerLost`, onWorkerLost, ['retry', 'fail']);
  checkRest(where, options);
}

function checkRest(where: string, { tags, redact, expected, aliases, deadLetter, thread }: TaskOptions): void {
  if (tags !== undefined && typeof tags !== 'function') checkList(`${where}.tags`, tags, 'string');
  if (redact !== undefined) checkList(`${where}.redact`, redact, 'string');
  if (expected !== undefined) checkList(`${where}.expected`, expected, 'function');
  if (aliases !== undefined) checkList(`${where}.aliases`, aliases, 'string');
  for (const alias of aliases ?? []) if (!isTaskName(alias)) refuse(`${where}.aliases`, `'${alias}' is no task name`);
  const letter: unknown = deadLetter === undefined ? '' : (deadLetter as Partial<typeof deadLetter> | null)?.task;
  const named = typeof letter === 'string' || (typeof letter === 'object' && letter !== null && 'definition' in letter);
  if (!named) refuse(`${where}.deadLetter`, 'must be { task: … }, a task reference or name');
  if (thread instanceof URL) checkModule(`${where}.thread`, thread);
  else if (thread !== undefined) checkThread(`${where}.thread`, thread);
}

function checkThread(where: string, thread: ThreadOptions): void {
  if (typeof thread !== 'object' || thread === null) refuse(where, mustBeModule);
  checkOptions(where, thread, ['module', 'memory', 'recycle', 'threads']);
  checkModule(`${where}.module`, thread.module);
  checkThreads(where, thread);
  if (thread.threads !== undefined) checkWhole(`${where}.threads`, thread.threads, 1, limits.threads);
}

/** The code of a thread is a file of the application, named by its own code. */
function checkModule(where: string, module: unknown): void {
  if (!(module instanceof URL) || module.protocol !== 'file:') refuse(where, mustBeModule);
}

/** What a task and a worker may both say of threads. */
export function checkThreads(where: string, { memory, recycle }: Pick<ThreadOptions, 'memory' | 'recycle'>): void {
  const bytes = memory === undefined ? Infinity : parseBytes(memory);
  if (bytes === undefined) {
    refuse(`${where}.memory`, `'${String(memory)}' is no amount of memory: write '256MB', '1.5GB', or bytes`);
  }
  if (bytes < limits.threadMemory) {
    refuse(`${where}.memory`, `must be at least ${formatBytes(limits.threadMemory)}, or no thread can start`);
  }
  if (recycle === undefined) return;
  checkOptions(`${where}.recycle`, recycle, ['jobs']);
  checkWhole(`${where}.recycle.jobs`, recycle.jobs, 1, Number.MAX_SAFE_INTEGER);
}

function checkList(where: string, list: unknown, of: 'string' | 'function'): void {
  if (Array.isArray(list) && list.every((item) => typeof item === of)) return;
  refuse(where, `must be a list of ${of === 'string' ? 'texts' : 'classes'}`);
}

/** Retry options of a task, a module or a call. */
export function checkRetry(where: string, retry: RetryOptions & { startAt?: number }): void {
  checkOptions(where, retry, ['attempts', 'delay', 'backoff', 'on', 'never', 'retryIf', 'startAt']);
  if (retry.attempts !== undefined) checkCount(`${where}.attempts`, retry.attempts);
  if (retry.startAt !== undefined) checkCount(`${where}.startAt`, retry.startAt);
  if (retry.delay !== undefined) checkDuration(`${where}.delay`, retry.delay, 0);
  if (retry.delay !== undefined && retry.backoff !== undefined) {
    refuse(where, `takes 'delay' or 'backoff', not both`);
  }
}

/** A duration, or when the signal fires and how long the handler may then take. */
export function checkTimeout(where: string, timeout: unknown): void {
  if (typeof timeout !== 'object' || timeout === null) return void checkDuration(where, timeout, 1);
  checkOptions(where, timeout, ['after', 'grace']);
  const { after, grace } = timeout as TimeoutOptions;
  checkDuration(`${where}.after`, after, 1);
  if (grace !== undefined) checkDuration(`${where}.grace`, grace, 0);
}

export function checkUnique(where: string, unique: UniqueOptions<never>): void {
  checkOptions(where, unique, ['key', 'until', 'onDuplicate']);
  const { key, until, onDuplicate } = unique;
  if (key !== undefined && typeof key !== 'string' && typeof key !== 'function') {
    refuse(`${where}.key`, 'must be a text or a function of the payload');
  }
  if (until !== undefined && !['started', 'settled', 'kept'].includes(until as string)) {
    if (parseDuration(until) === undefined) {
      refuse(`${where}.until`, `must be 'started', 'settled', 'kept' or a duration, not '${String(until)}'`);
    }
    checkDuration(`${where}.until`, until, 1);
  }
  if (onDuplicate !== undefined) checkOneOf(`${where}.onDuplicate`, onDuplicate, ['return', 'replace', 'error']);
}

/** Milliseconds of a duration that is at least `least`. */
export function checkDuration(where: string, value: unknown, least: number): number {
  const ms = parseDuration(value);
  if (ms === undefined) {
    refuse(
      where,
      `'${String(value)}' is not a duration: write '500ms', '30s', '5m', '2h', '1d' or '1w', or milliseconds`,
    );
  }
  if (ms < least) refuse(where, `must be at least ${least} ms, not ${ms}`);
  return ms;
}

export function checkOneOf(where: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(value as string)) refuse(where, `must be one of ${allowed.join(', ')}, not '${String(value)}'`);
}

export function checkWhole(where: string, value: unknown, least: number, most: number): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    refuse(where, `must be a whole number from ${least} to ${most}, not ${String(value)}`);
  }
}

function checkCount(where: string, value: number): void {
  checkWhole(where, value, 1, limits.attempts);
}

const mustBeModule = "must be a file: URL, new URL('./file.js', import.meta.url)";

function refuse(where: string, says: string): never {
  throw new ConfigInvalid(where, `${where}: ${says}.`);
}
