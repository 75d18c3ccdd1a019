import type { Duration } from '../time/duration.js';

/**
 * Errors with meaning. A handler throws one to say how its attempt ends; to a direct caller of the method it is an
 * ordinary Error.
 */
export abstract class TaskSignal extends Error {
  protected constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Try again after `delay`; spends an attempt. Without a delay the policy decides. ARQ's `Retry(defer)`. */
export class RetryLater extends TaskSignal {
  readonly delay?: Duration;
  /** Changes this job's bound on attempts. */
  readonly attempts?: number;

  constructor(delay?: Duration, options: { attempts?: number; cause?: unknown; message?: string } = {}) {
    super(options.message ?? 'Try again later', options);
    this.delay = delay;
    this.attempts = options.attempts;
  }
}

/** Not now: `scheduled` again after `delay`, no attempt spent. */
export class Snooze extends TaskSignal {
  constructor(readonly delay: Duration) {
    super('Snoozed');
  }
}

/** Never again: straight to the dead letters. Celery's `Reject(requeue=False)`. */
export class Discard extends TaskSignal {
  /** What the failed job gives as its reason. Default `'discarded'`. */
  readonly as: string;

  constructor(
    readonly reason: string,
    options: { cause?: unknown; as?: string } = {},
  ) {
    super(reason, options);
    this.as = options.as ?? 'discarded';
  }
}

/**
 * A third party asks for patience: a snooze of `retryAfter`, in which no other job of its group begins either, or of its
 * task where that has a rate or a `maxActive` and the job has no group.
 */
export class RateLimited extends TaskSignal {
  constructor(readonly retryAfter: Duration) {
    super('Rate limited');
  }
}
