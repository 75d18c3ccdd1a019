import 'reflect-metadata';
import { Injectable, type LoggerService, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  type EventMap,
  type Events,
  getEventsToken,
  type JobView,
  Queue,
  QueueModule,
  type QueueModuleOptions,
  Schedules,
  type Store,
  systemClock,
  Task,
  type TaskContext,
  type TaskOptions,
  type TaskRef,
  WorkerHost,
  WorkerModule,
  type WorkerModuleOptions,
} from 'millrace';
import { ManualClock, memory } from 'millrace/testing';

type Run = (payload: never, context: TaskContext) => unknown;

/** A line of the log: its level, the words, and the stack, if one was written. */
export interface Line {
  level: string;
  text: string;
  stack?: string;
}

export interface Parts {
  /** Task and code, several of one class. */
  handlers?: readonly (readonly [TaskRef<never> | TaskRef, Run, TaskOptions?])[];
  providers?: Provider[];
  /** Default: a memory store on the clock of the test. */
  store?: Store;
  clock?: ManualClock;
  /** The machine's own time, for stores that have theirs. */
  realTime?: boolean;
  queue?: Omit<QueueModuleOptions, 'store' | 'clock'>;
  /** `false`: a producer alone. */
  worker?: WorkerModuleOptions | false;
}

const ends: (() => unknown)[] = [];

/** Something to do when the test has ended, however it did. */
export function afterwards(end: () => unknown): void {
  ends.push(end);
}

/** Ends what a test has started, the newest first. */
export async function closeAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

/**
 * An application of the library's modules, as a team has it: providers with `@Task()`, a store, a worker. Time stands
 * still unless a test turns it; without a worker jobs wait.
 */
export async function mill(parts: Parts = {}) {
  const clock = parts.clock ?? new ManualClock();
  const store = parts.store ?? memory({ clock });
  const { worker = {} } = parts;
  const lines: Line[] = [];
  const module = await Test.createTestingModule({
    imports: [
      QueueModule.forRoot({ ...parts.queue, store, clock: parts.realTime ? systemClock : clock }),
      ...(worker ? [WorkerModule.forRoot({ signals: false, health: false, ...worker })] : []),
    ],
    providers: [...(parts.handlers ? [providerOf(parts.handlers)] : []), ...(parts.providers ?? [])],
  }).compile();
  module.useLogger(loggerInto(lines));
  const queue = module.get(Queue);
  const schedules = module.get(Schedules);
  const events = module.get<Events>(getEventsToken());
  const app = await module.init();
  const host = worker ? app.get(WorkerHost) : undefined;
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    await host?.worker.stop({ now: true });
    await app.close();
  };
  afterwards(close);
  return {
    ...{ app, clock, store, queue, schedules, events, lines, close },

    get worker() {
      if (!host) throw new Error('This application has no worker');
      return host.worker;
    },

    /** What anybody sees of a job. */
    async look(job: { id: string } | string): Promise<JobView> {
      const view = (await queue.job(typeof job === 'string' ? job : job.id))?.view;
      if (!view) throw new Error('There is no such job');
      return view;
    },

    /** Until nothing is ready or running. */
    async rest(): Promise<void> {
      await host?.worker.idle();
    },

    /** Turns the clock and lets everything come to rest. */
    async turn(by: Parameters<ManualClock['advance']>[0]): Promise<void> {
      await clock.advance(by);
    },

    /** The next fact of this kind. */
    next: <N extends keyof EventMap>(name: N) => events.next(name),
  };
}

/** A promise to be kept by hand. */
export function promised<T = void>() {
  let keep!: (value: T) => void;
  let breakIt!: (error: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    keep = resolve;
    breakIt = reject;
  });
  return { promise, keep, breakIt };
}

/** Whatever a call throws, or nothing. */
export async function refusal(
  call: () => unknown,
): Promise<Error & { code?: string; option?: string; issues?: { path: string; message: string }[] }> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was refused');
}

function providerOf(handlers: NonNullable<Parts['handlers']>) {
  @Injectable()
  class Handlers {}
  handlers.forEach(([ref, run, options], i) => {
    const method = `handler${i}`;
    const value = function (this: unknown, payload: never, context: TaskContext) {
      return run(payload, context);
    };
    const descriptor = { value, writable: true, configurable: true };
    Object.defineProperty(Handlers.prototype, method, descriptor);
    (Task as (ref: unknown, options?: TaskOptions) => MethodDecorator)(ref, options)(
      Handlers.prototype,
      method,
      descriptor,
    );
  });
  return Handlers;
}

function loggerInto(lines: Line[]): LoggerService {
  const say =
    (level: string) =>
    (text: unknown, ...more: unknown[]) =>
      void lines.push({
        level,
        text: String(text),
        stack: more.length > 1 ? ((more[0] as string | undefined) ?? '') : undefined,
      });
  return { log: say('log'), warn: say('warn'), error: say('error'), debug: say('debug'), verbose: say('verbose') };
}
