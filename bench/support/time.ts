import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds since 1970 with fractions, comparable across the processes of one machine. */
export function clockTime(): number {
  return performance.timeOrigin + performance.now();
}

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Asks again every `every` milliseconds until the answer is yes. Rejects when it still is no after `within`. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  { every = 10, within = 120_000 } = {},
): Promise<void> {
  const deadline = performance.now() + within;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${within / 1000} s.`);
    await sleep(every);
  }
}
