import type { Lane, WorkerRecord } from '../store/store.js';
import type { LaneLoop } from './lane-loop.js';
import type { Reporter } from './report.js';
import type { Runner } from './runner.js';
import type { Services } from './services.js';
import { createWorkerId, type WorkerSettings } from './settings.js';
import { Solitude } from './solitude.js';
import type { StoreWatch } from './store-watch.js';
import { Tally } from './tally.js';
import { Waiters } from './waiters.js';

/**
 * What the lanes of one worker share: its id and registration, its count, and whether it takes at all.
 *
 * The id names one incarnation. When the store says it is gone, the lease was lost: every attempt under it is let go,
 * and a new id begins.
 */
export class Shift {
  lanes: LaneLoop[] = [];
  readonly tally = new Tally();
  readonly solitude: Solitude;
  readonly waiters: Waiters;
  /** New jobs are wanted. */
  taking = false;
  /** It is over: nobody waits for anything any more. */
  over = false;
  /** The store knows this worker, under the id of now or an earlier one. */
  isEnlisted = false;
  /** Milliseconds, a third of the lease: code that blocks the event loop for longer is told of. */
  readonly long: number;
  /** Tasks of jobs that took long and have ended since somebody asked last. */
  private ended = new Set<string>();
  /** Jobs after which it may be over. */
  private readonly enough: number;
  /** Jobs that exchanges on their way may claim. */
  private asked = 0;
  private incarnation: string;
  private enlisting?: Promise<string>;

  constructor(
    readonly services: Services,
    readonly settings: WorkerSettings,
    readonly reporter: Reporter,
    readonly runner: Runner,
    readonly storeWatch: StoreWatch,
    private readonly record: (id: string) => WorkerRecord,
    /** Jobs have ended, as many as it should do. */
    private readonly fulfilled: () => void,
    /** Leases of a lane have run out. */
    readonly overdue: (lane: Lane) => void,
  ) {
    this.incarnation = createWorkerId(settings.name);
    this.long = settings.lease / 3;
    this.enough = Math.min(settings.maxJobs, settings.recycle.jobs);
    this.waiters = new Waiters(services.clock);
    this.solitude = new Solitude(services.clock, settings.lease, () => this.held);
  }

  /** The worker id of now. */
  get id(): string {
    return this.incarnation;
  }

  /** Jobs that may still be claimed, and that no exchange on its way asks for. */
  get allowance(): number {
    return this.settings.maxJobs - this.tally.claimed - this.asked;
  }

  asks(want: number): void {
    this.asked += want;
  }

  /** What was asked for and not given is free again, for lanes that had to hold back. */
  hasAsked(want: number): void {
    this.asked -= want;
    if (this.allowance > 0) for (const lane of this.lanes) if (lane.heldBack) lane.wake();
  }

  /** Jobs whose ending the store has not confirmed. */
  get held(): number {
    let held = 0;
    for (const lane of this.lanes) held += lane.holds.size;
    return held;
  }

  /** The worker id, once it is registered. */
  enlisted(): Promise<string> {
    return (this.enlisting ??= this.enlist(this.incarnation));
  }

  /** The store does not know this worker id any more. */
  gone(worker: string): void {
    if (worker !== this.incarnation) return;
    const { store, events, clock } = this.services;
    this.incarnation = createWorkerId(this.settings.name);
    this.enlisting = undefined;
    for (const lane of this.lanes) lane.abandon();
    events.emit('worker.lost', { worker, at: clock.now() });
    // Lanes that still knew the old id hand its jobs on now, not after the lease.
    store.retire(worker).catch((error: unknown) => this.reporter.trouble('retire a lost worker id', error));
  }

  /** A lane has turned, or code has left its place. */
  changed(): void {
    if (this.tally.ended >= this.enough) this.fulfilled();
    this.waiters.check();
  }

  /** Code of this task has come back after a long while. */
  tookLong(task: string): void {
    this.ended.add(task);
  }

  /** Tasks whose code took long and has come back since the last call: it may be what blocked the event loop. */
  longOnes(): Iterable<string> {
    const tasks = this.ended;
    if (tasks.size > 0) this.ended = new Set();
    return tasks;
  }

  wakeAll(): void {
    for (const lane of this.lanes) lane.wake();
  }

  /** Nothing is held, and a look at every lane begun after this call found nothing; no look led to a job meanwhile. */
  async idle(): Promise<void> {
    for (let stir = -1; stir !== this.tally.stir && !this.over;) {
      stir = this.tally.stir;
      for (const lane of this.lanes) lane.look();
      await this.waiters.until(() => this.over || this.lanes.every((lane) => lane.isEmpty));
    }
  }

  private async enlist(id: string): Promise<string> {
    try {
      await this.services.store.register(this.record(id));
      this.isEnlisted = true;
      return id;
    } catch (error) {
      this.enlisting = undefined;
      throw error;
    }
  }
}
