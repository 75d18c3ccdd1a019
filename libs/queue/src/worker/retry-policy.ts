import type { Envelope } from '../job/envelope.js';
import { MillraceError } from '../job/errors.js';
import { limits } from '../job/limits.js';
import type { ErrorFilter, RetryOptions } from '../task/definition.js';
import { type Backoff, backoffDelay, exponential, fixed } from '../time/backoff.js';
import { type Duration, milliseconds } from '../time/duration.js';

const standard: { attempts: number; backoff: Backoff } = { attempts: 3, backoff: exponential('1s', { max: '10m' }) };

type Wait = Backoff | ((error: unknown, attempt: number) => Duration);

/**
 * Whether an error is retried, how often, and after how long. Precedence: what came with the call, overrides, task,
 * module defaults, built in (three attempts; 1 s, 2 s, 4 s … at most 10 min, full jitter).
 */
export class RetryPolicy {
  private readonly own: RetryOptions;
  private readonly wait: Wait;

  /** `levels`: most telling first. */
  constructor(levels: readonly (RetryOptions | undefined)[]) {
    this.own = {};
    for (const level of [...levels].reverse()) Object.assign(this.own, stripped(level));
    this.wait = levels.map(waitOf).find((wait) => wait !== undefined) ?? standard.backoff;
  }

  /** Attempts in total, the first included. */
  attempts(call: Envelope['retry']): number {
    return Math.min(limits.attempts, call?.attempts ?? this.own.attempts ?? standard.attempts);
  }

  /** `never` wins over `on`, `retryIf` has the last word. By default every error but a validation error is retried. */
  retries(error: unknown, attempt: number): boolean {
    const { on, never, retryIf } = this.own;
    if (never && matches(never, error)) return false;
    if (on ? !matches(on, error) : isValidationError(error)) return false;
    return retryIf ? retryIf(error, attempt) : true;
  }

  /** Milliseconds to wait after attempt number `attempt` failed. */
  delay(call: Envelope['retry'], error: unknown, attempt: number, random: () => number): number {
    const wait = call?.backoff ?? this.wait;
    if (typeof wait === 'function') return milliseconds(wait(error, attempt));
    return backoffDelay(wait, attempt, random);
  }
}

function waitOf(level: RetryOptions | undefined): Wait | undefined {
  return level?.backoff ?? (level?.delay === undefined ? undefined : fixed(level.delay));
}

function stripped(options: RetryOptions | undefined): RetryOptions {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
}

export function matches(filter: ErrorFilter, error: unknown): boolean {
  if (typeof filter === 'function') return filter(error);
  return filter.some((type) => error instanceof type);
}

const validationNames = new Set(['ValidationError', 'ZodError', '$ZodError', 'ValiError', 'BadRequestException']);

/** Ours, those of the usual validators, and what Nest's `ValidationPipe` throws: running again would not help. */
export function isValidationError(error: unknown): boolean {
  if (MillraceError.is(error, 'PAYLOAD_INVALID')) return true;
  return error instanceof Error && validationNames.has(error.name);
}
