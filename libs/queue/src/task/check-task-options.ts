import { formatBytes, parseBytes } from '../job/bytes.js';
import { isQueueName, isTaskName } from '../job/id.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { priorities } from '../job/state.js';
import { checkDuration, checkOneOf, checkRate, checkWhole, refuse } from './check-value.js';
import { checkGroup, checkOrder } from './check-gates.js';
import { checkUnique, checkUniqueWhole } from './check-unique.js';
import type { RetryOptions, TaskOptions, ThreadOptions, TimeoutOptions } from './definition.js';

export { checkDuration, checkOneOf, checkWhole } from './check-value.js';
export { checkUnique } from './check-unique.js';

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
  'rate',
  'group',
  'order',
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
  const { queue, retry, timeout, keepResult, priority, expires, unique, onWorkerLost } = options;
  if (queue !== undefined && !isQueueName(queue)) {
    refuse(`${where}.queue`, `'${String(queue)}' is no queue name: use at most 64 letters, digits, '_', '.' and '-'`);
  }
  if (retry !== undefined) checkRetry(`${where}.retry`, retry);
  if (timeout !== undefined) checkTimeout(`${where}.timeout`, timeout);
  if (keepResult !== undefined && keepResult !== 'forever') checkDuration(`${where}.keepResult`, keepResult, 0);
  if (priority !== undefined) checkOneOf(`${where}.priority`, priority, priorities);
  if (expires !== undefined) checkDuration(`${where}.expires`, expires, 1);
  if (unique !== undefined) {
    checkUnique(`${where}.unique`, unique);
    checkUniqueWhole(`${where}.unique`, unique);
  }
  checkGates(where, options);
  if (onWorkerLost !== undefined) checkOneOf(`${where}.onWorkerLost`, onWorkerLost, ['retry', 'fail']);
  checkRest(where, options);
}

function checkGates(where: string, { maxActive, rate, group, order }: TaskOptions): void {
  if (maxActive !== undefined) checkWhole(`${where}.maxActive`, maxActive, 1, limits.maxActive);
  if (rate !== undefined) checkRate(`${where}.rate`, rate);
  if (group !== undefined) checkGroup(`${where}.group`, group);
  if (order !== undefined) checkOrder(`${where}.order`, order);
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

function checkCount(where: string, value: number): void {
  checkWhole(where, value, 1, limits.attempts);
}

const mustBeModule = "must be a file: URL, new URL('./file.js', import.meta.url)";
