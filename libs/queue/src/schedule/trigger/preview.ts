import { refuse } from './refusal.js';
import { slotsOf } from './slots-of.js';
import type { Trigger } from './trigger.js';

const mostSlots = 1000;

export interface PreviewFrom {
  /** Epoch milliseconds. A slot at this very moment is among those shown. */
  from: number;
  /** Epoch milliseconds from which intervals count. Default `from`. */
  anchor?: number;
}

/** The first `n` slots, fewer when the trigger ends before; none when it never fires. At most 1000. */
export function preview(trigger: Trigger, n: number, { from, anchor = from }: PreviewFrom): number[] {
  if (!Number.isInteger(n) || n < 1 || n > mostSlots) refuse('n', n, 'is out of range', `1 to ${mostSlots} slots`);
  const slots = slotsOf(trigger);
  const found: number[] = [];
  for (let slot = slots.first(from, anchor); slot !== null && found.length < n; slot = slots.next(slot, anchor)) {
    found.push(slot);
  }
  return found;
}
