import type { Events } from '../events/events.js';
import { ConfigInvalid, MillraceError, ScheduleInvalid } from '../job/errors.js';
import type { ScheduleRecord, Store, UniqueKey } from '../store/store.js';
import type { TaskRef } from '../task/task-ref.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import type { ScheduleBook, Wish } from './book.js';
import type { DeclareOptions } from './decorators.js';
import type { Schedules } from './schedules.js';
import { extraJob } from './slot-job.js';
import type { Trigger } from './trigger/index.js';

/** A schedule as code declares it. */
export interface DeclaredSchedule {
  id: string;
  task: TaskRef<never> | TaskRef;
  trigger: Trigger;
  options: DeclareOptions;
  /** `OrderHandlers.nightly`, for people. */
  where: string;
}

/**
 * Milliseconds between two rounds. While a deployment replaces one version by another, both declare; the rounds of those
 * that stay have the last word.
 */
const period = 300_000;
/** One extra job per schedule in so many milliseconds, over all processes that boot. No key of a task begins with `~`. */
const bootKey = (id: string): UniqueKey => ({ key: `~boot:${id}`, until: 60_000 });

/**
 * Makes the stored schedules of one application those that its code declares: new ones are added, changed ones updated,
 * vanished ones removed. Pauses and history stay, and what was put at run time is left alone.
 */
export class Declarations extends Loop {
  private readonly book: ScheduleBook;
  private readonly store: Store;
  private wishes?: Promise<Wish[]>;
  private booted = false;

  constructor(
    clock: Clock,
    private readonly schedules: Schedules,
    private readonly events: Events,
    private readonly declared: readonly DeclaredSchedule[],
    /** Whose declarations these are: another application's are left alone. */
    private readonly owner: string,
    /** Tasks this application has handlers of. */
    private readonly tasks: readonly string[],
  ) {
    super(clock);
    this.book = schedules.book;
    this.store = schedules.book.store;
  }

  /** At boot: throws what is wrong with a declaration. */
  async reconcile(): Promise<void> {
    const wishes = await (this.wishes ??= this.prepare());
    for (const wish of wishes) await this.write(wish);
    await this.removeVanished();
  }

  /** The extra jobs of those that want one when a worker boots. */
  async boot(): Promise<void> {
    const now = await this.book.now();
    const jobs = (await this.wishes!)
      .filter(({ onBoot }) => onBoot)
      .map(({ id, job }) => ({ ...extraJob(id, { job }, now, this.book.codec), keys: [bootKey(id)] }));
    if (jobs.length > 0) await this.store.enqueue(jobs);
  }

  /** The first round was the boot. */
  override async runOnce(): Promise<number> {
    if (this.booted) await this.reconcile();
    this.booted = true;
    return period * (0.9 + this.clock.random() / 5);
  }

  protected failed(error: unknown): number {
    this.events.emit('error', { at: this.clock.now(), error, doing: 'reconcile schedules' });
    return period / 10;
  }

  private prepare(): Promise<Wish[]> {
    const ids = new Map<string, DeclaredSchedule>();
    for (const declared of this.declared) {
      const other = ids.get(declared.id);
      if (other) throw twice(declared, other);
      ids.set(declared.id, declared);
    }
    return Promise.all(this.declared.map((declared) => this.wishOf(declared)));
  }

  private async wishOf({ id, task, trigger, options, where }: DeclaredSchedule): Promise<Wish> {
    const { id: _id, instance: _instance, onBoot, ...rest } = options;
    const wish = await explained(id, where, this.schedules.wish(id, { ...rest, task, trigger }));
    return { ...wish, owner: this.owner, ...(onBoot && { onBoot }) };
  }

  private async write(wish: Wish): Promise<void> {
    const { id } = wish;
    const { where } = this.declared.find((declared) => declared.id === id)!;
    let before = 0;
    const writing = this.book.put(wish, (present) => {
      if (present.owner === undefined) {
        throw new ScheduleInvalid(
          'id',
          'it was put at run time as well. Remove that one, or give this one another id.',
        );
      }
      before = present.version;
      return undefined;
    });
    const record = await explained(id, where, writing);
    if (record.version !== before) this.announce(record, 'put');
  }

  /**
   * Those that this owner declared and this code does not. One of a task that is unknown here while a living worker has it
   * belongs to another application that goes by the same name.
   */
  private async removeVanished(): Promise<void> {
    const here = new Set(this.declared.map(({ id }) => id));
    let foreign: Set<string> | undefined;
    for await (const record of this.ofOwner()) {
      if (here.has(record.id)) continue;
      foreign ??= new Set((await this.store.workers()).flatMap(({ tasks }) => tasks));
      const task = this.taskOf(record);
      if (!this.tasks.includes(task) && foreign.has(task)) continue;
      if (await this.store.removeSchedule(record.id, record.version)) this.announce(record, 'removed');
    }
  }

  private async *ofOwner(): AsyncGenerator<ScheduleRecord> {
    let cursor: string | undefined;
    do {
      const page = await this.store.schedules({ owner: this.owner, cursor, limit: 1000 });
      yield* page.schedules;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  private taskOf(record: ScheduleRecord): string {
    return this.book.legible(record)?.job.task ?? '';
  }

  private announce(record: ScheduleRecord, change: 'put' | 'removed'): void {
    this.events.emit('schedule.changed', { id: record.id, task: this.taskOf(record), at: this.clock.now(), change });
  }
}

/** What is wrong with a declaration stops the boot, and says where to look. */
async function explained<T>(id: string, where: string, checking: Promise<T>): Promise<T> {
  try {
    return await checking;
  } catch (error) {
    const ofCode = ['SCHEDULE_INVALID', 'PAYLOAD_INVALID', 'CONFIG_INVALID'] as const;
    if (!ofCode.some((code) => MillraceError.is(error, code))) throw error;
    throw new ConfigInvalid(`schedules.${id}`, `The schedule '${id}' of ${where}: ${(error as Error).message}`);
  }
}

function twice({ id, where }: DeclaredSchedule, other: DeclaredSchedule): ConfigInvalid {
  return new ConfigInvalid(
    `schedules.${id}`,
    where === other.where
      ? `${where} declares the schedule '${id}' twice: give each of them an id.`
      : `Two methods declare the schedule '${id}': ${other.where} and ${where}. Give one of them an id.`,
  );
}
