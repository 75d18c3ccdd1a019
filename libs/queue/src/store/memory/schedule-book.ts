import type { ScheduleRecord } from '../store.js';
import { compare, Heap } from './heap.js';
import { Sorted } from './sorted.js';

/** The schedules of a store: by id, by who declares them, and those that will fire in the order in which they will. */
export class ScheduleBook {
  readonly byId = new Map<string, ScheduleRecord>();
  readonly due = new Heap<ScheduleRecord>((a, b) => a.next! - b.next! || compare(a.id, b.id));
  private readonly ids = new Sorted();
  private readonly owned = new Map<string, Sorted>();

  /** Longest overdue first. Costs what it answers. */
  overdue(now: number, limit: number): ScheduleRecord[] {
    const found: ScheduleRecord[] = [];
    for (let first = this.due.first; first && first.next! <= now && found.length < limit; first = this.due.first) {
      found.push(first);
      this.due.delete(first);
    }
    for (const schedule of found) this.due.add(schedule);
    return found;
  }

  /** By id, at most `limit` of those after `cursor`; of one owner only when it is named. Costs what it answers. */
  page(owner: string | undefined, cursor: string | undefined, limit: number): ScheduleRecord[] {
    const ids = owner === undefined ? this.ids : this.owned.get(owner);
    return (ids?.page(cursor, limit) ?? []).map((id) => this.byId.get(id)!);
  }

  /** Instead of the one of its id, whose place among the ids stays: moving it would cost what exists. */
  write(schedule: ScheduleRecord): void {
    const { id, owner } = schedule;
    const known = this.byId.get(id);
    if (known) this.due.delete(known);
    else this.ids.add(id);
    if (known && known.owner !== owner) this.disown(known);
    this.byId.set(id, schedule);
    if (owner !== undefined) {
      if (!this.owned.has(owner)) this.owned.set(owner, new Sorted());
      this.owned.get(owner)!.add(id);
    }
    if (schedule.next !== undefined) this.due.add(schedule);
  }

  delete(id: string): boolean {
    const known = this.byId.get(id);
    if (!known) return false;
    this.byId.delete(id);
    this.ids.delete(id);
    this.disown(known);
    this.due.delete(known);
    return true;
  }

  private disown({ id, owner }: ScheduleRecord): void {
    if (owner === undefined) return;
    const ids = this.owned.get(owner)!;
    ids.delete(id);
    if (ids.size === 0) this.owned.delete(owner);
  }
}
