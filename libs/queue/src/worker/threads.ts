import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { ConfigInvalid } from '../job/errors.js';
import { type AbortWhy, type Aborted, type TaskContext } from '../task/context.js';
import { AttemptContext } from './context.js';
import type { Handler } from './options.js';

/** What a module in a thread gets beside the payload. */
export interface ThreadContext {
  jobId: string;
  task: string;
  /** From 1. */
  attempt: number;
  idempotencyKey: string;
  /** Fires at the timeout, on cancel and so on; who ignores it is terminated after the grace. */
  signal: AbortSignal;
}

/**
 * Runs tasks with a `thread` in a pool of worker threads, one per CPU: the event loop stays free, and unlike code in
 * process such a task can be terminated. The pool, and the package behind it, are loaded with the first job.
 */
export class Threads {
  private pool?: Promise<Piscina>;

  constructor(private readonly entry: URL = new URL('./thread-entry.js', import.meta.url)) {}

  /** The handler itself, or one that runs its module in a thread. */
  adopt(handler: Handler): Handler {
    const { thread } = handler.task.options;
    if (!thread) return handler;
    return { task: handler.task, run: (payload, context) => this.run(thread, payload, context) };
  }

  async close(): Promise<void> {
    const pool = await this.pool?.catch(() => undefined);
    await pool?.destroy();
  }

  private async run(module: URL, payload: unknown, context: TaskContext): Promise<unknown> {
    const pool = await (this.pool ??= this.open());
    const { port1: ours, port2: theirs } = new MessageChannel();
    const hard = new AbortController();
    const soft = () => ours.postMessage((context.signal.reason as Aborted).why satisfies AbortWhy);
    if (context.signal.aborted) soft();
    else context.signal.addEventListener('abort', soft, { once: true });
    if (context instanceof AttemptContext) context.whenGivenUp(() => hard.abort());
    const { job, attempt, idempotencyKey } = context;
    const task = { module: module.href, payload, jobId: job.id, task: job.task, attempt, idempotencyKey, port: theirs };
    try {
      return await pool.run(task, { signal: hard.signal, transferList: [theirs] });
    } finally {
      context.signal.removeEventListener('abort', soft);
      ours.close();
    }
  }

  private async open(): Promise<Piscina> {
    const { Piscina } = await import('piscina').catch(() => {
      throw new ConfigInvalid('thread', 'A task with `thread` needs the package piscina: npm install piscina.');
    });
    return new Piscina({ filename: this.entry.href, minThreads: 0, maxThreads: availableParallelism() });
  }
}
