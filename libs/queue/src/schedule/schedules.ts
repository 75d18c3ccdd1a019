import type { Queue } from '../client/queue.js';
import type { Events } from '../events/events.js';
import type { Codec } from '../job/envelope.js';
import { ScheduleExists, ScheduleInvalid } from '../job/errors.js';
import type { ScheduleRecord, Store } from '../store/store.js';
import type { JobHandle } from '../task/enqueuer.js';
import type { Clock } from '../time/clock.js';
import { type Instant, parseInstant } from '../time/instant.js';
import { firstAfter, ScheduleBook, type Wish } from './book.js';
import {
  type AnyScheduleOptions,
  checkPut,
  checkScheduleId,
  jobOptionsOf,
  type NamedScheduleOptions,
  type NewScheduleOptions,
} from './options.js';
import { checkPolicy } from './policy.js';
import { extraJob, tagOf } from './slot-job.js';
import { sequenceOf, type SlotSequence } from './slots.js';
import { checkTrigger, preview, type Trigger } from './trigger/index.js';
import { type ScheduleView, scheduleView, type SlotView, slotViews } from './view.js';

export interface SchedulesOptions {
  /** Open. */
  store: Store;
  /** On the same store. */
  queue: Queue;
  clock: Clock;
  /** Where facts are announced. */
  events: Events;
  codec?: Codec;
}

/** A page of schedules, by id. Without a cursor there are no more. */
export interface SchedulesPage {
  schedules: ScheduleView[];
  cursor?: string;
}

/**
 * Schedules that are put at run time, and a look at all of them. They are data in the store: any worker fires them, and a
 * process that only puts them starts nothing. Those declared by decorators are changed in code; here they can be looked at,
 * paused, resumed and triggered.
 */
export class Schedules {
  /** @internal What the firing shares. */
  readonly book: ScheduleBook;
  private readonly queue: Queue;
  private readonly clock: Clock;
  private readonly events: Events;

  constructor({ store, queue, clock, events, codec }: SchedulesOptions) {
    this.book = new ScheduleBook(store, codec);
    this.queue = queue;
    this.clock = clock;
    this.events = events;
  }

  /**
   * Adds a schedule, or replaces the one of this id, keeping its history. A trigger that did not change goes on as it was, so
   * putting the same schedule at every boot moves nothing. Throws `ScheduleInvalid` (of the field), `ScheduleExists`,
   * `PayloadInvalid`, or what `enqueue` throws for options of the job; then nothing was stored.
   */
  put<P, R, I>(id: string, options: NewScheduleOptions<P, R, I>): Promise<ScheduleView>;
  put(id: string, options: NamedScheduleOptions): Promise<ScheduleView>;
  async put(id: string, given: object): Promise<ScheduleView> {
    const options = given as AnyScheduleOptions;
    checkScheduleId(id);
    checkPut(options);
    const { ifExists = 'replace', paused } = options;
    const wish = await this.wish(id, options);
    let seen = 0;
    const record = await this.book.put({ ...wish, paused }, (present) => {
      seen = present.version;
      if (present.owner !== undefined) {
        throw new ScheduleInvalid(
          'id',
          `The schedule '${id}' is declared in code, by ${present.owner}. Choose another id.`,
        );
      }
      if (ifExists === 'error') throw new ScheduleExists(id);
      return ifExists === 'keep' ? present : undefined;
    });
    if (record.version !== seen) this.announce(id, wish.job.task, 'put');
    return this.view(record);
  }

  /** `undefined` when unknown. */
  async get(id: string): Promise<ScheduleView | undefined> {
    const record = await this.book.find(id);
    return record && this.view(record);
  }

  /** By id. Default 50 a page, at most 1 000. */
  async list({ cursor, limit }: { cursor?: string; limit?: number } = {}): Promise<SchedulesPage> {
    const page = await this.book.store.schedules({ cursor, limit });
    const schedules = page.schedules.map((record) => this.view(record));
    return { schedules, ...(page.cursor !== undefined && { cursor: page.cursor }) };
  }

  /**
   * Whether there was one. Jobs it has made run all the same, unless `cancelJobs` says otherwise. One that is declared in
   * code comes back at the next boot: pause it instead.
   */
  async remove(id: string, { cancelJobs = false }: { cancelJobs?: boolean } = {}): Promise<boolean> {
    const record = await this.book.find(id);
    if (!record || !(await this.book.store.removeSchedule(id))) return false;
    if (cancelJobs) await this.queue.cancel({ tags: [tagOf(id)] }, { reason: 'schedule-removed' });
    this.announce(id, this.taskOf(record), 'removed');
    return true;
  }

  /** No slot is dealt with until `resume`. Survives restarts, also of one that is declared in code. `undefined` when unknown. */
  async pause(id: string): Promise<ScheduleView | undefined> {
    return this.change(id, 'paused', (present) => (present.paused ? undefined : { paused: true, next: undefined }));
  }

  /** Goes on with the next slot; those missed meanwhile are skipped, or with `from: 'last'` left to `misfire`. */
  async resume(id: string, { from }: { from?: 'last' } = {}): Promise<ScheduleView | undefined> {
    const now = await this.book.now();
    return this.change(id, 'resumed', (present, sequence) => {
      if (!present.paused) return undefined;
      const since = present.last ?? present.createdAt - 1;
      const next = from === 'last' ? sequence().next(since) : firstAfter(sequence(), now, present.last);
      if (next === null) throw new ScheduleInvalid('trigger', `The schedule '${id}' has no slot any more. Remove it.`);
      return { paused: false, next };
    });
  }

  /** Enqueues a job of it now, whatever its slots and its overlap say, and moves none of them. `undefined` when unknown. */
  async trigger(id: string): Promise<JobHandle | undefined> {
    const now = await this.book.now();
    const job = await this.book.change(id, async (present) => {
      const made = extraJob(id, this.book.definitionOf(present), now, this.book.codec);
      const slot = { slot: now, outcome: 'enqueued' as const, why: 'trigger', job: made.id };
      const firing = { id, seen: present.version, slots: [slot], jobs: [made], next: present.next };
      const [fired] = await this.book.store.fire([firing]);
      return fired ? made : undefined;
    });
    if (job)
      this.events.emit('schedule.fired', {
        id,
        task: job.task,
        at: this.clock.now(),
        slot: now,
        job: job.id,
        lateBy: 0,
      });
    return job && this.queue.handle(job.id);
  }

  /** The next `n` slots of a trigger (default 5, at most 1 000) from now on, or later than `from`. Epoch milliseconds. */
  preview(trigger: Trigger, n = 5, { from = this.clock.now() }: { from?: Instant } = {}): number[] {
    const start = parseInstant(from);
    if (start === undefined)
      throw new ScheduleInvalid('from', 'from: must be a date, epoch milliseconds, or ISO text with an offset.');
    return preview(checkTrigger(trigger), n, { from: start });
  }

  /**
   * The next `n` slots of a schedule (default 5, at most 1 000), fewer when it ends before and none while it is paused.
   * Epoch milliseconds; `undefined` when unknown.
   */
  async upcoming(id: string, n = 5): Promise<number[] | undefined> {
    if (!Number.isInteger(n) || n < 1 || n > 1000) throw new ScheduleInvalid('n', 'n: must be 1 to 1000 slots.');
    const record = await this.book.find(id);
    if (!record) return undefined;
    const definition = this.book.legible(record);
    if (!definition) return record.next === undefined ? [] : [record.next];
    const { count = Infinity, made = 0 } = definition;
    const most = Math.min(n, count - (record.counts.enqueued - made));
    const sequence = sequenceOf(definition);
    const slots: number[] = [];
    for (let slot = record.next ?? null; slot !== null && slots.length < most; slot = sequence.next(slot)) {
      slots.push(slot);
    }
    return slots;
  }

  /** What became of its latest slots, newest last, at most 20. `undefined` when unknown. */
  async history(id: string): Promise<SlotView[] | undefined> {
    const record = await this.book.find(id);
    return record && slotViews(record);
  }

  /** @internal Everything checked, nothing stored. */
  async wish(id: string, options: AnyScheduleOptions): Promise<Wish> {
    const trigger = checkTrigger(options.trigger);
    const policy = checkPolicy(options);
    const { queue, job } = await this.queue.prepare(options.task, options.payload, jobOptionsOf(options));
    const { id: _id, ...pattern } = job;
    return { id, trigger, ...policy, job: { ...pattern, queue } };
  }

  private async change(
    id: string,
    change: 'paused' | 'resumed',
    decide: (
      present: ScheduleRecord,
      sequence: () => SlotSequence,
    ) => Pick<ScheduleRecord, 'paused' | 'next'> | undefined,
  ): Promise<ScheduleView | undefined> {
    const record = await this.book.change(id, async (present) => {
      const { body, owner } = present;
      const wanted = decide(present, () => sequenceOf(this.book.definitionOf(present)));
      if (!wanted) return present;
      const answer = await this.book.store.putSchedule({ id, body, owner, ...wanted }, present.version);
      if (answer.outcome === 'put') this.announce(id, this.taskOf(present), change);
      return answer.outcome === 'put' ? answer.schedule : undefined;
    });
    return record && this.view(record);
  }

  private announce(id: string, task: string, change: 'put' | 'removed' | 'paused' | 'resumed'): void {
    this.events.emit('schedule.changed', { id, task, at: this.clock.now(), change });
  }

  private view(record: ScheduleRecord): ScheduleView {
    return scheduleView(record, this.book.legible(record));
  }

  private taskOf(record: ScheduleRecord): string {
    return this.book.legible(record)?.job.task ?? '';
  }
}
