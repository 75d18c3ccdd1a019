import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Queue } from '../client/queue.js';
import { ConfigInvalid } from '../job/errors.js';
import { type Flushable, whenAnswered } from './answered.js';
import type { BackgroundFunction } from './context.js';
import { Line } from './line.js';
import type { BackgroundRunner } from './runner.js';

export interface BackgroundOptions {
  /** `'success'` (default) runs nothing after an answer of 400 and above; `'always'` runs it all the same. */
  runOn?: 'success' | 'always';
  /** The first function that fails drops those behind it. Default false: each stands alone. */
  stopOnError?: boolean;
}

/** Whom the response is for, and who makes it. */
export interface Circumstances {
  request?: object;
  /** Whether the handler ended well, once it has ended. */
  handler?: Promise<boolean>;
}

/**
 * Work for after the response, in this process: `background.add(() => this.mail.welcome(user))`. It runs once the
 * response is flushed, in the order added, and is awaited at shutdown. What must survive a crash belongs in a queue:
 * `background.enqueue(MailTasks.welcome, user)`.
 */
export class BackgroundTasks {
  private readonly line: Line;

  constructor(
    private readonly runner: BackgroundRunner,
    private readonly queue: Queue | undefined,
    response: Flushable,
    options: BackgroundOptions = {},
    { request, handler }: Circumstances = {},
  ) {
    const line = new Line(runner, request, options.stopOnError);
    this.line = line;
    whenAnswered(response, handler, (success) => {
      if (success || options.runOn === 'always') line.open();
      else line.drop();
    });
  }

  /**
   * Runs `run` after the response, or, when that has gone out already, after what was added before. Throws
   * `BackgroundFull` when as many functions wait or run as this process may hold (1 000 unless told otherwise).
   */
  add(run: BackgroundFunction): void {
    this.line.add(run);
  }

  /**
   * Like `add`, for code that computes: the default export of the module `file` is called with `payload` in a worker
   * thread, and the event loop stays free. `file` is a URL, `new URL('./thumbnail.js', import.meta.url)`, or an absolute
   * path; the payload is copied. Needs the package piscina.
   */
  addBlocking(file: URL | string, payload?: unknown): void {
    const filename = moduleOf(file).href;
    this.line.add(() => this.runner.threads.run(payload, { filename }));
  }

  /** The durable sibling: a job. Resolves once the store has it, so await it before answering. */
  get enqueue(): Queue['enqueue'] {
    const { queue } = this;
    if (!queue)
      throw new ConfigInvalid('background', 'background.enqueue() needs QueueModule.forRoot() in this application.');
    return queue.enqueue.bind<Queue['enqueue']>(queue);
  }
}

/** A relative path would mean something else in every folder a process is started from. */
function moduleOf(file: URL | string): URL {
  if (file instanceof URL) return file;
  if (typeof file === 'string' && isAbsolute(file)) return pathToFileURL(file);
  throw new ConfigInvalid(
    'file',
    `background.addBlocking() needs a URL, new URL('./file.js', import.meta.url), or an absolute path, not '${String(file)}'.`,
  );
}
