import type { Envelope } from '../job/envelope.js';
import { ConfigInvalid } from '../job/errors.js';
import { isOwnName, isQueueName, parseJobId } from '../job/id.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { priorities } from '../job/state.js';
import type { Due, UniqueKey } from '../store/store.js';
import { checkDuration, checkOneOf, checkRetry, checkTimeout, checkUnique } from '../task/check-task-options.js';
import type { CallRetryOptions, TimeoutOptions, UniqueOptions } from '../task/definition.js';
import type { EnqueueOptions } from '../task/enqueuer.js';
import { fixed } from '../time/backoff.js';
import { type Duration, milliseconds, parseDuration } from '../time/duration.js';
import { type Instant, parseInstant } from '../time/instant.js';
import { asked } from './asked.js';
import { checkGateKey } from './gates.js';

type Call = EnqueueOptions<unknown>;

const known = [
  ...['delay', 'runAt', 'after', 'expires', 'priority', 'jobId', 'unique', 'queue', 'retry', 'timeout', 'keepResult'],
  ...['group', 'order', 'tags', 'headers'],
];

/** Throws `ConfigInvalid` naming the first option of a call that is unknown or out of range. */
export function checkCall(call: Call): void {
  checkOptions('', call, known);
  const { priority, jobId, unique, group, order, queue, retry, timeout, keepResult } = call;
  if (priority !== undefined) checkOneOf('priority', priority, priorities);
  if (jobId !== undefined) checkName(jobId);
  if (unique !== undefined) checkUnique('unique', unique);
  if (group !== undefined) checkGateKey('group', group);
  if (order !== undefined) checkGateKey('order', order);
  if (queue !== undefined && !isQueueName(queue)) refuse('queue', `'${String(queue)}' is no queue name`);
  if (retry !== undefined) checkCallRetry(retry);
  if (timeout !== undefined) checkTimeout('timeout', timeout);
  if (keepResult !== undefined && keepResult !== 'forever') checkDuration('keepResult', keepResult, 0);
}

/** When the job is due; `undefined` is now. */
export function dueOf({ delay, runAt }: Call, now: number): Due | undefined {
  if (delay !== undefined && runAt !== undefined) refuse('runAt', "give 'delay' or 'runAt', not both");
  if (delay !== undefined) {
    const wait = checkDuration('delay', delay, -Infinity);
    if (wait > limits.delay) refuse('delay', 'is at most a year');
    return wait > 0 ? { in: wait } : undefined;
  }
  if (runAt === undefined) return undefined;
  const at = instantOf('runAt', runAt);
  if (at - now > limits.delay) refuse('runAt', 'is at most a year ahead');
  return { at };
}

/** After which an unstarted job is cancelled. */
export function expiryOf(expires: Duration | Date): Due {
  if (!(expires instanceof Date)) return { in: checkDuration('expires', expires, 1) };
  return { at: instantOf('expires', expires) };
}

/** Ids of the jobs that must complete first, each once; `undefined` when there are none. */
export function parentsOf(after: NonNullable<Call['after']>): string[] | undefined {
  if (!Array.isArray(after)) refuse('after', 'must be a list of job ids or handles');
  const ids = new Set(after.map((parent, i) => parentOf(parent, `after.${i}`)));
  if (ids.size > limits.parents) refuse('after', `names ${ids.size} jobs; a job may wait for ${limits.parents}`);
  return ids.size > 0 ? [...ids] : undefined;
}

function parentOf(parent: unknown, option: string): string {
  const id = typeof parent === 'string' ? parent : (parent as { id?: unknown } | null)?.id;
  if (typeof id === 'string' && parseJobId(id)) return id;
  return refuse(
    option,
    `'${String(id).slice(0, 64)}' is no id of a job; for one with a name of your own, give its handle`,
  );
}

function instantOf(option: string, value: Instant): number {
  const at = parseInstant(value);
  if (at !== undefined) return at;
  if (typeof value !== 'string') return refuse(option, `'${String(value)}' is no instant`);
  return refuse(option, `'${value.slice(0, 64)}' must be ISO text with an offset, as 2026-01-31T09:00:00+01:00 or …Z`);
}

/** The keys that must be free: the caller's own name, and the unique key of the payload. */
export function keysOf(
  task: string,
  jobId: string | undefined,
  unique: UniqueOptions<unknown> | undefined,
  payload: unknown,
): UniqueKey[] | undefined {
  const keys: UniqueKey[] = [];
  const named = unique?.key === undefined;
  const otherwise = unique?.onDuplicate === 'follow' ? 'settled' : 'kept';
  if (jobId !== undefined)
    keys.push({ key: `=${jobId}`, until: untilOf(named ? unique?.until : undefined, otherwise) });
  if (unique?.key !== undefined) {
    const { key: given } = unique;
    const key = typeof given === 'function' ? asked(task, 'unique.key', () => given(payload)) : given;
    if (!isOwnName(key)) {
      refuse('unique.key', `must give a text of 1 to ${limits.key} characters, not ${String(key).slice(0, 64)}`);
    }
    keys.push({ key: `${task}:${key}`, until: untilOf(unique.until, 'settled') });
  }
  return keys.length > 0 ? keys : undefined;
}

function untilOf(until: UniqueOptions<unknown>['until'], otherwise: 'kept' | 'settled'): UniqueKey['until'] {
  return parseDuration(until) ?? (until as 'started' | 'settled' | 'kept' | undefined) ?? otherwise;
}

/** What of a call's retry options travels with the job. */
export function retryOf({ attempts, delay, backoff }: CallRetryOptions): Envelope['retry'] {
  const retry: NonNullable<Envelope['retry']> = {};
  if (attempts !== undefined) retry.attempts = attempts;
  if (backoff) retry.backoff = backoff;
  else if (delay !== undefined) retry.backoff = fixed(delay);
  return Object.keys(retry).length > 0 ? retry : undefined;
}

export function timeoutOf(timeout: Duration | TimeoutOptions): Envelope['timeout'] {
  if (typeof timeout !== 'object') return { after: milliseconds(timeout) };
  const { after, grace } = timeout;
  return { after: milliseconds(after), ...(grace === undefined ? {} : { grace: milliseconds(grace) }) };
}

function checkCallRetry(retry: CallRetryOptions): void {
  checkOptions('retry', retry, ['attempts', 'delay', 'backoff', 'startAt']);
  checkRetry('retry', retry);
  if (retry.backoff !== undefined && typeof retry.backoff !== 'object') {
    refuse('retry.backoff', 'must be plain data in a call, as fixed(), linear() or exponential() make it');
  }
}

function checkName(jobId: string): void {
  if (!isOwnName(jobId)) {
    refuse('jobId', `must be a well-formed text of 1 to ${limits.key} characters`);
  }
  if (parseJobId(jobId)) refuse('jobId', `'${jobId}' looks like an id of ours: choose a name of your own`);
}

function refuse(option: string, says: string): never {
  throw new ConfigInvalid(option, `${option}: ${says}. Nothing was stored.`);
}
