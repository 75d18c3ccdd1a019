import type { MessagePort } from 'node:worker_threads';
import { Aborted, type AbortWhy, type JobInfo, TaskContext, type TaskLogger } from '../task/context.js';
import { Snooze } from '../task/signals.js';
import { systemClock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { packError, unpackError } from './thread-error.js';
import type { About, FromThread, ToThread } from './thread-port.js';

interface Asked {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  /** Of a step. */
  run?: () => unknown;
}

/**
 * The context of an attempt in its worker thread: what a handler in process has. What it tells goes to the worker, which
 * does it, fenced, with the context of its own.
 */
export class ThreadContext extends TaskContext {
  readonly job: JobInfo;
  readonly attempt: number;
  readonly isLastAttempt: boolean;
  readonly worker: string;
  readonly fence: number;
  readonly idempotencyKey: string;
  readonly scheduledFor: number | undefined;
  readonly logger: TaskLogger;
  deadline: number;
  lastCheckpoint: unknown;
  private readonly controller = new AbortController();
  private readonly asked = new Map<number, Asked>();
  private calls = 0;

  /** @internal */
  constructor(
    about: About,
    private readonly port: MessagePort,
  ) {
    super();
    this.job = about.job;
    this.attempt = about.attempt;
    this.isLastAttempt = about.isLastAttempt;
    this.worker = about.worker;
    this.fence = about.fence;
    this.idempotencyKey = about.idempotencyKey;
    this.scheduledFor = about.scheduledFor;
    this.deadline = about.deadline;
    this.lastCheckpoint = about.lastCheckpoint;
    const write = (level: keyof TaskLogger) => (line: string) => this.post({ tell: 'line', args: [level, line] });
    this.logger = { debug: write('debug'), log: write('log'), warn: write('warn'), error: write('error') };
    port.on('message', (message: ToThread) => this.hear(message));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** `job.id`. */
  get jobId(): string {
    return this.job.id;
  }

  /** `job.task`. */
  get task(): string {
    return this.job.task;
  }

  progress(percent: number, detail?: unknown): Promise<void> {
    return unattended(this.ask('progress', [percent, detail])) as Promise<void>;
  }

  log(message: string): Promise<void> {
    return unattended(this.ask('log', [message])) as Promise<void>;
  }

  async checkpoint(data: unknown): Promise<void> {
    await this.ask('checkpoint', [data]);
    this.lastCheckpoint = data;
  }

  step<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    return this.ask('step', [name], run) as Promise<T>;
  }

  snooze(delay: Duration): never {
    throw new Snooze(delay);
  }

  forget(): void {
    this.post({ tell: 'forget', args: [] });
  }

  heartbeat(): void {
    if (!this.signal.aborted) this.deadline = systemClock.now() + this.job.timeout;
    this.post({ tell: 'heartbeat', args: [] });
  }

  private ask(
    verb: 'progress' | 'log' | 'checkpoint' | 'step',
    args: unknown[],
    run?: () => unknown,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = this.calls++;
      this.asked.set(call, { resolve, reject, run });
      this.post({ ask: verb, call, args });
    });
  }

  private hear(message: ToThread): void {
    if ('abort' in message) this.controller.abort(new Aborted(message.abort satisfies AbortWhy));
    else if ('run' in message) void this.perform(message.run);
    else this.answered(message);
  }

  private answered(message: Extract<ToThread, { answer: number }>): void {
    const asked = this.asked.get(message.answer);
    this.asked.delete(message.answer);
    if (message.error) asked?.reject(unpackError(message.error));
    else asked?.resolve(message.value);
  }

  /** The worker has no result of this step yet. */
  private async perform(call: number): Promise<void> {
    try {
      const value = await this.asked.get(call)!.run!();
      this.post({ ran: call, value });
    } catch (error) {
      this.post({ ran: call, error: packError(error) });
    }
  }

  private post(message: FromThread): void {
    this.port.postMessage(message);
  }
}

/** Who does not wait for it need not hear that it came too late. */
function unattended(promise: Promise<unknown>): Promise<unknown> {
  promise.catch(() => undefined);
  return promise;
}
