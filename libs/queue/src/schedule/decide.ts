import { limits } from '../job/limits.js';
import type { ScheduleRecord, SlotRecord } from '../store/store.js';
import type { Definition } from './definition.js';
import { dueSlots, type SlotSequence } from './slots.js';

/** What the unfinished jobs of a schedule do: one of them waits behind others, or none does; `none` when all have ended, or nobody needs to know. */
export type Previous = 'none' | 'blocked' | 'unfinished';

/** What shall become of the slots that are due. */
export interface Decision {
  /** Oldest first. Those that get a job are `enqueued`; `behind` says that it waits for the one before it. */
  slots: (Omit<SlotRecord, 'job'> & { behind?: boolean })[];
  /** Missed slots beyond those listed. */
  missed: number;
  last: number;
  next: number | null;
  /** The unfinished jobs must end first, and are told to. */
  cancelPrevious: boolean;
}

/**
 * Reads what is due off a schedule's record: `grace` first, then `misfire`, then `count`, then `overlap`. Pure: the same
 * question gets the same answer in every process, and compare-and-set lets one of them act on it.
 */
export function decide(
  definition: Definition,
  sequence: SlotSequence,
  record: Pick<ScheduleRecord, 'next' | 'counts'>,
  now: number,
  previous: Previous,
): Decision {
  const { grace = Infinity, catchUp = limits.catchUp } = definition;
  const first = record.next!;
  const due = dueSlots(sequence, first, now, Math.max(catchUp, limits.slots));
  const slots = due.slots.map((slot): SlotRecord => ({ slot, outcome: 'enqueued' }));
  miss(slots, ({ slot }) => now - slot < grace, 'grace');
  if (now - first > limits.punctual) applyMisfire(slots, definition, sequence, first, now);
  const { counts } = record;
  const left = (definition.count ?? Infinity) - (counts.enqueued - (definition.made ?? 0));
  const decided = applyOverlap(slots, definition, left, previous);
  const missed = decided.slots.filter(({ outcome }) => outcome === 'missed');
  const unlisted = new Set(missed.slice(0, -limits.slots));
  const ended = decided.made >= left;
  return {
    slots: decided.slots.filter((slot) => !unlisted.has(slot)),
    missed: due.older - (slots.length - due.slots.length) + unlisted.size,
    last: slots.at(-1)!.slot,
    next: ended ? null : due.upcoming,
    cancelPrevious: decided.cancelPrevious,
  };
}

/** Somebody has been late: one job for all that were missed, or each its own, or none. */
function applyMisfire(
  slots: SlotRecord[],
  { misfire = 'latest', catchUp = limits.catchUp, grace = Infinity }: Definition,
  { next }: SlotSequence,
  first: number,
  now: number,
): void {
  const open = slots.filter(({ outcome }) => outcome === 'enqueued');
  if (misfire === 'all') {
    const kept = new Set(open.slice(-catchUp));
    return miss(slots, (slot) => kept.has(slot), 'misfire');
  }
  if (misfire === 'skip') return miss(slots, ({ slot }) => now - slot <= limits.punctual, 'misfire');
  if (misfire === 'latest') return miss(slots, (slot) => slot === open.at(-1), 'misfire');
  // The first of all may lie before those that were listed.
  const earliest = now - first < grace ? first : next(now - grace);
  miss(slots, ({ slot }) => slot === earliest, 'misfire');
  if (earliest !== null && earliest < slots[0]!.slot) slots.unshift({ slot: earliest, outcome: 'enqueued' });
}

function miss(slots: SlotRecord[], keep: (slot: SlotRecord) => boolean, why: string): void {
  for (const slot of slots) {
    if (slot.outcome === 'enqueued' && !keep(slot)) Object.assign(slot, { outcome: 'missed', why });
  }
}

/** Slot by slot: what the job before it, of this schedule, lets become of it. Beyond `left` jobs there are no slots any more. */
function applyOverlap(
  slots: SlotRecord[],
  { overlap = 'allow' }: Definition,
  left: number,
  previous: Previous,
): { slots: Decision['slots']; made: number; cancelPrevious: boolean } {
  const decided: Decision['slots'] = [];
  const open = slots.filter(({ outcome }) => outcome === 'enqueued');
  let made = 0;
  let before = previous;
  for (const slot of slots) {
    if (slot.outcome !== 'enqueued') {
      decided.push(slot);
      continue;
    }
    if (made >= left) break;
    // Of several at once the last one would cancel those before it.
    const skipped =
      overlap === 'cancel'
        ? slot !== open.at(-1)
        : (overlap === 'skip' && before !== 'none') || (overlap === 'wait' && before === 'blocked');
    if (skipped) {
      decided.push({ ...slot, outcome: 'skipped', why: 'overlap' });
      continue;
    }
    const behind = overlap !== 'allow' && before !== 'none';
    decided.push(behind ? { ...slot, behind } : slot);
    made++;
    before = behind ? 'blocked' : 'unfinished';
  }
  return { slots: decided, made, cancelPrevious: overlap === 'cancel' && made > 0 && previous !== 'none' };
}
