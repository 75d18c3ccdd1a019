import type { EventEmitter } from 'node:events';
import type { Queue } from '../client/queue.js';
import type { BackgroundFunction, BackgroundRunner } from './runner.js';

/** What both Express and Fastify (its `raw`) answer with. */
export interface Flushable extends EventEmitter {
  readonly statusCode: number;
}

export interface BackgroundOptions {
  /** `'success'` (default) runs nothing after an answer of 400 and above; `'always'` runs it all the same. */
  runOn?: 'success' | 'always';
}

/**
 * Work for after the response, in this process: `background.add(() => this.mail.welcome(user))`. It runs once the
 * response is flushed, in the order added, and is awaited at shutdown. What must survive a crash belongs in a queue:
 * `background.enqueue(MailTasks.welcome, user)`.
 */
export class BackgroundTasks {
  private readonly waiting: BackgroundFunction[] = [];
  private flushed = false;

  constructor(
    private readonly runner: BackgroundRunner,
    private readonly queue: Queue | undefined,
    response: Flushable,
    private readonly options: BackgroundOptions = {},
  ) {
    const flush = () => this.flush(response.statusCode);
    response.once('finish', flush);
    // Also when the client hung up before the end: what was promised is done.
    response.once('close', flush);
  }

  /** Runs `run` after the response; at once when that has already gone out. */
  add(run: BackgroundFunction): void {
    if (this.flushed) this.runner.run([run]);
    else this.waiting.push(run);
  }

  /** The durable sibling: a job. Resolves once the store has it, so await it before answering. */
  enqueue: Queue['enqueue'] = ((...args: Parameters<Queue['enqueue']>) => {
    if (!this.queue) throw new Error('background.enqueue() needs QueueModule in this application');
    return this.queue.enqueue(...args);
  }) as Queue['enqueue'];

  private flush(status: number): void {
    if (this.flushed) return;
    this.flushed = true;
    if (status < 400 || this.options.runOn === 'always') this.runner.run(this.waiting);
  }
}
