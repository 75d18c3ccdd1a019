import type { JobState } from '../job/state.js';
import type { Events } from '../events/events.js';
import type { Clock } from '../time/clock.js';
import type { HeldJob } from './held-job.js';
import type { AttemptOutcome } from './outcome.js';

/** Announces what became of an attempt, once the store has confirmed it. Makes no fact that nobody wants to hear. */
export class Reporter {
  constructor(
    private readonly events: Events,
    private readonly clock: Clock,
  ) {}

  started(held: HeldJob): void {
    if (!this.events.has('job.started')) return;
    const lateBy = Math.max(0, held.startedAt - (held.job.dueAt ?? held.job.enqueuedAt));
    this.events.emit('job.started', { ...this.fact(held), lateBy });
  }

  /** `state` is what the store made of it: a marked job that would have run again is `cancelled`. */
  settled(held: HeldJob, outcome: AttemptOutcome, state: JobState | 'stale'): void {
    if (state === 'stale') return this.stale(held);
    if (state === 'cancelled' && outcome.kind !== 'cancelled') return this.cancelled(held, 'request');
    switch (outcome.kind) {
      case 'completed':
        if (this.events.has('job.completed'))
          this.events.emit('job.completed', { ...this.timed(held), result: outcome.value });
        return;
      case 'retry':
        if (this.events.has('job.retry'))
          this.events.emit('job.retry', { ...this.timed(held), error: outcome.error, delay: outcome.in });
        return;
      case 'snoozed':
        if (this.events.has('job.snoozed')) this.events.emit('job.snoozed', { ...this.timed(held), delay: outcome.in });
        return;
      case 'failed':
        if (this.events.has('job.failed'))
          this.events.emit('job.failed', { ...this.timed(held), error: outcome.error, reason: outcome.reason });
        return;
      case 'cancelled':
        return this.cancelled(held, outcome.reason);
      case 'released':
        if (this.events.has('job.released')) this.events.emit('job.released', { ...this.fact(held), why: outcome.why });
        return;
      default:
        return outcome satisfies never;
    }
  }

  /** The hold was lost: whatever the attempt did, others decide about the job. */
  stale(held: HeldJob): void {
    if (this.events.has('job.stale')) this.events.emit('job.stale', this.fact(held));
  }

  /** Something of ours went wrong. */
  trouble(doing: string, error: unknown): void {
    if (this.events.has('error')) this.events.emit('error', { at: this.clock.now(), error, doing });
  }

  private cancelled(held: HeldJob, reason: string): void {
    if (this.events.has('job.cancelled')) this.events.emit('job.cancelled', { ...this.fact(held), reason });
  }

  private timed(held: HeldJob) {
    return { ...this.fact(held), ms: this.clock.monotonic() - held.since };
  }

  private fact({ job, lane, worker }: HeldJob) {
    const { id, task, attempts } = job;
    return { id, task, queue: lane.queue, at: this.clock.now(), worker, attempt: attempts + 1 };
  }
}
