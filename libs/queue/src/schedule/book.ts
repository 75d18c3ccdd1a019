import type { Codec } from '../job/envelope.js';
import { ScheduleInvalid } from '../job/errors.js';
import { limits } from '../job/limits.js';
import type { ScheduleRecord, Store } from '../store/store.js';
import { type Definition, Definitions, type JobPattern, writeDefinition } from './definition.js';
import type { Policy } from './policy.js';
import { sequenceOf, type SlotSequence } from './slots.js';
import type { Trigger } from './trigger/index.js';

/** A schedule as somebody wants it, all checked. */
export interface Wish extends Policy {
  id: string;
  trigger: Trigger;
  job: JobPattern;
  onBoot?: boolean;
  owner?: string;
  paused?: boolean;
}

/** How often a write is tried against others that come first. */
const tries = 100;

/** Where schedules are read and written: every change is made to the version that was seen, and tried again when it was not the latest. */
export class ScheduleBook {
  private readonly definitions: Definitions;
  private asking?: Promise<number>;

  constructor(
    readonly store: Store,
    readonly codec: Codec | undefined,
  ) {
    this.definitions = new Definitions(codec);
  }

  /** Throws `Undecodable`. */
  definitionOf(record: ScheduleRecord): Definition {
    return this.definitions.of(record);
  }

  async find(id: string): Promise<ScheduleRecord | undefined> {
    const { schedules } = await this.store.schedules({ ids: [id] });
    return schedules[0];
  }

  /** The store's clock, asked once for all that want to know at the same time. */
  now(): Promise<number> {
    this.asking ??= this.store.time().finally(() => (this.asking = undefined));
    return this.asking;
  }

  /**
   * Writes `wish`. `mind` is shown each schedule that is there before it is replaced; what it answers ends the try, and it
   * may throw. Nothing is written where nothing would change.
   */
  async put(wish: Wish, mind: (present: ScheduleRecord) => ScheduleRecord | undefined): Promise<ScheduleRecord> {
    const now = await this.now();
    let present: ScheduleRecord | undefined;
    for (let n = 0; n < tries; n++) {
      const kept = present && mind(present);
      if (kept) return kept;
      const schedule = this.assemble(wish, present, now);
      if (!schedule) {
        // It may be there, and have ended.
        if (present || !(present = await this.find(wish.id))) throw neverFires();
        continue;
      }
      if (present && isSame(present, schedule)) return present;
      const answer = await this.store.putSchedule(schedule, present?.version ?? 0);
      if (answer.outcome === 'put') return answer.schedule!;
      if (answer.outcome === 'full') {
        throw new ScheduleInvalid('id', `There are ${limits.schedules} schedules already: remove some first.`);
      }
      present = answer.schedule;
    }
    throw new ScheduleInvalid('id', `The schedule '${wish.id}' is changed without end by others. Try again.`);
  }

  /** Changes what is there, by compare-and-set. `undefined` when there is no such schedule. */
  async change<T>(id: string, change: (present: ScheduleRecord) => Promise<T | undefined>): Promise<T | undefined> {
    for (let n = 0; n < tries; n++) {
      const present = await this.find(id);
      if (!present) return undefined;
      const done = await change(present);
      if (done !== undefined) return done;
    }
    throw new ScheduleInvalid('id', `The schedule '${id}' is changed without end by others. Try again.`);
  }

  /** An unchanged trigger goes on as it was: same anchor, same next slot, same count; one that has ended stays ended. `undefined`: no slot is left. */
  private assemble({ id, owner, paused, ...wish }: Wish, present: ScheduleRecord | undefined, now: number) {
    const before = present && this.legible(present);
    const goesOn = before !== undefined && whenOf(before) === whenOf(wish);
    const made = goesOn ? before.made : wish.count && present?.counts.enqueued;
    const definition: Definition = {
      ...wish,
      anchor: goesOn ? before.anchor : now,
      ...(made !== undefined && { made }),
    };
    const sequence = sequenceOf(definition);
    const ended = goesOn && present !== undefined && hasEnded(present);
    const waiting = goesOn ? present?.next : undefined;
    const next = ended ? undefined : (waiting ?? firstAfter(sequence, now, present?.last) ?? undefined);
    if (next === undefined && !ended && !(owner !== undefined && isOver(definition, now))) return undefined;
    const asleep = paused ?? present?.paused ?? false;
    const body = writeDefinition(definition, this.codec);
    return { id, body, owner, paused: asleep, next: asleep ? undefined : next };
  }

  /** `undefined` when it cannot be read here: it was written with another codec. */
  legible(record: ScheduleRecord): Definition | undefined {
    try {
      return this.definitionOf(record);
    } catch {
      return undefined;
    }
  }
}

/** The first slot from `now` on that was not dealt with yet. */
export function firstAfter({ first, next }: SlotSequence, now: number, last: number | undefined): number | null {
  const slot = first(now);
  return slot !== null && last !== undefined && slot <= last ? next(last) : slot;
}

function neverFires(): ScheduleInvalid {
  return new ScheduleInvalid('trigger', 'The trigger has no slot any more: this schedule would never fire.');
}

/** One that is declared in code stays when it has no slot any more, or every boot would take it for a new one. */
function hasEnded({ next, paused }: ScheduleRecord): boolean {
  return next === undefined && !paused;
}

/** Its time is over, so it had slots once: code that declares it may boot in a later year. */
function isOver({ until = Infinity, ...definition }: Definition, now: number): boolean {
  return until < now && sequenceOf(definition).first(now) !== null;
}

/** What decides about slots, as text. */
function whenOf({ trigger, from, until, count }: Omit<Policy, 'jitter'> & { trigger: Trigger }): string {
  return JSON.stringify([trigger, from, until, count]);
}

function isSame(
  present: ScheduleRecord,
  wanted: { body: string; owner?: string; paused: boolean; next?: number },
): boolean {
  const { body, owner, paused, next } = present;
  return body === wanted.body && owner === wanted.owner && paused === wanted.paused && next === wanted.next;
}
