import { Inject, type InjectionToken } from '@nestjs/common';
import { Queue } from '../client/queue.js';
import { Schedules } from '../schedule/schedules.js';

const named = (what: string, name: string | undefined) => `millrace:${what}${name ? `:${name}` : ''}`;

/** What `QueueModule` was told. */
export const getOptionsToken = (name?: string): InjectionToken => named('options', name);
/** The store before it is opened: the one thing a test replaces to take the whole application off its real store. */
export const getStoreToken = (name?: string): InjectionToken => named('store', name);
/** The clock of client and worker. */
export const getClockToken = (name?: string): InjectionToken => named('clock', name);
/** Announced facts: `Events`. */
export const getEventsToken = (name?: string): InjectionToken => named('events', name);
/** The store once it is open: `Connection`. */
export const getConnectionToken = (name?: string): InjectionToken => named('connection', name);
/** The client: the class `Queue` itself for the unnamed instance. */
export const getQueueToken = (name?: string): InjectionToken => (name ? named('queue', name) : Queue);
/** The schedules: the class `Schedules` itself for the unnamed instance. */
export const getSchedulesToken = (name?: string): InjectionToken => (name ? named('schedules', name) : Schedules);
/** The clients of a `defineTasks` class: the class itself for the unnamed instance. */
export const getTasksToken = (tasks: abstract new (...args: never[]) => unknown, name?: string): InjectionToken =>
  name ? named(`tasks.${tasks.name}`, name) : tasks;

export const QUEUE_STORE = getStoreToken();
export const QUEUE_CLOCK = getClockToken();

/** Injects the client of a named instance: `@InjectQueue('billing') queue: Queue`. */
export const InjectQueue = (name?: string) => Inject(getQueueToken(name));
/** Injects the schedules of a named instance: `@InjectSchedules('billing') schedules: Schedules`. */
export const InjectSchedules = (name?: string) => Inject(getSchedulesToken(name));
/** Injects the task clients of a named instance: `@InjectTasks(OrderTasks, 'billing') orders: OrderTasks`. */
export const InjectTasks = (tasks: abstract new (...args: never[]) => unknown, name?: string) =>
  Inject(getTasksToken(tasks, name));
