import type { Fleet } from './fleet.js';

/** Numbers from 0 to 1 that are the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Kills or freezes one process every so often; more than half of them are awake at any time. Answers how to end that. */
export function injectFaults(fleet: Fleet, size: number, every: number, random: () => number): () => void {
  let timer: NodeJS.Timeout;
  const next = () => {
    timer = setTimeout(
      () => {
        const awake = [...fleet.awake];
        if (awake.length > size / 2) {
          const member = awake[Math.floor(random() * awake.length)]!;
          if (random() < 0.5) fleet.kill(member, 500 + 3000 * random());
          else fleet.freeze(member, 500 + 6000 * random());
        }
        next();
      },
      every * (0.5 + random()),
    );
  };
  next();
  return () => clearTimeout(timer);
}
