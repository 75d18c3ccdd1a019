import { limits } from '../../job/limits.js';
import { isFinal, jobStates, type JobState, priorities, type WhyScheduled } from '../../job/state.js';
import type { HistoryBucket, Lane, QueueRecord } from '../store.js';
import { Admission } from './admission.js';
import { compare, Heap } from './heap.js';
import type { Effects } from '../effects.js';
import type { Hints } from './hints.js';
import { isSuspect, type Job } from './job.js';
import { Keys } from './keys.js';
import { Line } from './line.js';
import { Leases } from './leases.js';

export type Final = 'completed' | 'failed' | 'cancelled';

/**
 * One shard of a queue: every job in exactly one state and exactly one place, and the moves between them.
 *
 * A move takes the job out of its old place, puts it into the new one, and keeps the counts. The verbs above decide
 * which move to make; no other code changes `state`.
 */
export class Shard implements Lane {
  readonly jobs = new Map<string, Job>();
  readonly keys = new Keys(this.jobs);
  readonly leases = new Leases();

  /** Which of the limited jobs may stand in one of the lines. */
  readonly admission = new Admission();

  /** Where ready jobs wait: a line per priority, and one for those that may run alone only. */
  readonly bands = priorities.map(() => new Line<Job>());
  readonly suspects = new Line<Job>();
  /** All of them, in the order in which they are listed. */
  readonly lines = [...this.bands, this.suspects];
  readonly scheduled = new Heap<Job>((a, b) => a.dueAt! - b.dueAt! || compare(a.id, b.id));
  /** What each worker holds, earliest claim first. */
  readonly holds = new Map<string, Map<string, Job>>();
  /** Finished jobs, first to be forgotten first. */
  readonly kept: Record<Final, Heap<Job>> = { completed: byAge(), cancelled: byAge(), failed: byAge() };

  readonly counts = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
  readonly totals: QueueRecord['totals'] = {
    enqueued: 0,
    revived: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    removed: 0,
  };
  readonly history = new Map<number, HistoryBucket>();
  /** The last fence handed out. */
  fence = 0;
  /** Claims from the bands since the beginning: decides whose turn the lowest band's share is. */
  takes = 0;

  constructor(
    readonly queue: string,
    readonly shard: number,
    readonly hints: Hints,
    private readonly effects: Effects,
  ) {}

  /** Adds a job that is in no place yet; follow it with `makeDue` or `makeBlocked`. */
  add(job: Job): void {
    this.jobs.set(job.id, job);
    this.counts[job.state]++;
    this.totals.enqueued++;
  }

  /** Ready, among the suspects, in the band of its priority or parked. The tail means a new turn, so an old due time goes. */
  makeReady(job: Job, where: 'front' | 'tail'): 'ready' {
    if (where === 'tail') job.dueAt = undefined;
    return this.join(job, where);
  }

  /** The due time has come. It stays readable: how late a job starts is counted from it. */
  promote(job: Job): void {
    this.join(job, 'tail');
  }

  /** Scheduled for `dueAt`, or ready when that has passed. */
  makeDue(job: Job, dueAt: number | undefined, why: WhyScheduled, now: number): 'ready' | 'scheduled' {
    if (dueAt === undefined || dueAt <= now) return this.makeReady(job, 'tail');
    this.leave(job);
    job.dueAt = dueAt;
    job.why = why;
    this.enter(job, 'scheduled');
    this.scheduled.add(job);
    if (dueAt - now <= limits.soon) this.hints.lane('ready', this);
    return 'scheduled';
  }

  /** Waits for all of `waitsFor`, and for `dueAt` after that. */
  makeBlocked(job: Job, dueAt: number | undefined, now: number): 'blocked' {
    if (dueAt !== undefined && dueAt > now) job.dueAt = dueAt;
    this.enter(job, 'blocked');
    for (const parent of job.waitsFor!) this.effects.raise({ kind: 'link', from: job.id, to: parent });
    return 'blocked';
  }

  /** `parent` has ended as this job needs it; after the last one the job goes where it would have gone without them. */
  unblock(job: Job, parent: string, now: number): void {
    job.waitsFor = job.waitsFor!.filter((id) => id !== parent);
    if (job.waitsFor.length === 0) this.makeDue(job, job.dueAt, 'delay', now);
    else this.hints.changed(job);
  }

  makeActive(job: Job, worker: string, now: number): void {
    this.leave(job);
    this.fence = Math.max(this.fence + 1, now * 1000);
    job.worker = worker;
    job.fence = this.fence;
    job.startedAt = now;
    this.enter(job, 'active');
    const held = this.holds.get(worker);
    if (held) held.set(job.id, job);
    else this.holds.set(worker, new Map([[job.id, job]]));
  }

  /** A final state, kept for `keep` milliseconds. With 0 nothing is left. */
  finish<F extends Final>(job: Job, state: F, now: number, ending: { reason?: string; keep?: number } = {}): F {
    this.leave(job);
    job.reason = ending.reason;
    job.finishedAt = now;
    job.keptUntil = now + (ending.keep ?? (state === 'failed' ? limits.keepFailed : limits.keepFinished));
    this.totals[state]++;
    this.enter(job, state);
    this.kept[state].add(job);
    this.tellDependents(job);
    if (ending.keep === 0) this.forget(job, now);
    return state;
  }

  /** The record vanishes, and the keys that point to it. */
  forget(job: Job, now: number): void {
    this.tellDependents(job);
    this.leave(job);
    this.counts[job.state]--;
    this.jobs.delete(job.id);
    this.giveUpPlace(job);
    this.keys.release(job, now);
    this.hints.gone(job);
    if (job.state !== 'completed' && job.state !== 'cancelled') this.totals.removed++;
  }

  /** Waiting jobs: what `maxReady` bounds. */
  get waiting(): number {
    return this.counts.ready + this.counts.scheduled;
  }

  /** What `worker` holds, latest claim first: giving these to the front one by one restores their order. */
  heldBy(worker: string): Job[] {
    return [...(this.holds.get(worker)?.values() ?? [])].reverse();
  }

  private join(job: Job, where: 'front' | 'tail'): 'ready' {
    this.leave(job);
    if (this.admission.admit(job)) this.lineUp(job, where);
    this.enter(job, 'ready');
    return 'ready';
  }

  /** Where workers look for jobs. */
  private lineUp(job: Job, where: 'front' | 'tail'): void {
    const line = isSuspect(job) ? this.suspects : this.bands[job.priority]!;
    job.place = where === 'front' ? line.joinFront(job) : line.joinTail(job);
    this.hints.lane('ready', this);
  }

  /** Those that waited for the place of a limited job line up, as if they were promoted. */
  private giveUpPlace(job: Job): void {
    for (const next of this.admission.leave(job)) {
      this.lineUp(next, 'tail');
      this.hints.changed(next);
    }
  }

  private tellDependents(job: Job): void {
    if (!job.dependents) return;
    const kind = job.state === 'completed' ? 'completed' : 'ended';
    for (const child of job.dependents) this.effects.raise({ kind, from: job.id, to: child });
    job.dependents = undefined;
  }

  private enter(job: Job, state: JobState): void {
    this.counts[job.state]--;
    job.state = state;
    this.counts[state]++;
    this.hints.changed(job);
    if (state !== 'ready' && state !== 'active') this.giveUpPlace(job);
  }

  /** Out of the place of its present state. */
  private leave(job: Job): void {
    if (job.state === 'active') this.leaveHold(job);
    else if (job.state === 'scheduled') this.scheduled.delete(job);
    else if (isFinal(job.state)) this.kept[job.state as Final].delete(job);
    job.place?.line.leave(job.place);
    job.place = undefined;
    job.why = job.waitsFor = undefined;
  }

  private leaveHold(job: Job): void {
    const held = this.holds.get(job.worker!)!;
    held.delete(job.id);
    if (held.size === 0) this.holds.delete(job.worker!);
    job.worker = job.fence = job.cancelling = job.cancelReason = undefined;
  }
}

function byAge(): Heap<Job> {
  return new Heap((a, b) => a.keptUntil - b.keptUntil || compare(a.id, b.id));
}
