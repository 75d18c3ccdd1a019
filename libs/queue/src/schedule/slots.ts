import type { Definition } from './definition.js';
import { slotsOf } from './trigger/index.js';

/** The slots of a schedule: those of its trigger, within its bounds. Epoch milliseconds. */
export interface SlotSequence {
  /** The first one from `now` on; of a date also when it is past. */
  first(now: number): number | null;
  /** The first one later than `after`. */
  next(after: number): number | null;
}

/** Throws `ScheduleInvalid` when the trigger needs code that this process does not have. */
export function sequenceOf({ trigger, anchor, from = -Infinity, until = Infinity }: Definition): SlotSequence {
  const slots = slotsOf(trigger);
  const within = (slot: number | null) => (slot !== null && slot <= until ? slot : null);
  return {
    first: (now) => {
      const slot = slots.first(now, anchor);
      return within(slot !== null && slot < from ? slots.next(from - 1, anchor) : slot);
    },
    next: (after) => within(slots.next(Math.max(after, from - 1), anchor)),
  };
}

export interface DueSlots {
  /** The newest, oldest first. */
  slots: number[];
  /** How many older ones were left out; beyond `counted` in all they are not counted any more. */
  older: number;
  /** The first one that is not due yet. */
  upcoming: number | null;
}

/** Slots that are counted one by one after a long absence. */
const counted = 2000;

/** The slots from `first` up to `now`, at most `most` of them. Takes bounded time, however long nobody looked. */
export function dueSlots({ next }: SlotSequence, first: number, now: number, most: number): DueSlots {
  const slots: number[] = [];
  let slot: number | null = first;
  while (slot !== null && slot <= now && slots.length < counted) {
    slots.push(slot);
    slot = next(slot);
  }
  if (slot !== null && slot <= now) {
    const newest = newestSlots(next, slot, now, most);
    return { slots: newest, older: slots.length, upcoming: next(now) };
  }
  return { slots: slots.slice(-most), older: Math.max(0, slots.length - most), upcoming: slot };
}

/** Looks back over twice the time until that holds enough. */
function newestSlots(next: SlotSequence['next'], first: number, now: number, most: number): number[] {
  for (let span = 1000; ; span *= 2) {
    const begin = Math.max(first, now - span);
    const slots: number[] = [];
    for (let slot = next(begin - 1); slot !== null && slot <= now; slot = next(slot)) slots.push(slot);
    if (slots.length >= most || begin === first) return slots.slice(-most);
  }
}
