import type { Clock, Timer } from './clock.js';

/** Something that ends at a time. Its `expire` is called once, never early, unless it was dropped before. */
export interface Due {
  expire(): void;
  /** Slot on the wheel; `Deadlines` writes it. */
  slot?: number;
}

/** Milliseconds per slot: how late an expiry may be. */
const grain = 20;

/**
 * One timer wheel for all timeouts: adding and dropping are O(1) and touch no timer of the machine. A timer per job
 * would cost more than the rest of a short job. Measured on the monotonic clock.
 */
export class Deadlines {
  private readonly slots = new Map<number, Set<Due>>();
  private timer?: Timer;
  private armedFor = Infinity;
  private lastSlot = -1;

  constructor(private readonly clock: Clock) {}

  /** `due.expire()` in `ms` milliseconds; a deadline it had is replaced. `Infinity` is never. */
  add(due: Due, ms: number): void {
    if (due.slot !== undefined) this.drop(due);
    if (ms === Infinity) return;
    const slot = Math.ceil((this.clock.monotonic() + Math.max(0, ms)) / grain);
    const found = this.slots.get(slot);
    if (found) found.add(due);
    else this.slots.set(slot, new Set([due]));
    due.slot = this.lastSlot = slot;
    if (slot < this.armedFor) this.arm(slot);
  }

  drop(due: Due): void {
    if (due.slot === undefined) return;
    const slot = this.slots.get(due.slot);
    slot?.delete(due);
    // The newest slot is about to be filled again: keeping it spares a set per job.
    if (slot?.size === 0 && due.slot !== this.lastSlot) this.slots.delete(due.slot);
    due.slot = undefined;
  }

  /** Forgets all, and its timer. */
  clear(): void {
    this.timer?.cancel();
    this.slots.clear();
    this.armedFor = Infinity;
  }

  private arm(slot: number): void {
    this.timer?.cancel();
    this.armedFor = slot;
    this.timer = this.clock.after(slot * grain - this.clock.monotonic(), () => this.expire());
  }

  private expire(): void {
    const now = this.clock.monotonic();
    this.armedFor = Infinity;
    const over = [...this.slots.keys()].filter((slot) => slot * grain <= now).sort((a, b) => a - b);
    for (const slot of over) {
      const dues = this.slots.get(slot)!;
      this.slots.delete(slot);
      for (const due of dues) {
        if (due.slot !== slot) continue; // dropped by one before it
        due.slot = undefined;
        due.expire();
      }
    }
    this.rearm();
  }

  private rearm(): void {
    let next = Infinity;
    for (const [slot, dues] of this.slots) if (dues.size > 0 && slot < next) next = slot;
    if (next < this.armedFor) this.arm(next);
  }
}
