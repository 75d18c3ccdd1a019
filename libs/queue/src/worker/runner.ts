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

  /** One run of a job. Reads top to bottom; never rejects. */
  async run(held: HeldJob, desk: Desk): Promise<void> {
    const attempt = this.begin(held);
    if (!(attempt instanceof Attempt)) return this.refuse(held, await attempt, desk);
    const context = new AttemptContext(attempt, this.services);
    const ending = await this.perform(attempt, context, desk);
    if (attempt.returned) desk.vacate(held);
    if (ending.kind === 'withdrawn' && ending.why === 'lease-lost') return;
    const outcome = await this.classify(attempt, ending);
    await this.conclude(attempt, context, outcome);
    desk.settle(held, outcome);
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

  private refuse(held: HeldJob, outcome: AttemptOutcome, desk: Desk): void {
    if (outcome.kind === 'failed')
      outcome.then = this.letters(() => this.deadLetters.ofRefused(held.job, outcome.error));
    desk.vacate(held);
    desk.settle(held, outcome);
  }

  /** Within timeout, cancel and lease: the ending that came first. */
  private perform(attempt: Attempt, context: AttemptContext, desk: Desk): Promise<Ending> {
    return attempt.until(
      () => this.call(attempt, context),
      () => this.late(attempt, desk),
    );
  }

  private async call(attempt: Attempt, context: AttemptContext): Promise<Ending> {
    let ending: Ending;
    try {
      ending = { kind: 'returned', value: await TaskContext.run(context, () => this.handle(attempt, context)) };
    } catch (error) {
      ending = { kind: 'threw', error };
    }
    if (this.endHooks.length > 0) await this.tellEnd(context, ending);
    return ending;
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

  private async classify(attempt: Attempt, ending: Ending): Promise<AttemptOutcome> {
    try {
      return await this.classifier.classify(attempt, ending);
    } catch (error) {
      // A `retryIf`, back-off or schema of the user threw: failing is safer than running again for ever.
      return this.classifier.failed('policy', error);
    }
  }

  /** What must be known to the store before, or together with, the settling. */
  private async conclude(attempt: Attempt, context: AttemptContext, outcome: AttemptOutcome): Promise<void> {
    if (outcome.kind === 'failed') outcome.then = this.letters(() => this.deadLetters.of(attempt, outcome.error));
    const flushing = context.flushed();
    if (flushing) await flushing;
    if (outcome.kind !== 'retry' || attempt.bound === undefined) return;
    const { steps } = attempt.held.job;
    if (steps?.[boundStep] === String(attempt.bound)) return;
    await this.guarded('note', () => context.notes.keep({ step: { name: boundStep, result: String(attempt.bound) } }));
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
