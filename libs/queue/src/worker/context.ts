import { ConfigInvalid, ResultInvalid } from '../job/errors.js';
import { parseJobId } from '../job/id.js';
import { limits } from '../job/limits.js';
import { NotPlain } from '../job/plain.js';
import { priorities } from '../job/state.js';
import { type JobInfo, TaskContext, type TaskLogger } from '../task/context.js';
import { Snooze } from '../task/signals.js';
import type { Duration } from '../time/duration.js';
import type { Attempt } from './attempt.js';
import { JobLogger } from './job-logger.js';
import { Notes } from './notes.js';
import type { Services } from './services.js';

const nothing = Object.freeze({});

/** The context of one attempt. Whatever a plain handler does not touch is never made. */
export class AttemptContext extends TaskContext {
  private info?: JobInfo;
  private lines?: TaskLogger;
  private kept?: Notes;
  private steps?: Map<string, Promise<unknown>>;
  private latest?: { data: unknown };

  constructor(
    private readonly of: Attempt,
    private readonly services: Services,
  ) {
    super();
  }

  get job(): JobInfo {
    return (this.info ??= this.describe());
  }

  get attempt(): number {
    return this.of.number;
  }

  get isLastAttempt(): boolean {
    return this.of.number >= this.of.limit;
  }

  get deadline(): number {
    return this.of.deadline;
  }

  get worker(): string {
    return this.of.held.worker;
  }

  get signal(): AbortSignal {
    return this.of.signal;
  }

  get fence(): number {
    return this.of.held.job.fence;
  }

  get idempotencyKey(): string {
    return this.of.held.job.id;
  }

  get scheduledFor(): number | undefined {
    return this.of.envelope.slot ?? this.of.held.job.dueAt;
  }

  get logger(): TaskLogger {
    return (this.lines ??= new JobLogger(this.of, this.notes, this.services.logger));
  }

  get lastCheckpoint(): unknown {
    const text = this.of.held.job.checkpoint;
    this.latest ??= { data: text === undefined ? undefined : this.services.texts.read(text) };
    return this.latest.data;
  }

  progress(percent: number, detail?: unknown): Promise<void> {
    if (percent >= 0 && percent <= 100) return unattended(this.tell(percent, detail));
    return Promise.reject(new RangeError(`Progress is 0 to 100, not ${String(percent)}`));
  }

  log(message: string): Promise<void> {
    return unattended(this.notes.line(message));
  }

  async checkpoint(data: unknown): Promise<void> {
    await this.notes.keep({ checkpoint: this.text(data) });
    this.latest = { data };
  }

  async step<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    checkStepName(name);
    this.steps ??= new Map();
    let step = this.steps.get(name);
    if (!step) this.steps.set(name, (step = this.once(name, run)));
    return step as Promise<T>;
  }

  snooze(delay: Duration): never {
    throw new Snooze(delay);
  }

  forget(): void {
    this.of.forgets = true;
  }

  heartbeat(): void {
    this.of.heartbeat(this.services.clock.monotonic());
  }

  /** Before settling: lines still on their way, if any. */
  flushed(): Promise<void> | undefined {
    return this.kept?.flushed();
  }

  /** Calls `run` when the attempt ends while its code still runs: whoever can stop that code does it then. */
  whenGivenUp(run: () => void): void {
    this.of.givenUp = run;
  }

  get notes(): Notes {
    return (this.kept ??= new Notes(this.of, this.services));
  }

  /** A step that fails may be tried again, also within the attempt. */
  private async once(name: string, run: () => unknown): Promise<unknown> {
    const before = this.of.held.job.steps;
    if (before && Object.hasOwn(before, name)) return this.services.texts.read(before[name]!);
    try {
      const result = await run();
      await this.notes.keep({ step: { name, result: this.text(result) } });
      return result;
    } catch (error) {
      this.steps?.delete(name);
      throw error;
    }
  }

  private async tell(percent: number, detail: unknown): Promise<void> {
    await this.notes.progress(this.text(detail === undefined ? { percent } : { percent, detail }));
    this.announce(percent, detail);
  }

  private text(value: unknown): string {
    try {
      return this.services.texts.write(value);
    } catch (error) {
      throw error instanceof NotPlain ? new ResultInvalid(this.of.task.definition.name, error.issues) : error;
    }
  }

  private announce(percent: number, detail: unknown): void {
    const { events, clock } = this.services;
    if (!events.has('job.progress')) return;
    const { job, lane, worker } = this.of.held;
    const fact = { id: job.id, task: job.task, queue: lane.queue, at: clock.now(), worker, attempt: this.attempt };
    events.emit('job.progress', { ...fact, percent, detail });
  }

  private describe(): JobInfo {
    const { job } = this.of.held;
    const { headers, workflow, schedule } = this.of.envelope;
    return Object.freeze({
      id: job.id,
      task: job.task,
      queue: parseJobId(job.id)?.queue ?? this.of.held.lane.queue,
      priority: priorities[job.priority] ?? 'normal',
      enqueuedAt: job.enqueuedAt,
      runAt: job.dueAt,
      expires: job.expiresAt,
      parentId: job.parent,
      rootId: job.root,
      workflowId: workflow,
      scheduleId: schedule,
      headers: headers ?? nothing,
      tags: job.tags ?? [],
      timeout: this.of.timeout.after,
    });
  }
}

/** Who does not wait for it need not hear that it came too late: an unhandled rejection would end the process. */
function unattended(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}

/** What begins with `~` is ours: `RetryLater` remembers its bound that way. */
function checkStepName(name: string): void {
  if (typeof name === 'string' && name !== '' && name.length <= limits.key && !name.startsWith('~')) return;
  throw new ConfigInvalid(
    'step',
    `'${String(name).slice(0, 64)}' cannot name a step: use 1 to ${limits.key} characters, the first of them not '~'.`,
  );
}
