import { type Duration, milliseconds } from '../time/duration.js';

/** Milliseconds the record of a completed job is kept; `Infinity` has no age limit. */
export function keepOf(keepResult: Duration | 'forever'): number {
  return keepResult === 'forever' ? Infinity : milliseconds(keepResult);
}
