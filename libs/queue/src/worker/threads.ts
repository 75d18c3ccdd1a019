import { MessageChannel } from 'node:worker_threads';
import { type AbortWhy, type Aborted, type TaskContext } from '../task/context.js';
import { ThreadPool } from '../thread/pool.js';
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
 * process such a task can be terminated.
 */
export class Threads {
  private readonly pool = new ThreadPool('thread', 'A task with `thread`');

  constructor(private readonly entry: URL = new URL('./thread-entry.js', import.meta.url)) {}

  /** The handler itself, or one that runs its module in a thread. */
  adopt(handler: Handler): Handler {
    const { thread } = handler.task.options;
    if (!thread) return handler;
    return { task: handler.task, run: (payload, context) => this.run(thread, payload, context) };
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async run(module: URL, payload: unknown, context: TaskContext): Promise<unknown> {
    const { port1: ours, port2: theirs } = new MessageChannel();
    const hard = new AbortController();
    const soft = () => ours.postMessage((context.signal.reason as Aborted).why satisfies AbortWhy);
    if (context.signal.aborted) soft();
    else context.signal.addEventListener('abort', soft, { once: true });
    if (context instanceof AttemptContext) context.whenGivenUp(() => hard.abort());
    const { job, attempt, idempotencyKey } = context;
    const task = { module: module.href, payload, jobId: job.id, task: job.task, attempt, idempotencyKey, port: theirs };
    try {
      return await this.pool.run(task, { filename: this.entry.href, signal: hard.signal, transferList: [theirs] });
    } finally {
      context.signal.removeEventListener('abort', soft);
      ours.close();
    }
  }
}
