import { setTimeout as sleep } from 'node:timers/promises';
import { clockTime } from '../support/time.js';
import type { Producer } from './participant.js';

export interface Drained {
  /** Settled jobs per second, the first fifth left out. */
  perSecond: number;
  /** When none was left, as `clockTime()` says. */
  at: number;
}

const patience = 300_000;

/** Looks every so many milliseconds until none of `jobs` is left. With so few that the warm-up is all there is, that counts too. */
export async function drain(queue: Pick<Producer, 'left'>, jobs: number, every = 10): Promise<Drained> {
  const deadline = performance.now() + patience;
  let from: { left: number; at: number } | undefined;
  let before = { left: jobs, at: clockTime() };
  for (;;) {
    const left = await queue.left();
    const now = { left, at: clockTime() };
    if (left === 0) return drained(from ?? before, now);
    if (left <= jobs * 0.8) from ??= now;
    before = now;
    if (performance.now() > deadline) throw new Error(`${left} of ${jobs} jobs are left after ${patience / 1000} s.`);
    await sleep(every);
  }
}

function drained(from: { left: number; at: number }, { at }: { at: number }): Drained {
  return { perSecond: (from.left * 1000) / (at - from.at), at };
}
