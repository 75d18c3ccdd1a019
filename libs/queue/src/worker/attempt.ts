import type { Envelope } from '../job/envelope.js';
import { Aborted, type AbortWhy } from '../task/context.js';
import type { Deadlines, Due } from '../time/deadlines.js';
import type { HeldJob } from './held-job.js';
import type { Ending } from './outcome.js';
import { type KnownTask, timeoutFor, type TimeoutPolicy } from './task-table.js';

/** Milliseconds the record of a job that somebody waits for stays at least, so that its result can be read. */
const keepAwaited = 10_000;

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

  /** Milliseconds the record is kept once completed; `undefined` leaves it to the store. */
  get keep(): number | undefined {
    if (this.forgets) return 0;
    const { keep: own, awaited } = this.envelope;
    const keep = own === 'forever' ? Infinity : (own ?? this.task.keep);
    return awaited && keep !== undefined ? Math.max(keep, keepAwaited) : keep;
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

  /** Its time runs. `conclude` is called with the ending that counts. */
  begin(conclude: (ending: Ending) => void): void {
    this.conclude = conclude;
    this.deadlines.add(this, this.timeout.after);
  }

  /** The code came back. False when the attempt had ended before: then nothing it says counts. */
  comeBack(ending: Ending): boolean {
    this.returned = true;
    if (this.ending) return false;
    this.end(ending);
    return true;
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
