import type { LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WorkerHost } from '../nest/worker-host.js';
import type { WorkerModuleOptions } from '../nest/worker-options.js';
import { workerOverrides } from '../nest/worker-overrides.js';
import type { QueueConcurrency } from '../worker/options.js';
import type { WorkerEnd } from '../worker/worker.js';
import { exit, type ExitCode, UsageError } from './exit.js';
import { loadModule } from './load-module.js';
import { json, type Terminal } from './terminal.js';

export interface WorkOptions {
  /** `a,b=20,c:3,-d`: serve a, b with 20 places, c with a share of weight 3, and leave d out. */
  queues?: string;
  except?: string;
  concurrency?: number;
  burst?: true | 'ready' | 'all';
  maxJobs?: number;
  logLevel?: string;
  json?: boolean;
}

/** Nest's levels, the gravest first: each includes those before it. */
const levels: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Runs the worker of an application until it has ended by itself (`--burst`, `--max-jobs`) or a signal ends it. */
export async function work(target: string, options: WorkOptions, terminal: Terminal): Promise<ExitCode> {
  const module = await loadModule(target, terminal.cwd);
  const logger = levelsOf(options.logLevel);
  const boot = () => NestFactory.createApplicationContext(module, { logger, abortOnError: false });
  const app = await workerOverrides.run(overridesOf(options), boot);
  const host = WorkerHost.of(app);
  if (!host) {
    await app.close();
    throw new UsageError(`${target} imports no WorkerModule: add WorkerModule.forRoot() to its imports.`);
  }
  const end = await host.worker.done;
  await host.close();
  return report(end, options, terminal);
}

function report(end: WorkerEnd, options: WorkOptions, terminal: Terminal): ExitCode {
  const { completed, failed } = end;
  if (options.json) terminal.out(json({ completed, failed }));
  else terminal.err(`${completed} completed, ${failed} failed`);
  return options.burst !== undefined && failed > 0 ? exit.breached : exit.done;
}

/** What the command line says; only what it says wins over the module. */
export function overridesOf(options: WorkOptions): WorkerModuleOptions {
  const names = list(options.queues);
  const served = names.filter((name) => !name.startsWith('-'));
  const except = [
    ...names.filter((name) => name.startsWith('-')).map((name) => name.slice(1)),
    ...list(options.except),
  ];
  const { concurrency, maxJobs, burst } = options;
  return {
    ...(served.length > 0 && { queues: Object.fromEntries(served.map((name) => servedOf(name, concurrency))) }),
    ...(except.length > 0 && { except }),
    ...(concurrency !== undefined && { concurrency }),
    ...(maxJobs !== undefined && { maxJobs }),
    ...(burst !== undefined && { burst: burst === true ? 'ready' : burst }),
  };
}

/** `a`, `a=20` with as many places, or `a:3` with a share of the places. */
function servedOf(text: string, concurrency: number | undefined): [string, QueueConcurrency] {
  const [, name = '', sign, number = ''] = /^(.+?)(?:([=:])(.*))?$/.exec(text) ?? [];
  if (!sign) return [name, { concurrency }];
  if (!/^[1-9]\d*$/.test(number)) {
    const what = sign === '=' ? 'places' : 'weight';
    throw new UsageError(`--queues: the ${what} of '${name}' must be a whole number above 0, not '${number}'.`);
  }
  return [name, sign === '=' ? Number(number) : { weight: Number(number) }];
}

function levelsOf(level: string | undefined): LogLevel[] | undefined {
  if (level === undefined) return undefined;
  const at = levels.indexOf(level as LogLevel);
  if (at < 0) throw new UsageError(`--log-level must be one of ${levels.join(', ')}, not '${level}'.`);
  return levels.slice(0, at + 1);
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}
