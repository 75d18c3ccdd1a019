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

/** What to wait for. */
export interface Draining {
  /** Jobs that are left at first. */
  jobs: number;
  /** Jobs that are left in the end. Default 0. */
  downTo?: number;
  /** Milliseconds between two looks. Default 10. */
  every?: number;
}

/** Looks until no more than `downTo` jobs are left. With so few that the warm-up is all there is, that counts too. */
export async function drain(
  queue: Pick<Producer, 'left'>,
  { jobs, downTo = 0, every = 10 }: Draining,
): Promise<Drained> {
  const deadline = performance.now() + patience;
  const warm = jobs - 0.2 * (jobs - downTo);
  let from: Look | undefined;
  let before: Look = { left: jobs, at: clockTime() };
  for (;;) {
    const now = { left: await queue.left(), at: clockTime() };
    if (now.left <= downTo) return { perSecond: rate(from ?? before, now), at: now.at };
    if (now.left <= warm) from ??= now;
    before = now;
    if (performance.now() > deadline) throw new Error(`${now.left} jobs are left after ${patience / 1000} s.`);
    await sleep(every);
  }
}

interface Look {
  left: number;
  at: number;
}

function rate(from: Look, to: Look): number {
  return ((from.left - to.left) * 1000) / (to.at - from.at);
}
