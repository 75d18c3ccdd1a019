import type { Bounds } from './trigger.js';

/**
 * Finds slots. Arguments and answers are whole epoch milliseconds; `null` is: none any more. `left` counts down what an
 * `allOf` around it may still ask.
 */
export interface Search {
  /** The first slot at or after `now`, or one that is past and was never fired. */
  first(now: number, anchor: number, left?: Left): number | null;
  /** The first slot strictly later than `after`. */
  next(after: number, anchor: number, left?: Left): number | null;
}

export interface Left {
  steps: number;
}

/**
 * Without the slots before the anchor. A past moment is the first slot of a union all the same, and asking on from there
 * must not bring up what the other members had before the schedule was.
 */
export function sinceAnchor({ first, next }: Search): Search {
  return { first, next: (after, anchor, left) => next(Math.max(after, anchor - 1), anchor, left) };
}

/** A search for slots that are the same whenever they are asked for, cut at `from` and `until`. */
export function searchBy(next: Search['next'], { from = 0, until = Infinity }: Bounds<number> = {}): Search {
  const bounded: Search['next'] = (after, anchor, left) => {
    const found = next(Math.max(after, from - 1), anchor, left);
    return found === null || found > until ? null : found;
  };
  return { next: bounded, first: (now, anchor, left) => bounded(now - 1, anchor, left) };
}
