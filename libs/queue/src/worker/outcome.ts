import type { WhyScheduled } from '../job/state.js';
import type { Hold, NewJob, Settlement } from '../store/store.js';

/** How the code of an attempt ended, or was given up on. */
export type Ending =
  | { kind: 'returned'; value: unknown }
  | { kind: 'threw'; error: unknown }
  /** It ignored its signal beyond the grace and still runs. */
  | { kind: 'overdue' }
  /** The worker lets go of it: at shutdown, or because others may run it now. */
  | { kind: 'withdrawn'; why: 'shutdown' | 'lease-lost' };

/** What becomes of the job. Times are milliseconds, `text` is what the store keeps. */
export type AttemptOutcome =
  | { kind: 'completed'; value: unknown; text?: string; keep?: number }
  | { kind: 'retry'; in: number; error: unknown; text: string }
  /** With `pause` the job's group, or else its task, waits as long. */
  | { kind: 'snoozed'; in: number; pause?: true }
  | { kind: 'failed'; reason: string; error: unknown; text: string; then?: NewJob[] }
  | { kind: 'cancelled'; reason: string; text?: string }
  | { kind: 'released'; why: WhyScheduled | 'shutdown'; in?: number };

/** One entry of the next exchange. */
export function settlementOf({ id, fence }: Hold, outcome: AttemptOutcome): Settlement {
  switch (outcome.kind) {
    case 'completed':
      return { id, fence, outcome: 'completed', result: outcome.text, keep: outcome.keep };
    case 'retry':
      return { id, fence, outcome: 'retry', in: outcome.in, error: outcome.text };
    case 'snoozed':
      return { id, fence, outcome: 'snoozed', in: outcome.in, pause: outcome.pause };
    case 'failed':
      return { id, fence, outcome: 'failed', reason: outcome.reason, error: outcome.text, then: outcome.then };
    case 'cancelled':
      return { id, fence, outcome: 'cancelled', reason: outcome.reason, error: outcome.text };
    case 'released':
      if (outcome.why === 'shutdown') return { id, fence, outcome: 'released' };
      return { id, fence, outcome: 'released', in: outcome.in ?? 0, why: outcome.why };
    default:
      return outcome satisfies never;
  }
}
