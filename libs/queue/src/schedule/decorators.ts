import 'reflect-metadata';
import { ScheduleInvalid } from '../job/errors.js';
import type { Duration } from '../time/duration.js';
import type { Instant } from '../time/instant.js';
import { checkScheduleId, jobOptionNames, type ScheduledJobOptions } from './options.js';
import { checkNames, checkPolicy, policyNames, type SchedulePolicy } from './policy.js';
import {
  at,
  calendar,
  type CalendarOptions,
  cron,
  type CronTriggerOptions,
  every,
  type EveryOptions,
  type Trigger,
} from './trigger/index.js';

type CronExpression = Parameters<typeof cron>[0];

/** What a declared schedule may say beside its trigger. */
export interface DeclareOptions extends SchedulePolicy, ScheduledJobOptions {
  /** Names the schedule. Default: the name of its task; a method with several schedules gives each an id. */
  id?: string;
  /** What each job gets. Checked at boot, as any payload. */
  payload?: unknown;
  /** The named `QueueModule` whose workers fire it. Default: the unnamed one. */
  instance?: string;
  /** One extra job when a worker boots, at most one in 60 s over all processes. Default false. */
  onBoot?: boolean;
}

/** What a decorator leaves on a method. */
export interface Declaration {
  readonly method: string;
  readonly trigger: Trigger;
  readonly options: DeclareOptions;
}

/** Fires at the times of a cron expression: `@Cron('0 3 * * *', { timeZone: 'Europe/Paris' })`. Without `@Task()` the method is a task named `Class.method`. */
export function Cron(expression: CronExpression, options: CronTriggerOptions & DeclareOptions = {}) {
  const { timeZone, dayMatch, ...rest } = options;
  return declare(() => cron(expression, given({ timeZone, dayMatch })), rest);
}

/** Fires in even steps of elapsed time: `@Every('15m')`. */
export function Every(step: Duration, options: EveryOptions & DeclareOptions = {}) {
  const { from, first, ...rest } = options;
  return declare(() => every(step, given({ from, first })), rest);
}

/** Fires at a local time every so many days, weeks, months or years: `@CalendarEvery({ months: 1, at: '09:00', timeZone: 'Asia/Tokyo' })`. */
export function CalendarEvery(steps: CalendarOptions, options: DeclareOptions = {}) {
  return declare(() => calendar(steps), options);
}

/** Fires once: `@At('2027-01-01T00:00:00Z')`. */
export function At(date: Instant, options: DeclareOptions = {}) {
  return declare(() => at(date), options);
}

const metadataKey = 'millrace:schedules';
const known = [...policyNames, ...jobOptionNames, 'id', 'payload', 'onBoot', 'instance'];

/** What the decorators left on a prototype and its parents. */
export function declarationsOf(prototype: object): readonly Declaration[] {
  return (Reflect.getMetadata(metadataKey, prototype) as Declaration[] | undefined) ?? [];
}

/** All is checked here, where the class is defined: a slip stops the program before anything runs. */
function declare(trigger: () => Trigger, options: DeclareOptions) {
  return (target: object, method: string | symbol): void => {
    const where = `${target.constructor.name}.${String(method)}`;
    try {
      if (typeof method === 'symbol')
        throw new ScheduleInvalid('method', 'A method named by a symbol cannot handle a task.');
      checkNames(options, known);
      checkPolicy(options);
      if (options.id !== undefined) checkScheduleId(options.id);
      const declaration: Declaration = { method, trigger: trigger(), options };
      Reflect.defineMetadata(metadataKey, [...declarationsOf(target), declaration], target);
    } catch (error) {
      if (!(error instanceof ScheduleInvalid)) throw error;
      throw new ScheduleInvalid(error.field, `${where}: ${error.message}`);
    }
  };
}

function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
