import type { Clock } from '../../time/clock.js';
import type { Firing, NewJob, NewSchedule } from '../store.js';
import type { Command, FirePlan } from './commands.js';

/** As much of a schedule as the next change has to know. */
interface Known {
  version: number;
  last?: number;
  next?: number;
}

/** Names that sort otherwise than their numbers. */
const names = ['b', 'a', 'B', 'a-1', '~'];
const owners = ['shop', 'mill'];

/** Makes schedules and firings of a history: keeps the versions and slots, so that most of what it asks is applied. */
export class SchedulePlayer {
  private readonly known = new Map<string, Known>();

  constructor(private readonly clock: Clock) {}

  put({ schedule, owner, next, stale }: Command & { do: 'putSchedule' }): [NewSchedule, number] {
    const id = names[schedule]!;
    const before = this.known.get(id);
    const version = before?.version ?? 0;
    const reached = before?.last ?? -Infinity;
    const at = next === undefined ? undefined : Math.max(this.clock.now() + next, reached + 1);
    if (!stale) this.known.set(id, { ...before, next: at, version: version + 1 });
    const body = `body ${version}`;
    return [
      { id, body, owner: owner === undefined ? undefined : owners[owner], next: at, paused: at === undefined },
      stale ? version + 1 : version,
    ];
  }

  remove({ schedule, seen, stale }: Command & { do: 'removeSchedule' }): [string, number?] {
    const id = names[schedule]!;
    const version = this.known.get(id)?.version ?? 0;
    if (!seen || !stale) this.known.delete(id);
    return seen ? [id, stale ? version + 1 : version] : [id];
  }

  fire({ schedule, stale, slots, missed, byHand, next, finished }: FirePlan, jobs: NewJob[]): Firing {
    const id = names[schedule]!;
    const before = this.known.get(id) ?? { version: 1 };
    const reached = before.last ?? -Infinity;
    const slot = Math.max(before.next ?? this.clock.now(), reached + 1);
    const last = byHand ? undefined : slot;
    const after = next && slot + next;
    if (!stale && this.known.has(id)) {
      if (finished) this.known.delete(id);
      else this.known.set(id, { version: before.version + 1, last: last ?? before.last, next: after });
    }
    return {
      ...{ id, seen: stale ? before.version - 1 : before.version, missed, jobs, last, next: after, finished },
      slots: slots.map((outcome, i) => ({
        slot: slot - slots.length + 1 + i,
        outcome,
        why: outcome === 'skipped' ? 'overlap' : undefined,
        job: outcome === 'enqueued' ? jobs[i]?.id : undefined,
      })),
    };
  }
}

/** What a history can see of its schedules. */
export const scheduleOwners: readonly string[] = owners;
