import { ConfigInvalid } from '../job/errors.js';
import { checkOptions } from '../job/options.js';
import { parseDuration } from '../time/duration.js';
import { type CellRate, cellRate, type RateLimit } from '../time/rate.js';

/** Milliseconds of a duration that is at least `least`. */
export function checkDuration(where: string, value: unknown, least: number): number {
  const ms = parseDuration(value);
  if (ms === undefined) {
    refuse(
      where,
      `'${String(value)}' is not a duration: write '500ms', '30s', '5m', '2h', '1d' or '1w', or milliseconds`,
    );
  }
  if (ms < least) refuse(where, `must be at least ${least} ms, not ${ms}`);
  return ms;
}

export function checkOneOf(where: string, value: unknown, allowed: readonly string[]): void {
  if (!allowed.includes(value as string)) refuse(where, `must be one of ${allowed.join(', ')}, not '${String(value)}'`);
}

export function checkWhole(where: string, value: unknown, least: number, most: number): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    refuse(where, `must be a whole number from ${least} to ${most}, not ${String(value)}`);
  }
}

/** What a store reckons with: `'10/m'`, or `{ limit: '10/m', burst: 5 }`. */
export function checkRate(where: string, rate: unknown): CellRate {
  if (typeof rate !== 'string') checkOptions(where, rate, ['limit', 'burst']);
  try {
    return cellRate(rate as RateLimit);
  } catch (error) {
    if (error instanceof RangeError) refuse(where, error.message);
    throw error;
  }
}

export function refuse(where: string, says: string): never {
  throw new ConfigInvalid(where, `${where}: ${says}.`);
}
