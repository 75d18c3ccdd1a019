import { performance } from 'node:perf_hooks';

/** A pending call. Cancelling twice, or after it ran, is harmless. */
export interface Timer {
  cancel(): void;
}

/** Time, handed in. `Date.now`, `setTimeout` and `Math.random` live in this room only. */
export interface Clock {
  /** Whole milliseconds since 1970, as the wall says. May jump. */
  now(): number;
  /** Milliseconds that only ever grow, for measuring. */
  monotonic(): number;
  /** Calls `run` once, `ms` from now. A wait beyond an hour is split, so no timer overflows. Never keeps the process alive. */
  after(ms: number, run: () => void): Timer;
  /** Resolves `ms` from now, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Uniform in [0, 1). */
  random(): number;
}

const hour = 3_600_000;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  after(ms, run) {
    let handle: NodeJS.Timeout;
    const wait = (left: number) => {
      const step = Math.min(left, hour);
      handle = setTimeout(() => (left > step ? wait(left - step) : run()), step);
      handle.unref();
    };
    wait(Math.max(0, ms));
    return { cancel: () => clearTimeout(handle) };
  },
  sleep: (ms, signal) => sleepOn(systemClock, ms, signal),
};

/** `sleep` for any clock that has `after`. */
export function sleepOn(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
