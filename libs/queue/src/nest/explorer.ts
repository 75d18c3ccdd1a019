import type { DiscoveryService } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { type Declaration, declarationsOf } from '../schedule/decorators.js';
import { onJobMetadataOf, type OnJobMetadata } from '../task/on-job.decorator.js';
import { Task, type TaskMetadata, taskMetadataOf, taskMethodsOf } from '../task/task.decorator.js';

type Wrapper = InstanceWrapper<object>;

/** A provider of the module graph with the class it was made from. */
interface Seat {
  wrapper: Wrapper;
  /** Instances may be wrapped by others; what decorators wrote stands here. */
  prototype: object;
  /** `OrderHandlers`, for people. */
  name: string;
}

export interface FoundTask extends Seat {
  metadata: TaskMetadata;
}

export interface FoundSchedule extends FoundTask {
  declaration: Declaration;
}

export interface FoundListener extends Seat {
  metadata: OnJobMetadata;
}

/** Searches every provider of the application for what decorators left on its class. */
export class Explorer {
  private readonly seats: readonly Seat[];

  constructor(private readonly discovery: DiscoveryService) {
    this.seats = seatsOf(discovery.getProviders() as Wrapper[]);
  }

  /** Every method with `@Task()`, and those that only say when they run. */
  tasks(): FoundTask[] {
    for (const { prototype } of this.seats) makeTasksOf(prototype);
    return this.seats.flatMap((seat) =>
      taskMethodsOf(seat.prototype).map((method) => ({ ...seat, metadata: taskMetadataOf(seat.prototype, method)! })),
    );
  }

  /** What `@Cron()`, `@Every()`, `@CalendarEvery()` and `@At()` have left on the methods of `tasks`. */
  schedules(tasks: readonly FoundTask[]): FoundSchedule[] {
    return tasks.flatMap((task) =>
      declarationsOf(task.prototype)
        .filter(({ method }) => method === task.metadata.method)
        .map((declaration) => ({ ...task, declaration })),
    );
  }

  /** Every method with `@OnJob()`. */
  listeners(): FoundListener[] {
    return this.seats.flatMap((seat) => onJobMetadataOf(seat.prototype).map((metadata) => ({ ...seat, metadata })));
  }

  /** Shared instances that have a method of this name. */
  having<M extends string>(method: M): Record<M, (...args: never[]) => unknown>[] {
    return this.seats
      .filter(({ wrapper, prototype }) => method in prototype && wrapper.isDependencyTreeStatic())
      .map(({ wrapper }) => wrapper.instance as Record<M, (...args: never[]) => unknown>);
  }

  /** Classes that carry `@Task()` where it does nothing: controllers are not searched for handlers. */
  misplaced(): string[] {
    return seatsOf(this.discovery.getControllers() as Wrapper[])
      .filter(({ prototype }) => taskMethodsOf(prototype).length + declarationsOf(prototype).length > 0)
      .map(({ name }) => name);
  }
}

/** A method that only says when it runs is a task all the same. */
function makeTasksOf(prototype: object): void {
  for (const { method } of declarationsOf(prototype)) {
    if (taskMetadataOf(prototype, method)) continue;
    (Task() as MethodDecorator)(prototype, method, Object.getOwnPropertyDescriptor(prototype, method) ?? {});
  }
}

/** One seat per instance: aliases and factories that answer somebody else's instance are left out. */
function seatsOf(wrappers: readonly Wrapper[]): Seat[] {
  const seen = new Set<object>();
  const seats: Seat[] = [];
  for (const wrapper of [...wrappers].sort((a, b) => Number(a.isNotMetatype) - Number(b.isNotMetatype))) {
    const prototype = prototypeOf(wrapper);
    if (!prototype || prototype === Object.prototype) continue;
    const shared = wrapper.isDependencyTreeStatic() ? wrapper.instance : wrapper;
    if (seen.has(shared)) continue;
    seen.add(shared);
    seats.push({ wrapper, prototype, name: prototype.constructor.name });
  }
  return seats;
}

function prototypeOf(wrapper: Wrapper): object | undefined {
  if (wrapper.isAlias) return undefined;
  if (!wrapper.isNotMetatype) return (wrapper.metatype as { prototype?: object } | null)?.prototype;
  const instance: unknown = wrapper.instance;
  return typeof instance === 'object' && instance !== null ? (Object.getPrototypeOf(instance) as object) : undefined;
}
