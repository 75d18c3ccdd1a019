import type { ScheduleRecord, SlotOutcome } from '../store/store.js';
import { type Definition, envelopeOf } from './definition.js';
import type { Misfire, Overlap } from './policy.js';
import { describeTrigger, type Trigger } from './trigger/index.js';

/** All that is known of a schedule. Every field is present, `null` when there is nothing to say. Instants are epoch milliseconds. */
export interface ScheduleView {
  readonly id: string;
  /** `null`, as the trigger, when the stored text cannot be read here: it was written with another codec. */
  readonly task: string | null;
  readonly queue: string | null;
  readonly payload: unknown;
  readonly trigger: Trigger | null;
  /** The trigger in English. */
  readonly words: string;
  /** The next slot; `null` while it is paused, and of one in code that has no slot any more. */
  readonly next: number | null;
  /** The latest slot that was dealt with. */
  readonly last: number | null;
  readonly paused: boolean;
  /** In code, by a decorator. */
  readonly declared: boolean;
  readonly misfire: Misfire;
  readonly overlap: Overlap;
  /** Milliseconds. */
  readonly jitter: number;
  /** Milliseconds; `null` is without bound. */
  readonly grace: number | null;
  /** Jobs after which it is finished; `null` is without bound. */
  readonly count: number | null;
  /** What became of its slots since the beginning. */
  readonly counts: Readonly<Record<SlotOutcome, number>>;
  /** Id of the latest job it made. */
  readonly job: string | null;
  readonly createdAt: number;
  /** When it was put last. */
  readonly changedAt: number;
}

/** What became of one slot. */
export interface SlotView {
  readonly slot: number;
  readonly outcome: SlotOutcome;
  /** Of a skipped or missed slot `overlap`, `grace` or `misfire`; of a job started by hand `trigger`. */
  readonly why: string | null;
  readonly jobId: string | null;
}

/** Without a definition, what the store alone knows. */
export function scheduleView(record: ScheduleRecord, definition?: Definition): ScheduleView {
  const { misfire = 'latest', overlap = 'allow', jitter = 0, grace = null, count = null } = definition ?? {};
  const { id, next = null, last = null, paused, owner, counts, createdAt, changedAt } = record;
  return {
    id,
    ...(definition ? whatOf(definition) : unreadable),
    ...{ next, last, paused, declared: owner !== undefined, misfire, overlap, jitter, grace, count },
    ...{ counts, job: record.job ?? null, createdAt, changedAt },
  };
}

function whatOf({ job, trigger }: Definition) {
  const { task, queue } = job;
  return { task, queue, payload: envelopeOf(job).payload, trigger, words: describeTrigger(trigger) };
}

const unreadable = { task: null, queue: null, payload: undefined, trigger: null, words: 'cannot be read here' };

export function slotViews({ slots }: ScheduleRecord): SlotView[] {
  return slots.map(({ slot, outcome, why = null, job = null }) => ({ slot, outcome, why, jobId: job }));
}
