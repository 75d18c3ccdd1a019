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

/** The same promise, which rejects when it takes more than ten seconds. */
export async function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within 10 s.`)), 10_000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
