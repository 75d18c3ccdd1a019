type Unit = 'ms' | 's' | 'm' | 'h' | 'd' | 'w';

/** `'500ms' | '30s' | '5m' | '2h' | '1d' | '1w'`, or milliseconds. `'5 minutes'` does not compile. */
export type Duration = `${number}${Unit}` | number;

const size: Record<Unit, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const shape = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/;

/** Milliseconds of a duration. Throws a `RangeError` that shows the allowed forms. */
export function milliseconds(duration: Duration): number {
  const ms = parseDuration(duration);
  if (ms === undefined) {
    throw new RangeError(
      `'${String(duration)}' is not a duration: write '500ms', '30s', '5m', '2h', '1d' or '1w', or a number of milliseconds`,
    );
  }
  return ms;
}

/** Milliseconds, or `undefined` when `value` is not a duration. */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const match = shape.exec(value);
  return match ? Number(match[1]) * size[match[2] as Unit] : undefined;
}

/** The shortest exact text: 90000 is `'90s'`, 3600000 is `'1h'`. */
export function formatDuration(ms: number): string {
  for (const unit of ['w', 'd', 'h', 'm', 's'] as const) {
    if (ms >= size[unit] && ms % size[unit] === 0) return `${ms / size[unit]}${unit}`;
  }
  return `${ms}ms`;
}
