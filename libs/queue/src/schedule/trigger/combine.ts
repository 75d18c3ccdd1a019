import type { Left, Search } from './search.js';

/** The union, in order. A member that has ended is left out. */
export function anyOfSearch(members: readonly Search[]): Search {
  const earliest = (found: (number | null)[]) => {
    const slots = found.filter((slot) => slot !== null);
    return slots.length > 0 ? Math.min(...slots) : null;
  };
  return {
    first: (...asked) => earliest(members.map((member) => member.first(...asked))),
    next: (...asked) => earliest(members.map((member) => member.next(...asked))),
  };
}

/**
 * The slots of any member for which every other member has one at most `within` later. Each member stands at its first
 * slot that may still agree; those too early for the latest of them are moved up, until all agree, one has ended, or
 * `steps` moves are used up. An `allOf` within another one draws on the steps of the outer one.
 */
export function allOfSearch(members: readonly Search[], within: number, steps: number): Search {
  const agree = (found: (number | null)[], anchor: number, left: Left): number | null => {
    for (;;) {
      if (left.steps <= 0 || found.includes(null)) return null;
      const slots = found as number[];
      const earliest = Math.max(...slots) - within;
      if (slots.every((slot) => slot >= earliest)) return Math.min(...slots);
      found = slots.map((slot, i) => {
        if (slot >= earliest) return slot;
        left.steps--;
        return members[i]!.next(earliest - 1, anchor, left);
      });
    }
  };
  return {
    first: (now, anchor, left = { steps }) =>
      agree(
        members.map((member) => member.first(now, anchor, left)),
        anchor,
        left,
      ),
    next: (after, anchor, left = { steps }) =>
      agree(
        members.map((member) => member.next(after, anchor, left)),
        anchor,
        left,
      ),
  };
}
