type Unit = 's' | 'm' | 'h' | 'd';

/** So many per second, minute, hour or day: `'10/m'`, or of any number of these: `'100/10s'`. `'10 per minute'` does not compile. */
export type RateText = `${number}/${Unit}` | `${number}/${number}${Unit}`;

/** Evenly spaced; with a `burst`, so many at once after a time in which fewer came. */
export type RateLimit = RateText | { limit: RateText; /** From 1, the default, to the limit. */ burst?: number };

/** The generic cell rate algorithm: one every `interval`, and `slack` before its time. Whole microseconds. */
export interface CellRate {
  interval: number;
  slack: number;
  /** What people wrote: `10/m`, `10/m, burst 5`. */
  text: string;
}

const size: Record<Unit, number> = { s: 1e6, m: 60e6, h: 3600e6, d: 86_400e6 };
const shape = /^(\d+)\/(\d*)([smhd])$/;
const longest = 366 * size.d;
/** Per second. Beyond it whole microseconds are too coarse to keep to 95 %. */
const fastest = 10_000;
/** Microseconds a claim may come late without a loss: what a worker that is busy or far away needs. */
const lateness = 25_000;

/**
 * What a store reckons with. No window as long as the period holds more than the limit, with a burst of b no more than
 * b − 1 above it. Without a burst the limit is spread over a period that is `lateness` longer, and an attempt may begin so
 * much before its time: claims which come late are made up for, and the window pays for that, not the bound; beside
 * intervals of a second and more it would not matter. Throws a `RangeError` that says what is allowed.
 */
export function cellRate(rate: RateLimit): CellRate {
  const { limit, burst = 1 } = typeof rate === 'string' ? { limit: rate } : rate;
  const { count, period } = read(limit);
  if (!Number.isInteger(burst) || burst < 1 || burst > count) {
    throw new RangeError(`a burst is a whole number from 1 to the limit of ${count}, not ${String(burst)}`);
  }
  const spared = burst > 1 || period >= count * size.s ? 0 : lateness;
  const interval = Math.ceil((period + spared) / count);
  const slack = burst > 1 ? (burst - 1) * interval : spared;
  return { interval, slack, text: burst > 1 ? `${limit}, burst ${burst}` : limit };
}

function read(limit: unknown): { count: number; period: number } {
  const shown = typeof limit === 'string' ? `'${limit.slice(0, 32)}'` : `a value of type ${typeof limit}`;
  const match = typeof limit === 'string' ? shape.exec(limit) : null;
  if (!match) {
    throw new RangeError(`${shown} is no rate: write '10/m', so many per s, m, h or d, or '100/10s'`);
  }
  const count = Number(match[1]);
  const period = Number(match[2] || 1) * size[match[3] as Unit];
  if (count < 1) throw new RangeError(`${shown} lets nothing through: to stop a task, pause it`);
  if (period < 1 || period > longest) throw new RangeError(`the period of ${shown} must be from 1s to 366d`);
  if (count > (fastest * period) / size.s) throw new RangeError(`${shown} is more than ${fastest} a second`);
  return { count, period };
}
