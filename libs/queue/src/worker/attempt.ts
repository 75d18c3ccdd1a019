import type { Envelope } from '../job/envelope.js';
import { Aborted, type AbortWhy } from '../task/context.js';
import type { Deadlines, Due } from '../time/deadlines.js';
import type { HeldJob } from './held-job.js';
import type { Ending } from './outcome.js';
import { type KnownTask, timeoutFor, type TimeoutPolicy } from './task-table.js';

/**
 * One run of a job: what it began with, who asked it to stop, and the one ending that counts. The first ending wins;
 * code that returns after that is late, and only its place is still of interest.
 */
export class Attempt implements Due {
  /** First reason it was asked to stop, if it was. */
  asked?: AbortWhy;
  /** Somebody wants the job cancelled. */
  cancelled = false;
  /** `ctx.forget()` was called. */
  forgets = false;
  /** `RetryLater` changed the bound on attempts. */
  bound?: number;
  /** What counts. */
  ending?: Ending;
  /** The handler came back. */
  returned = false;
  /** Called when the attempt ends while its code still runs. */
  givenUp?: () => void;
  slot?: number;
  private grace = false;
  private movedTo = 0;
  private controller?: AbortController;
  private conclude?: (ending: Ending) => void;
  readonly timeout: TimeoutPolicy;

  constructor(
    readonly held: HeldJob,
    readonly task: KnownTask,
    readonly envelope: Envelope,
    private readonly deadlines: Deadlines,
  ) {
    this.timeout = timeoutFor(task, envelope.timeout);
  }

  /** From 1. */
  get number(): number {
    return this.held.job.attempts + 1;
  }

  /** Attempts the job may have in total. */
  get limit(): number {
    return this.bound ?? this.task.retry.attempts(this.envelope.retry);
  }

  /** Made when first touched: most handlers never look at it. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.asked) this.controller.abort(new Aborted(this.asked));
    }
    return this.controller.signal;
  }

  /** The code still runs, although the attempt has ended. */
  get stuck(): boolean {
    return this.ending !== undefined && !this.returned;
  }

  /** Resolves with the ending that counts; `run` is the code. */
  until(run: () => Promise<Ending>, late: () => void): Promise<Ending> {
    this.deadlines.add(this, this.timeout.after);
    return new Promise((resolve) => {
      this.conclude = resolve;
      void run().then((ending) => {
        this.returned = true;
        if (this.ending) late();
        else this.end(ending);
      });
    });
  }

  end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.deadlines.drop(this);
    this.conclude?.(ending);
    if (!this.returned) this.givenUp?.();
  }

  /** Fires the signal. On cancel the grace begins, as it does at the timeout. */
  abort(why: AbortWhy): void {
    if (why === 'cancel') {
      if (this.cancelled) return;
      this.cancelled = true;
      this.beginGrace();
    }
    if (this.asked) return;
    this.asked = why;
    this.controller?.abort(new Aborted(why));
  }

  /** The wheel calls it: at the timeout, then at the end of the grace. */
  expire(): void {
    if (this.grace) return this.end({ kind: 'overdue' });
    this.abort('timeout');
    this.beginGrace();
  }

  /** The full timeout starts again; too late once the signal fired. `now` is monotonic. */
  heartbeat(now: number): void {
    if (this.asked || this.ending) return;
    this.movedTo = now - this.held.since;
    this.deadlines.add(this, this.timeout.after);
  }

  /** Epoch milliseconds when the signal fires with reason `timeout`. */
  get deadline(): number {
    return this.held.startedAt + this.movedTo + this.timeout.after;
  }

  private beginGrace(): void {
    if (this.grace || this.ending) return;
    this.grace = true;
    this.deadlines.add(this, this.timeout.grace);
  }
}
