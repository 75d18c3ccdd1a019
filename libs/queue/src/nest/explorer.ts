import type { DiscoveryService } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { onJobMetadataOf, type OnJobMetadata } from '../task/on-job.decorator.js';
import { type TaskMetadata, taskMetadataOf, taskMethodsOf } from '../task/task.decorator.js';

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

export interface FoundListener extends Seat {
  metadata: OnJobMetadata;
}

/** Searches every provider of the application for what decorators left on its class. */
export class Explorer {
  private readonly seats: readonly Seat[];

  constructor(private readonly discovery: DiscoveryService) {
    this.seats = seatsOf(discovery.getProviders() as Wrapper[]);
  }

  /** Every method with `@Task()`. */
  tasks(): FoundTask[] {
    return this.seats.flatMap((seat) =>
      taskMethodsOf(seat.prototype).map((method) => ({ ...seat, metadata: taskMetadataOf(seat.prototype, method)! })),
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
      .filter(({ prototype }) => taskMethodsOf(prototype).length > 0)
      .map(({ name }) => name);
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
