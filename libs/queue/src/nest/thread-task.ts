import { Inject, type LoggerService, Module, type ModuleMetadata, type OnModuleInit, type Type } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { ConfigInvalid } from '../job/errors.js';
import {
  type OpenThreadTask,
  opensInThread,
  type Say,
  type ThreadHandler,
  type ThreadTask,
} from '../task/thread-task.js';
import { WorkerHost } from './worker-host.js';

/** What the handler needs, as a module says it. */
export type ThreadTaskMetadata = Pick<ModuleMetadata, 'imports' | 'providers'>;

/**
 * Makes a class the handler of a task that runs in worker threads, with its dependencies injected there: the default
 * export of the file that `thread` names.
 *
 *     export default threadTask(RenderReport, { imports: [ReportsModule] });
 *
 * Each thread makes an application context of its own with its first job, and keeps it for the jobs that follow; nothing
 * is shared with the worker's. Lifecycle hooks run: those of the start before the first job, those of the end when the
 * thread is recycled, has been idle, or the worker stops. A thread that is terminated runs none.
 */
export function threadTask<P, R>(
  handler: Type<ThreadHandler<P, R>>,
  { imports = [], providers = [] }: ThreadTaskMetadata = {},
): ThreadTask {
  if (typeof handler !== 'function' || typeof (handler.prototype as Partial<ThreadHandler>).run !== 'function') {
    throw new ConfigInvalid('threadTask', 'threadTask() takes a class with a method run(payload, context).');
  }
  return { [opensInThread]: (say) => open(handler, { imports, providers }, say) };
}

async function open(handler: Type<ThreadHandler>, metadata: ThreadTaskMetadata, say: Say): Promise<OpenThreadTask> {
  const { imports, providers } = metadata;
  const root = { module: ThreadModule, imports, providers: [handler, ...(providers ?? [])] };
  const logger = new ThreadLogger(say);
  const context = await NestFactory.createApplicationContext(root, { logger, abortOnError: false });
  logger.quiet = false;
  const instance = context.get(handler);
  return { run: (payload, context) => instance.run(payload, context), close: () => context.close() };
}

/** The root of the application context of a thread. */
@Module({})
class ThreadModule implements OnModuleInit {
  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  /** A worker in a thread would take jobs itself, and its threads again. */
  onModuleInit(): void {
    if (![...this.modules.values()].some((module) => module.providers.has(WorkerHost))) return;
    throw new ConfigInvalid('threadTask', 'The imports of threadTask() lead to WorkerModule, which runs jobs itself.');
  }
}

/** Carries the lines of Nest's logger to the worker's; of the start only what went wrong. */
class ThreadLogger implements LoggerService {
  quiet = true;

  constructor(private readonly say: Say) {}

  debug(...told: unknown[]): void {
    if (!this.quiet) this.say('debug', lineOf(told));
  }

  verbose(...told: unknown[]): void {
    this.debug(...told);
  }

  log(...told: unknown[]): void {
    if (!this.quiet) this.say('log', lineOf(told));
  }

  warn(...told: unknown[]): void {
    this.say('warn', lineOf(told));
  }

  error(...told: unknown[]): void {
    this.say('error', lineOf(told));
  }

  fatal(...told: unknown[]): void {
    this.error(...told);
  }
}

/** Nest's logger hands the context on as the last of what it was told. */
function lineOf(told: unknown[]): string {
  const texts = told.map((part) => (part instanceof Error ? (part.stack ?? String(part)) : textOf(part)));
  const context = texts.length > 1 ? texts.pop() : undefined;
  return `${context ? `[${context}] ` : ''}${texts.join(' ')}`;
}

function textOf(part: unknown): string {
  if (typeof part !== 'object' || part === null) return String(part);
  try {
    return JSON.stringify(part);
  } catch {
    return Object.prototype.toString.call(part);
  }
}
