import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  type PipeTransform,
  UnauthorizedException,
} from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
} from '@nestjs/common/constants.js';
import {
  ApplicationConfig,
  type ContextId,
  ExternalContextCreator,
  type ModulesContainer,
  type NestContainer,
} from '@nestjs/core';
import { ExternalExceptionFilterContext } from '@nestjs/core/exceptions/external-exception-filter-context.js';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { isObservable, lastValueFrom } from 'rxjs';
import { type Issue, PayloadInvalid } from '../job/errors.js';
import { TaskContext } from '../task/context.js';
import { Discard, TaskSignal } from '../task/signals.js';

/** A handler as the worker calls it. */
export type Call = (payload: unknown, context: TaskContext) => unknown;

/** A decorated method, and where it was found. */
export interface Site {
  prototype: object;
  method: string;
  /** Wire name, for messages. */
  task: string;
  /** Key of the module that provides the class. */
  module: string;
}

/** One host of a site: an instance, and for a request-scoped one the context it was made in. */
export interface Occasion {
  instance: object;
  contextId?: ContextId;
  inquirerId?: string;
}

const argsKey = 'millrace:task-args';
const payloadKey = '3:0'; // type "body", so that a ValidationPipe treats the payload as it treats a body
const contextKey = '-1:1'; // no type of Nest's: pipes see "custom"
const kinds = [GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA, EXCEPTION_FILTERS_METADATA];

/**
 * Guards, pipes, interceptors and filters on handlers, with execution context type `'task'` and the arguments
 * `(payload, TaskContext)`. A handler without any is called directly.
 *
 * Those bound to the method or its class apply. Global ones are made for requests, so they apply only when asked for,
 * and global filters, which write responses, never do. What a filter answers becomes the result; a filter that answers
 * nothing leaves the error as it is. `RetryLater`, `Snooze` and the like are no errors and pass filters by. A refusal
 * before the handler is final: 401 and 403 fail the job as `forbidden`, other bad requests as an invalid payload.
 */
export class Enhancers {
  private readonly creator: ExternalContextCreator;
  private readonly filters: ExternalExceptionFilterContext;
  /** Attempts whose handler was reached: what they throw is their own, and no refusal. */
  private readonly reached = new WeakSet<TaskContext>();

  constructor(
    modules: ModulesContainer,
    private readonly global?: ExternalContextCreator,
  ) {
    const config = new ApplicationConfig();
    const local = { getModules: () => modules, applicationConfig: config } as unknown as NestContainer;
    this.creator = global ?? ExternalContextCreator.fromContainer(local);
    this.filters = new ExternalExceptionFilterContext(local, config);
  }

  /** Whether a call must take the long way. */
  concern({ prototype, method }: Site): boolean {
    if (this.global) return true;
    const handler = (prototype as Record<string, object>)[method] ?? noCode;
    return kinds.some((kind) => Reflect.hasMetadata(kind, prototype.constructor) || Reflect.hasMetadata(kind, handler));
  }

  /** Whether decorators of Nest stand on a property of this class, where they do nothing. */
  misplaced({ prototype }: Site): boolean {
    return kinds.some((kind) => Reflect.hasOwnMetadata(kind, prototype));
  }

  /** The method with what works on it; with `stead`, that is called instead of the method, with the same around it. */
  wrap(site: Site, { instance, contextId, inquirerId }: Occasion, stead?: Call): Call {
    const method = (instance as Record<string, (...args: unknown[]) => unknown>)[site.method] ?? noCode;
    const callback = stead ? inSteadOf(method, stead) : method;
    this.declareArguments(site);
    const target = this.creator.create(
      instance,
      callback,
      site.method,
      argsKey,
      { exchangeKeyForValue: (type: number, _data: unknown, args: unknown[]) => (type < 0 ? args[1] : args[0]) },
      contextId,
      inquirerId,
      { guards: true, interceptors: true, filters: false },
      'task',
    );
    const filters = this.filters.create(instance, callback as never, site.module, contextId, inquirerId);
    return (payload, context) =>
      TaskContext.run(context, async () => {
        try {
          return (await target(payload, context)) as unknown;
        } catch (error) {
          if (error instanceof TaskSignal) throw error;
          const host = new ExecutionContextHost([payload, context], instance.constructor as never, callback);
          host.setType('task');
          const answer = await settled(filters.invokeCustomFilters(error, host));
          if (answer !== undefined) return answer;
          throw this.reached.has(context) ? error : refusal(site.task, error);
        }
      });
  }

  /** Nest runs pipes over declared parameters only. The last pipe of the payload tells that the handler is next. */
  private declareArguments({ prototype, method }: Site): void {
    const args = {
      [payloadKey]: { index: 0, data: undefined, pipes: [this.doorstep] },
      [contextKey]: { index: 1, data: undefined, pipes: [] },
    };
    Reflect.defineMetadata(argsKey, args, prototype.constructor, method);
  }

  private readonly doorstep: PipeTransform = {
    transform: (payload: unknown) => {
      const context = TaskContext.current();
      if (context) this.reached.add(context);
      return payload;
    },
  };
}

/** In the place of a property, whose code is elsewhere. */
const noCode = () => undefined;

/** A function that carries what decorators have left on the method: Nest reads it from what it calls. */
function inSteadOf(method: object, call: Call): (...args: unknown[]) => unknown {
  const stand = (...[payload, context]: unknown[]) => call(payload, context as TaskContext);
  for (const key of Reflect.getMetadataKeys(method) as string[]) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), stand);
  }
  return stand;
}

/** A filter may answer a promise or an observable. */
async function settled(answer: unknown): Promise<unknown> {
  const value = await answer;
  return isObservable(value) ? lastValueFrom(value, { defaultValue: undefined }) : value;
}

/** What a guard, interceptor or pipe threw before the handler, as an ending that is not tried again. */
function refusal(task: string, error: unknown): unknown {
  if (error instanceof ForbiddenException || error instanceof UnauthorizedException) {
    return new Discard(error.message, { cause: error, as: 'forbidden' });
  }
  if (error instanceof BadRequestException || (error instanceof HttpException && error.getStatus() === 422)) {
    return new PayloadInvalid(task, issuesOf(error));
  }
  return error;
}

/** The messages of a ValidationPipe, or the error's own. */
function issuesOf(error: HttpException): Issue[] {
  const response = error.getResponse();
  const said = typeof response === 'object' ? (response as { message?: unknown }).message : response;
  return (Array.isArray(said) ? said : [said ?? error.message]).map((message) => ({
    path: '',
    message: String(message),
  }));
}
