import { JobTimeout, MillraceError, PayloadInvalid, ResultInvalid } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { NotPlain } from '../job/plain.js';
import { Aborted } from '../task/context.js';
import { Discard, RateLimited, RetryLater, Snooze } from '../task/signals.js';
import type { Clock } from '../time/clock.js';
import { milliseconds } from '../time/duration.js';
import type { Attempt } from './attempt.js';
import type { AttemptOutcome, Ending } from './outcome.js';
import { isValidationError } from './retry-policy.js';
import type { Texts } from './services.js';

/** From how the code ended to what becomes of the job. All policy of an attempt is here; no store knows any of it. */
export class Classifier {
  constructor(
    private readonly clock: Clock,
    private readonly texts: Texts,
    private readonly resultLimit: number = limits.payload,
  ) {}

  classify(attempt: Attempt, ending: Ending): AttemptOutcome | Promise<AttemptOutcome> {
    switch (ending.kind) {
      case 'returned':
        return this.returned(attempt, ending.value);
      case 'threw':
        return this.threw(attempt, ending.error);
      case 'overdue':
        return attempt.cancelled ? cancelled() : this.overdue(attempt);
      case 'withdrawn':
        return { kind: 'released', why: 'shutdown' };
      default:
        return ending satisfies never;
    }
  }

  /** The last resort: for an error nobody decides about. */
  failed(reason: string, error: unknown): AttemptOutcome & { kind: 'failed' } {
    return { kind: 'failed', reason, error, text: this.texts.writeError(error) };
  }

  private returned(attempt: Attempt, value: unknown): AttemptOutcome | Promise<AttemptOutcome> {
    const { returns } = attempt.task.definition;
    if (!returns || value === undefined || value instanceof Error) return this.completed(attempt, value, false);
    return this.shaped(attempt, returns.check(value));
  }

  private async shaped(attempt: Attempt, checked: unknown): Promise<AttemptOutcome> {
    const answer = (await checked) as { value: unknown } | { issues: { path: string; message: string }[] };
    if ('value' in answer) return this.completed(attempt, answer.value, true);
    return this.failed('invalid-result', new ResultInvalid(attempt.held.job.task, answer.issues));
  }

  /** The work was done: a result that cannot be stored fails the job, and running it again would not help. */
  private completed(attempt: Attempt, value: unknown, instances: boolean): AttemptOutcome {
    const { keep } = attempt;
    // Without a record there is nowhere to keep it.
    if (value === undefined || keep === 0) return { kind: 'completed', value, keep };
    try {
      const text = this.texts.write(value, instances);
      if (Buffer.byteLength(text) <= this.resultLimit) return { kind: 'completed', value, text, keep };
      const message = `takes ${Buffer.byteLength(text)} bytes, more than ${this.resultLimit}`;
      return this.failed('invalid-result', new ResultInvalid(attempt.held.job.task, [{ path: '', message }]));
    } catch (error) {
      const issues = error instanceof NotPlain ? error.issues : [{ path: '', message: String(error) }];
      return this.failed('invalid-result', new ResultInvalid(attempt.held.job.task, issues));
    }
  }

  private threw(attempt: Attempt, error: unknown): AttemptOutcome {
    if (attempt.cancelled) return cancelled(error instanceof Aborted ? undefined : this.texts.writeError(error));
    if (attempt.asked === 'shutdown') return { kind: 'released', why: 'shutdown' };
    if (error instanceof Snooze) return { kind: 'snoozed', in: milliseconds(error.delay) };
    if (error instanceof RateLimited) return { kind: 'snoozed', in: milliseconds(error.retryAfter), pause: true };
    if (error instanceof Discard) return this.failed(error.as, error);
    if (error instanceof RetryLater) return this.retryLater(attempt, error);
    if (attempt.asked === 'timeout' && isStop(error)) return this.overdue(attempt);
    return this.byPolicy(attempt, error);
  }

  private overdue(attempt: Attempt): AttemptOutcome {
    return this.byPolicy(attempt, new JobTimeout(attempt.held.job.id, attempt.timeout.after));
  }

  /** The explicit delay wins over the policy. When no attempt is left the job fails with what lay behind. */
  private retryLater(attempt: Attempt, error: RetryLater): AttemptOutcome {
    if (error.attempts !== undefined) attempt.bound = Math.min(limits.attempts, error.attempts);
    const cause = error.cause ?? error;
    if (attempt.number >= attempt.limit) return this.failed('exhausted', cause);
    const wait = error.delay === undefined ? this.delay(attempt, cause) : milliseconds(error.delay);
    return { kind: 'retry', in: wait, error: cause, text: this.texts.writeError(cause) };
  }

  private byPolicy(attempt: Attempt, error: unknown): AttemptOutcome {
    if (error instanceof ResultInvalid) return this.failed('invalid-result', error);
    if (!attempt.task.retry.retries(error, attempt.number)) return this.failed(refusal(error), error);
    if (attempt.number >= attempt.limit) return this.failed('exhausted', error);
    return { kind: 'retry', in: this.delay(attempt, error), error, text: this.texts.writeError(error) };
  }

  private delay(attempt: Attempt, error: unknown): number {
    return attempt.task.retry.delay(attempt.envelope.retry, error, attempt.number, () => this.clock.random());
  }
}

function cancelled(text?: string): AttemptOutcome {
  return { kind: 'cancelled', reason: 'request', text };
}

function refusal(error: unknown): string {
  if (error instanceof PayloadInvalid || MillraceError.is(error, 'PAYLOAD_INVALID')) return 'invalid-payload';
  return isValidationError(error) ? 'invalid' : 'not-retryable';
}

/** What code throws that heeds its signal: the reason itself, or the platform's own. */
function isStop(error: unknown): boolean {
  return error instanceof Aborted || (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name));
}
