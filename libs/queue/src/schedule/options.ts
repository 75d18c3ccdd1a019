import { ScheduleInvalid } from '../job/errors.js';
import type { EnqueueOptions } from '../task/enqueuer.js';
import type { TaskRef } from '../task/task-ref.js';
import { checkNames, policyNames, type SchedulePolicy } from './policy.js';
import type { Trigger } from './trigger/index.js';

/** What a schedule may say of its jobs; the rest comes from the task. */
export type ScheduledJobOptions<P = never> = Pick<
  EnqueueOptions<P>,
  | 'priority'
  | 'group'
  | 'order'
  | 'queue'
  | 'retry'
  | 'timeout'
  | 'keepResult'
  | 'expires'
  | 'unique'
  | 'tags'
  | 'headers'
>;

export const jobOptionNames = [
  'priority',
  'group',
  'order',
  'queue',
  'retry',
  'timeout',
  'keepResult',
  'expires',
  'unique',
  'tags',
  'headers',
] as const satisfies readonly (keyof ScheduledJobOptions)[];

/** What `schedules.put` takes beside the task and its payload. */
export interface PutOptions<P = never> extends SchedulePolicy, ScheduledJobOptions<P> {
  /** When it fires: `cron('0 3 * * *')`, `every('15m')`, `at(date)`, `calendar({ … })`, `anyOf(…)`, `allOf(…)`. */
  trigger: Trigger;
  /** Put to sleep, or woken. Default: as before, and a new one is awake. */
  paused?: boolean;
  /** When there is a schedule of this id: `replace` it, keeping its history (the default), `keep` it as it is, or throw `ScheduleExists`. */
  ifExists?: 'replace' | 'keep' | 'error';
}

/** A task, its payload if it has one, and when. */
export type NewScheduleOptions<P, R, I> = PutOptions<NoInfer<P>> & {
  task: TaskRef<P, R, I>;
} & (undefined extends I ? { payload?: NoInfer<I> } : { payload: NoInfer<I> });

/** By wire name, for tasks of other services: unless declared here, the payload is first checked by the worker. */
export type NamedScheduleOptions = PutOptions<unknown> & { task: string; payload?: unknown };

/** Either. */
export type AnyScheduleOptions = PutOptions<never> & { task: TaskRef<never> | TaskRef | string; payload?: unknown };

const known = [...policyNames, ...jobOptionNames, 'task', 'payload', 'trigger', 'paused', 'ifExists'];

/** Throws `ScheduleInvalid` naming the first option that is unknown or of the wrong kind. */
export function checkPut(options: AnyScheduleOptions): void {
  checkNames(options, known);
  const { task, ifExists, paused } = options;
  if (typeof task !== 'string' && !task?.definition) refuse('task', 'names no task');
  if (ifExists !== undefined && !['replace', 'keep', 'error'].includes(ifExists)) {
    refuse('ifExists', 'must be one of replace, keep, error');
  }
  if (paused !== undefined && typeof paused !== 'boolean') refuse('paused', 'must be true or false');
}

const id = /^[!-~]{1,200}$/;

/** Throws `ScheduleInvalid` unless `value` can name a schedule: 1 to 200 printable ASCII characters, no blanks. */
export function checkScheduleId(value: unknown): asserts value is string {
  if (typeof value === 'string' && id.test(value)) return;
  refuse(
    'id',
    `'${String(value).slice(0, 64)}' cannot name a schedule: use 1 to 200 printable ASCII characters, no blanks`,
  );
}

/** Those of `options` that go with each job. */
export function jobOptionsOf(options: ScheduledJobOptions): EnqueueOptions {
  return Object.fromEntries(
    jobOptionNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
}

function refuse(field: string, says: string): never {
  throw new ScheduleInvalid(field, `${field}: ${says}.`);
}
