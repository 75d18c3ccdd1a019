import { MessageChannel } from 'node:worker_threads';
import { parseBytes } from '../job/bytes.js';
import { ThreadOutOfMemory } from '../job/errors.js';
import type { TaskContext } from '../task/context.js';
import type { TaskDefinition, ThreadOptions } from '../task/definition.js';
import { ThreadPool } from '../thread/pool.js';
import type { ThreadKind } from '../thread/seat.js';
import type { Clock } from '../time/clock.js';
import { AttemptContext } from './context.js';
import type { Handler, WorkerLogger, WorkerThreads } from './options.js';
import { ThreadCalls } from './thread-calls.js';
import type { About, ThreadCall, ThreadLine } from './thread-port.js';

type Call = Handler['run'];

/** A task of a thread with what works around it, in process. Nest's side makes these. */
export interface ThreadedHandler extends Handler {
  /** Guards, pipes and so on, and `call` in the place of the method. */
  around(call: Call): Call;
}

export interface Surroundings extends WorkerThreads {
  clock?: Clock;
  logger?: WorkerLogger;
  /** Called in the thread for each job. */
  entry?: URL;
}

/**
 * Runs tasks with a `thread` in worker threads: the event loop stays free, and unlike code in process such a task can be
 * terminated. To the rest of the worker a job in a thread is like any other.
 */
export class Threads {
  private readonly pool: ThreadPool;
  private readonly entry: URL;

  constructor(private readonly options: Surroundings = {}) {
    this.entry = options.entry ?? new URL('./thread-entry.js', import.meta.url);
    const farewell = { payload: { farewell: true } satisfies ThreadCall, filename: this.entry.href };
    const died = (error: unknown) => options.logger?.error(`A worker thread without a job has ended: ${String(error)}`);
    const { clock, max } = options;
    const heard = (message: unknown) => this.hear(message);
    this.pool = new ThreadPool('thread', 'A task with `thread`', { clock, max, farewell, heard, died });
  }

  /** The handler itself, or one that runs its module in a thread. */
  adopt(handler: Handler): Handler {
    const { task } = handler;
    const { thread } = task.options;
    if (!thread) return handler;
    const options = thread instanceof URL ? { module: thread } : thread;
    const call: Call = (payload, context) => this.run(task, options, payload, context);
    return { task, run: isThreaded(handler) ? handler.around(call) : call };
  }

  /** Terminates what still runs. Threads without a job close what they have opened, within a second. */
  close(): Promise<void> {
    return this.pool.close();
  }

  private async run(task: TaskDefinition, options: ThreadOptions, payload: unknown, context: TaskContext) {
    const { port1: ours, port2: theirs } = new MessageChannel();
    const hard = new AbortController();
    if (context instanceof AttemptContext) context.whenGivenUp(() => hard.abort());
    const kind = this.kindOf(options);
    const module = options.module.href;
    const call: ThreadCall = { module, payload, about: aboutOf(context), port: theirs };
    const calls = new ThreadCalls(ours, context, classesOf(task));
    try {
      await this.pool.run(call, {
        filename: this.entry.href,
        ...{ signal: hard.signal, whileWaiting: context.signal, transferList: [theirs], kind, module },
        bound: options.threads === undefined ? undefined : { name: task.name, threads: options.threads },
      });
      return calls.ending();
    } catch (error) {
      const outOfMemory = (error as { code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
      throw outOfMemory ? new ThreadOutOfMemory(task.name, kind.memory) : error;
    } finally {
      calls.close();
      theirs.close();
    }
  }

  private kindOf({ memory, recycle }: ThreadOptions): ThreadKind {
    const { memory: most, recycle: after } = this.options;
    return { memory: parseBytes(memory ?? most), jobs: (recycle ?? after)?.jobs };
  }

  private hear(message: unknown): void {
    const { millrace, line } = message as ThreadLine;
    if (typeof millrace === 'string') this.options.logger?.[millrace]?.(line);
  }
}

function isThreaded(handler: Handler): handler is ThreadedHandler {
  return 'around' in handler;
}

function aboutOf(context: TaskContext): About {
  const { job, attempt, isLastAttempt, worker, fence, idempotencyKey, scheduledFor, deadline } = context;
  const { lastCheckpoint } = context;
  return { job, attempt, isLastAttempt, worker, fence, idempotencyKey, scheduledFor, deadline, lastCheckpoint };
}

/** Of errors that the task's policy tells apart. */
function classesOf({ options: { retry, expected } }: TaskDefinition) {
  return [retry?.on, retry?.never, expected].flatMap((filter) => (typeof filter === 'object' ? filter : []));
}
