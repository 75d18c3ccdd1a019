import { open } from '../job/envelope.js';
import { PayloadInvalid, WorkerLost } from '../job/errors.js';
import type { NewJob } from '../store/store.js';
import { TaskContext } from '../task/context.js';
import { Attempt } from './attempt.js';
import { Classifier } from './classify.js';
import { AttemptContext } from './context.js';
import type { DeadLetters } from './dead-letter.js';
import type { HeldJob } from './held-job.js';
import type { WorkerHooks } from './options.js';
import type { AttemptOutcome, Ending } from './outcome.js';
import type { Reporter } from './report.js';
import type { Services } from './services.js';
import type { TaskTable } from './task-table.js';
import type { UnknownTasks } from './unknown-task.js';

/** Where the endings go. */
export interface Desk {
  settle(held: HeldJob, outcome: AttemptOutcome): void;
  /** The code is done with its place. */
  vacate(held: HeldJob): void;
}

/** The step of earlier attempts that remembers a bound set by `RetryLater`. No handler can name it: `~` is ours. */
const boundStep = '~attempts';

/** Runs held jobs: begin, perform, classify, settle; the desk reports once the store has answered. */
export class Runner {
  private readonly classifier: Classifier;
  private readonly startHooks: WorkerHooks[];
  private readonly endHooks: WorkerHooks[];

  constructor(
    private readonly services: Services,
    private readonly tasks: TaskTable,
    private readonly unknown: UnknownTasks,
    private readonly deadLetters: DeadLetters,
    private readonly reporter: Reporter,
  ) {
    this.classifier = new Classifier(services.clock, services.texts, services.resultLimit);
    this.startHooks = services.hooks.filter((hooks) => hooks.onJobStart);
    this.endHooks = services.hooks.filter((hooks) => hooks.onJobEnd);
  }

  /** One run of a job: begins it, and returns. Never throws. Promises are made only for what really waits. */
  run(held: HeldJob, desk: Desk): void {
    const attempt = this.begin(held);
    if (!(attempt instanceof Attempt)) return this.refuse(held, attempt, desk);
    const context = new AttemptContext(attempt, this.services);
    attempt.begin((ending) => this.ended(attempt, context, ending, desk));
    this.call(attempt, context, desk);
  }

  /** The attempt; or, when the job cannot be run here, what becomes of it. */
  private begin(held: HeldJob): Attempt | AttemptOutcome | Promise<AttemptOutcome> {
    const task = this.tasks.get(held.job.task);
    if (!task) return this.unknown.judge(held);
    try {
      const envelope = open(held.job.body, this.services.texts.codec);
      // Whoever enqueued it by name alone did not know that it may run once only; the store allowed it another run.
      if (task.options.onWorkerLost === 'fail' && held.job.crashes > 0) {
        return this.classifier.failed('worker-lost', new WorkerLost(held.job.id, held.job.crashes));
      }
      const attempt = new Attempt(held, task, envelope, this.services.deadlines);
      const bound = held.job.steps?.[boundStep];
      if (bound !== undefined) attempt.bound = Number(bound);
      held.attempt = attempt;
      this.reporter.started(held);
      return attempt;
    } catch (error) {
      return this.classifier.failed('undecodable', error);
    }
  }

  private refuse(held: HeldJob, outcome: AttemptOutcome | Promise<AttemptOutcome>, desk: Desk): void {
    if (outcome instanceof Promise) return void outcome.then((known) => this.refuse(held, known, desk));
    if (outcome.kind === 'failed')
      outcome.then = this.letters(() => this.deadLetters.ofRefused(held.job, outcome.error));
    desk.vacate(held);
    desk.settle(held, outcome);
  }

  private call(attempt: Attempt, context: AttemptContext, desk: Desk): void {
    let value: unknown;
    try {
      value = TaskContext.run(context, () => this.handle(attempt, context));
    } catch (error) {
      return this.cameBack(attempt, context, { kind: 'threw', error }, desk);
    }
    if (!isThenable(value)) return this.cameBack(attempt, context, { kind: 'returned', value }, desk);
    value.then(
      (value) => this.cameBack(attempt, context, { kind: 'returned', value }, desk),
      (error: unknown) => this.cameBack(attempt, context, { kind: 'threw', error }, desk),
    );
  }

  private cameBack(attempt: Attempt, context: AttemptContext, ending: Ending, desk: Desk): void {
    if (this.endHooks.length === 0) this.count(attempt, ending, desk);
    else void this.tellEnd(context, ending).then(() => this.count(attempt, ending, desk));
  }

  private count(attempt: Attempt, ending: Ending, desk: Desk): void {
    if (!attempt.comeBack(ending)) this.late(attempt, desk);
  }

  private handle(attempt: Attempt, context: AttemptContext): unknown {
    const { payload: schema } = attempt.task.definition;
    if (schema || this.startHooks.length > 0) return this.handleChecked(attempt, context);
    return attempt.task.handler.run(attempt.envelope.payload, context);
  }

  private async handleChecked(attempt: Attempt, context: AttemptContext): Promise<unknown> {
    const { definition, handler } = attempt.task;
    let { payload } = attempt.envelope;
    for (const hooks of this.startHooks) await this.guarded('onJobStart', () => hooks.onJobStart!(context));
    if (definition.payload) {
      const answer = await definition.payload.check(payload);
      if ('issues' in answer) throw new PayloadInvalid(attempt.held.job.task, answer.issues);
      payload = answer.value;
    }
    return handler.run(payload, context);
  }

  private async tellEnd(context: AttemptContext, ending: Ending): Promise<void> {
    const told =
      ending.kind === 'returned' ? { result: ending.value } : { error: (ending as { error?: unknown }).error };
    await TaskContext.run(context, async () => {
      for (const hooks of this.endHooks) await this.guarded('onJobEnd', () => hooks.onJobEnd!(context, told));
    });
  }

  /** The code came back after its attempt had ended: nothing it says counts, its place is free again. */
  private late(attempt: Attempt, desk: Desk): void {
    const { ending } = attempt;
    const told = ending?.kind === 'withdrawn' && ending.why === 'lease-lost';
    if (!told) this.reporter.stale(attempt.held);
    desk.vacate(attempt.held);
  }

  /** Within timeout, cancel and lease: the ending that came first. */
  private ended(attempt: Attempt, context: AttemptContext, ending: Ending, desk: Desk): void {
    if (attempt.returned) desk.vacate(attempt.held);
    if (ending.kind === 'withdrawn' && ending.why === 'lease-lost') return;
    const outcome = this.classify(attempt, ending);
    if (outcome instanceof Promise) void outcome.then((known) => this.conclude(attempt, context, known, desk));
    else this.conclude(attempt, context, outcome, desk);
  }

  private classify(attempt: Attempt, ending: Ending): AttemptOutcome | Promise<AttemptOutcome> {
    // A `retryIf`, back-off or schema of the user threw: failing is safer than running again for ever.
    const broken = (error: unknown) => this.classifier.failed('policy', error);
    try {
      const outcome = this.classifier.classify(attempt, ending);
      return outcome instanceof Promise ? outcome.catch(broken) : outcome;
    } catch (error) {
      return broken(error);
    }
  }

  /** What must be known to the store is told before, or together with, the settling. */
  private conclude(attempt: Attempt, context: AttemptContext, outcome: AttemptOutcome, desk: Desk): void {
    if (outcome.kind === 'failed') outcome.then = this.letters(() => this.deadLetters.of(attempt, outcome.error));
    const told = this.lastWords(attempt, context, outcome);
    if (told) void told.then(() => desk.settle(attempt.held, outcome));
    else desk.settle(attempt.held, outcome);
  }

  /** Lines still on their way, and the bound that `RetryLater` has set; usually neither. */
  private lastWords(attempt: Attempt, context: AttemptContext, outcome: AttemptOutcome): Promise<void> | undefined {
    const flushing = context.flushed();
    if (outcome.kind !== 'retry' || attempt.bound === undefined) return flushing;
    const bound = String(attempt.bound);
    if (attempt.held.job.steps?.[boundStep] === bound) return flushing;
    return this.guarded('note', async () => {
      await flushing;
      await context.notes.keep({ step: { name: boundStep, result: bound } });
    });
  }

  /** A letter that cannot be written must not keep its job from ending. */
  private letters(write: () => NewJob[] | undefined): NewJob[] | undefined {
    try {
      return write();
    } catch (error) {
      this.reporter.trouble('write a dead letter', error);
      return undefined;
    }
  }

  private async guarded(doing: string, run: () => unknown): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.reporter.trouble(doing, error);
      this.services.logger?.error(`${doing} failed: ${String(error)}`, (error as Error | undefined)?.stack);
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
