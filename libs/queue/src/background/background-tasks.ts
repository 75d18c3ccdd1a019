import type { EventEmitter } from 'node:events';
import type { Queue } from '../client/queue.js';
import { ConfigInvalid } from '../job/errors.js';
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
  private dropped = false;
  private running = false;

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

  /** Runs `run` after the response, or, when that has gone out already, after what was added before. */
  add(run: BackgroundFunction): void {
    if (this.dropped) return;
    this.waiting.push(run);
    if (this.flushed) this.start();
  }

  /** The durable sibling: a job. Resolves once the store has it, so await it before answering. */
  get enqueue(): Queue['enqueue'] {
    const { queue } = this;
    if (!queue)
      throw new ConfigInvalid('background', 'background.enqueue() needs QueueModule.forRoot() in this application.');
    return queue.enqueue.bind<Queue['enqueue']>(queue);
  }

  private flush(status: number): void {
    if (this.flushed) return;
    this.flushed = true;
    this.dropped = status >= 400 && this.options.runOn !== 'always';
    if (!this.dropped) this.start();
  }

  private start(): void {
    if (this.running || this.waiting.length === 0) return;
    this.running = true;
    this.runner.run(() => {
      const next = this.waiting.shift();
      this.running = next !== undefined;
      return next;
    });
  }
}
