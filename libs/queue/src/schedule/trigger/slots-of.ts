import { checkTrigger } from './check-trigger.js';
import { compile } from './compile.js';
import { lastInstant } from './moments.js';
import type { Search } from './search.js';
import type { Trigger } from './trigger.js';

/** The slots of a trigger, as epoch milliseconds. `null` is: none any more, or none within 50 years. */
export interface Slots {
  /**
   * The first slot of a schedule that is put at `now`: `now` itself may be it, and the moment of `at` is it even when
   * past. `anchor` is when the schedule was put first; intervals without `from` count from it.
   */
  first(now: number, anchor: number): number | null;
  /** The first slot strictly later than `after`. */
  next(after: number, anchor: number): number | null;
}

const mostKept = 1000;
const kept = new Map<string, Slots>();

/**
 * The slots of a trigger. What was understood is kept, so asking again for the same trigger is cheap.
 * Throws `ScheduleInvalid`, also for a trigger whose code is not defined in this process.
 */
export function slotsOf(trigger: Trigger): Slots {
  const text = textOf(trigger);
  const known = text === undefined ? undefined : kept.get(text);
  if (known) return known;
  const slots = within(compile(checkTrigger(trigger)));
  if (text !== undefined) keep(text, slots);
  return slots;
}

/** `undefined` for what JSON cannot write; then the check says what is wrong with it. */
function textOf(trigger: Trigger): string | undefined {
  try {
    return JSON.stringify(trigger);
  } catch {
    return undefined;
  }
}

/** The oldest makes room. */
function keep(text: string, slots: Slots): void {
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
  kept.set(text, slots);
}

/** Whole milliseconds for the search, and only slots of the years it knows for the caller. */
function within(search: Search): Slots {
  const known = (slot: number | null) => (slot !== null && slot <= lastInstant ? slot : null);
  return {
    first: (now, anchor) => known(search.first(Math.ceil(inTime(now)), Math.ceil(inTime(anchor)))),
    next: (after, anchor) => known(search.next(Math.floor(inTime(after)), Math.ceil(inTime(anchor)))),
  };
}

/** An answer of `null` ends a schedule, so what is no time must not get one. */
function inTime(instant: number): number {
  if (Number.isNaN(instant)) throw new RangeError('Slots are looked for from epoch milliseconds on, not from NaN.');
  return Math.min(Math.max(instant, -1), lastInstant);
}
