import { type Duration, milliseconds } from './duration.js';

export type Jitter = 'full' | 'equal' | 'none';

/** How long to wait before retry `n` (1 is the wait after the first attempt). Plain data, so it may travel with a job. */
export interface Backoff {
  kind: 'fixed' | 'linear' | 'exponential';
  /** Milliseconds. */
  base: number;
  /** Exponential only; default 2. */
  factor?: number;
  /** Milliseconds; the cap, applied before jitter. */
  max?: number;
  /** `full` is uniform in [0, wait], `equal` in [wait/2, wait]. */
  jitter: Jitter;
}

export interface BackoffOptions {
  /** Longest wait. Default `'10m'`. */
  max?: Duration;
  /** Default `'full'` for exponential, `'none'` for fixed and linear. */
  jitter?: Jitter;
}

/** The same wait each time. Celery's `retry_delay`. */
export function fixed(delay: Duration, options: BackoffOptions = {}): Backoff {
  return make('fixed', delay, 'none', options);
}

/** `delay`, twice `delay`, three times `delay` … */
export function linear(delay: Duration, options: BackoffOptions = {}): Backoff {
  return make('linear', delay, 'none', options);
}

/** min(max, base · factor^(n−1)). Celery's `retry_backoff`. */
export function exponential(base: Duration, options: BackoffOptions & { factor?: number } = {}): Backoff {
  return { ...make('exponential', base, 'full', options), factor: options.factor ?? 2 };
}

/** Milliseconds before retry `n`, counted from 1. */
export function backoffDelay(backoff: Backoff, n: number, random: () => number): number {
  const wait = Math.min(backoff.max ?? Infinity, growth(backoff, Math.max(1, n)));
  if (backoff.jitter === 'full') return Math.round(random() * wait);
  if (backoff.jitter === 'equal') return Math.round(wait / 2 + (random() * wait) / 2);
  return Math.round(wait);
}

function growth(backoff: Backoff, n: number): number {
  if (backoff.kind === 'fixed') return backoff.base;
  if (backoff.kind === 'linear') return backoff.base * n;
  return backoff.base * (backoff.factor ?? 2) ** (n - 1);
}

function make(kind: Backoff['kind'], base: Duration, jitter: Jitter, options: BackoffOptions): Backoff {
  return { kind, base: milliseconds(base), max: milliseconds(options.max ?? '10m'), jitter: options.jitter ?? jitter };
}
