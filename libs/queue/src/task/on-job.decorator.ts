import 'reflect-metadata';
import type { TaskRef } from './task-ref.js';

/** The endings and turns of a job that `@OnJob` can hear: events named `job.…`. */
export type JobEvent =
  | 'enqueued'
  | 'started'
  | 'progress'
  | 'completed'
  | 'retry'
  | 'snoozed'
  | 'failed'
  | 'cancelled'
  | 'released'
  | 'stale';

/** What `@OnJob()` leaves on a method. */
export interface OnJobMetadata {
  readonly method: string;
  readonly event: JobEvent;
  /** Only jobs of this task. */
  readonly task?: string;
}

const metadataKey = 'millrace:on-job';

/**
 * Calls the method with the fact after it happened, in the process where it happened: `@OnJob('failed', OrderTasks.process)`.
 * Best effort: an error in it is logged and breaks nothing. For a reaction that must happen use `deadLetter`.
 */
export function OnJob(event: JobEvent, ref?: TaskRef<never> | TaskRef): MethodDecorator {
  return (target, method) => {
    const heard: OnJobMetadata = { method: String(method), event, task: ref?.definition.name };
    Reflect.defineMetadata(metadataKey, [...onJobMetadataOf(target), heard], target);
  };
}

/** What `@OnJob()` left on the methods of a prototype and its parents. */
export function onJobMetadataOf(prototype: object): readonly OnJobMetadata[] {
  return (Reflect.getMetadata(metadataKey, prototype) as OnJobMetadata[] | undefined) ?? [];
}
