import type { Events } from '../events/events.js';
import type { Firing as StoreFiring, Listener, NewJob, ScheduleRecord, Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import type { ScheduleBook } from './book.js';
import { decide, type Decision } from './decide.js';
import type { Definition } from './definition.js';
import { slotJob } from './slot-job.js';
import { sequenceOf } from './slots.js';
import { none, type Unfinished, unfinishedOf } from './unfinished.js';

/** Schedules looked at in one round. */
const page = 200;
/** Milliseconds between two looks at most: a hint says when one is put that comes sooner, and this is for the hint that was lost. */
const longestWait = 5000;
const longestPause = 5000;
/** Milliseconds until a schedule that cannot be fired here is looked at again. */
const brokenPause = 1000;

interface Attempt {
  record: ScheduleRecord;
  definition: Definition;
  decision: Decision;
  before: Unfinished;
  firing: StoreFiring;
}

/**
 * Turns slots into jobs. Any number of processes do, without a leader: whoever comes first writes the schedule's next
 * version and the jobs in one step, and the others find that nothing is due any more.
 */
export class FiringLoop extends Loop {
  private readonly store: Store;
  private listener?: Listener;
  private failures = 0;
  /** By id, the version that this process cannot fire: its code or codec is missing here. Others may. */
  private readonly broken = new Map<string, number>();

  constructor(
    clock: Clock,
    private readonly book: ScheduleBook,
    private readonly events: Events,
  ) {
    super(clock);
    this.store = book.store;
  }

  /** One look, and what follows from it. */
  async runOnce(): Promise<number> {
    this.listener ??= await this.store.listen({ schedules: true }, () => this.wake());
    const limit = page + this.broken.size;
    const { schedules, dueIn = longestWait, now } = await this.store.schedules({ due: true, limit });
    const whole = schedules.filter(({ id, version }) => this.broken.get(id) !== version);
    if (whole.length > 0) await this.fire(whole, now);
    this.failures = 0;
    if (whole.length > 0) return 0;
    return schedules.length > 0 ? brokenPause : Math.min(Math.max(dueIn, 0), longestWait);
  }

  override async stop(): Promise<void> {
    await super.stop();
    const { listener } = this;
    this.listener = undefined;
    await listener?.stop();
  }

  /** Told once per row of failures. */
  protected failed(error: unknown): number {
    if (this.failures++ === 0) this.trouble('fire schedules', error);
    return Math.min(longestPause, 100 * 2 ** Math.min(this.failures, 6));
  }

  private async fire(due: ScheduleRecord[], now: number): Promise<void> {
    const minding = due.filter((record) => (this.definitionOf(record)?.overlap ?? 'allow') !== 'allow');
    const unfinished = await unfinishedOf(this.store, minding);
    const attempts = due.flatMap((record) => this.attempt(record, now, unfinished.get(record.id) ?? none) ?? []);
    // First, so that a crash in between leaves a slot that somebody else fires; cancelling twice is harmless.
    const doomed = attempts.flatMap(({ decision, before }) => (decision.cancelPrevious ? before.ids : []));
    if (doomed.length > 0) await this.store.cancel(doomed, { reason: 'overlap' });
    const applied = await this.store.fire(attempts.map(({ firing }) => firing));
    attempts.forEach((attempt, i) => applied[i] && this.announce(attempt, now));
  }

  private attempt(record: ScheduleRecord, now: number, before: Unfinished): Attempt | undefined {
    const definition = this.definitionOf(record);
    if (!definition) return undefined;
    try {
      const sequence = sequenceOf(definition);
      const decision = decide(definition, sequence, record, now, before.previous);
      const jobs = this.jobsOf(record.id, definition, decision, now, before, (slot) => sequence.next(slot));
      return { record, definition, decision, before, firing: firingOf(record, decision, jobs) };
    } catch (error) {
      this.setAside(record, error);
      return undefined;
    }
  }

  private jobsOf(
    id: string,
    definition: Definition,
    { slots }: Decision,
    now: number,
    before: Unfinished,
    after: (slot: number) => number | null,
  ): NewJob[] {
    const jobs: NewJob[] = [];
    for (const { slot, outcome, behind } of slots) {
      if (outcome !== 'enqueued') continue;
      const latest = jobs.at(-1);
      const parents = behind ? (latest ? [latest.id] : before.ids) : undefined;
      const next = definition.jitter ? after(slot) : null;
      jobs.push(slotJob(id, definition, { slot, now, next, codec: this.book.codec, behind: parents }));
    }
    return jobs;
  }

  private definitionOf(record: ScheduleRecord): Definition | undefined {
    try {
      return this.book.definitionOf(record);
    } catch (error) {
      this.setAside(record, error);
      return undefined;
    }
  }

  private setAside({ id, version }: ScheduleRecord, error: unknown): void {
    if (this.broken.get(id) === version) return;
    this.broken.set(id, version);
    this.trouble(`fire schedule ${id}`, error);
  }

  private announce({ record: { id }, definition, decision, firing }: Attempt, now: number): void {
    const { task } = definition.job;
    const fact = { id, task, at: now };
    for (const { slot, outcome, why = '', job } of firing.slots) {
      if (outcome === 'enqueued') this.events.emit('schedule.fired', { ...fact, slot, job: job!, lateBy: now - slot });
      if (outcome === 'skipped') this.events.emit('schedule.skipped', { ...fact, slot, why });
    }
    const missed = firing.slots.filter(({ outcome }) => outcome === 'missed');
    const count = missed.length + decision.missed;
    const { slot, why = 'misfire' } = missed.at(-1) ?? { slot: decision.last };
    if (count > 0) this.events.emit('schedule.missed', { ...fact, slot, count, why });
    if (decision.next === null) this.events.emit('schedule.changed', { ...fact, change: 'finished' });
  }

  private trouble(doing: string, error: unknown): void {
    this.events.emit('error', { at: this.clock.now(), error, doing });
  }
}

/** What has no slot any more goes, unless code declares it: then it stays as ended, or the next boot would begin anew. */
function firingOf(
  { id, version, owner }: ScheduleRecord,
  { slots, missed, last, next }: Decision,
  jobs: NewJob[],
): StoreFiring {
  let made = 0;
  const dealt = slots.map(({ behind: _, ...slot }) =>
    slot.outcome === 'enqueued' ? { ...slot, job: jobs[made++]!.id } : slot,
  );
  const firing: StoreFiring = { id, seen: version, slots: dealt, missed, jobs, last };
  if (next !== null) return { ...firing, next };
  return owner === undefined ? { ...firing, finished: true } : firing;
}
