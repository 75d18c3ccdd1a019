import { limits } from '../../job/limits.js';
import { isFinal, jobStates, type JobState, priorities, type WhyScheduled } from '../../job/state.js';
import type { Effects } from '../effects.js';
import { arrival, opensAt, tokens } from '../gating.js';
import type { HistoryBucket, JobRecord, Lane, QueueRecord, QueueSettings } from '../store.js';
import { Gates } from './gates.js';
import { compare, Heap } from './heap.js';
import type { Hints } from './hints.js';
import { isSuspect, type Job, recordOf } from './job.js';
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

  /** What ready jobs pass on their way to one of the lines. */
  readonly gates = new Gates({
    settings: () => this.settings,
    lineUp: (job) => this.lineUp(job, 'tail'),
    parkedUntil: (time, now) => this.hintSoon(time, now),
    changed: (job) => this.hints.changed(job),
  });

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
  /** Theoretical arrival time of the rate of the queue, epoch microseconds. */
  tat = 0;

  constructor(
    readonly queue: string,
    readonly shard: number,
    readonly hints: Hints,
    private readonly effects: Effects,
    private readonly settingsNow: () => QueueSettings,
  ) {}

  /** Those of the queue, as they are now. */
  get settings(): QueueSettings {
    return this.settingsNow();
  }

  /** Adds a job that is in no place yet; follow it with `makeDue` or `makeBlocked`. */
  add(job: Job): void {
    this.jobs.set(job.id, job);
    this.counts[job.state]++;
    this.totals.enqueued++;
  }

  /** Ready, among the suspects, in the band of its priority or parked. The tail means a new turn, so an old due time goes. */
  makeReady(job: Job, where: 'front' | 'tail', now: number): 'ready' {
    if (where === 'tail') job.dueAt = undefined;
    return this.join(job, where, now);
  }

  /** The due time has come. It stays readable: how late a job starts is counted from it. */
  promote(job: Job, now: number): void {
    this.join(job, 'tail', now);
  }

  /** Scheduled for `dueAt`, or ready when that has passed. */
  makeDue(job: Job, dueAt: number | undefined, why: WhyScheduled, now: number): 'ready' | 'scheduled' {
    if (dueAt === undefined || dueAt <= now) return this.makeReady(job, 'tail', now);
    this.leave(job);
    job.dueAt = dueAt;
    job.why = why;
    this.enter(job, 'scheduled', now);
    this.scheduled.add(job);
    this.hintSoon(dueAt, now);
    return 'scheduled';
  }

  /** Waits for all of `waitsFor`, and for `dueAt` after that. */
  makeBlocked(job: Job, dueAt: number | undefined, now: number): 'blocked' {
    if (dueAt !== undefined && dueAt > now) job.dueAt = dueAt;
    this.enter(job, 'blocked', now);
    for (const parent of job.waitsFor!) this.effects.raise({ kind: 'link', from: job.id, to: parent });
    return 'blocked';
  }

  /** `parent` has ended as this job needs it; after the last one the job goes where it would have gone without them. */
  unblock(job: Job, parent: string, now: number): void {
    job.waitsFor = job.waitsFor!.filter((id) => id !== parent);
    if (job.waitsFor.length === 0) this.makeDue(job, job.dueAt, 'delay', now);
    else this.hints.changed(job);
  }

  /** The head of a line becomes active, unless one of its gates has closed meanwhile: then it parks there. Answers whether it did. */
  begin(job: Job, worker: string, now: number): boolean {
    const obstacle = this.gates.obstacle(job, now);
    if (obstacle === undefined) {
      this.makeActive(job, worker, now);
      this.gates.begin(job, now);
      return true;
    }
    this.leave(job);
    this.gates.putBack(job, obstacle, now);
    this.hints.changed(job);
    return false;
  }

  private makeActive(job: Job, worker: string, now: number): void {
    this.leave(job);
    this.fence = Math.max(this.fence + 1, now * 1000);
    job.worker = worker;
    job.fence = this.fence;
    job.startedAt = now;
    this.enter(job, 'active', now);
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
    this.enter(job, state, now);
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
    this.gates.leave(job, job.state === 'ready', 0, now);
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

  /** What everybody may read of `job`. */
  recordOf(job: Job, now: number): JobRecord {
    return recordOf(job, this.gates.parkedAt(job, now));
  }

  /** How many jobs the settings of the queue let begin now. */
  room(now: number): number {
    const { maxActive, rate } = this.settings;
    return Math.max(
      0,
      Math.min((maxActive ?? Infinity) - this.counts.active, rate ? tokens(this.tat, rate, now) : Infinity),
    );
  }

  /** When the rate of the queue allows the next one, if nothing else keeps it; epoch milliseconds. */
  nextToken(now: number): number | undefined {
    const { paused, maxActive, rate } = this.settings;
    if (!rate || paused || this.counts.active >= (maxActive ?? Infinity)) return undefined;
    const time = opensAt({ until: 0, tat: this.tat }, { rate });
    return time > now ? time : undefined;
  }

  /** So many jobs have begun. */
  spend(begun: number, now: number): void {
    const { rate } = this.settings;
    if (rate && begun > 0) this.tat = arrival(this.tat, rate, now, begun);
  }

  /** A job that comes back from being active has passed its gates still. */
  private join(job: Job, where: 'front' | 'tail', now: number): 'ready' {
    const wasActive = job.state === 'active';
    this.leave(job);
    this.gates.becomeReady(job);
    if (wasActive) this.lineUp(job, where);
    else this.gates.climb(job, now);
    this.enter(job, 'ready', now);
    return 'ready';
  }

  /** Where workers look for jobs. */
  private lineUp(job: Job, where: 'front' | 'tail'): void {
    const line = isSuspect(job) ? this.suspects : this.bands[job.priority]!;
    job.place = where === 'front' ? line.joinFront(job) : line.joinTail(job);
    this.hints.lane('ready', this);
  }

  private hintSoon(time: number, now: number): void {
    if (time - now <= limits.soon) this.hints.lane('ready', this);
  }

  private tellDependents(job: Job): void {
    if (!job.dependents) return;
    const kind = job.state === 'completed' ? 'completed' : 'ended';
    for (const child of job.dependents) this.effects.raise({ kind, from: job.id, to: child });
    job.dependents = undefined;
  }

  private enter(job: Job, state: JobState, now: number): void {
    const before = job.state;
    this.counts[before]--;
    job.state = state;
    this.counts[state]++;
    this.hints.changed(job);
    if (state === 'ready' || state === 'active') return;
    this.gates.leave(job, before === 'ready', gatesKept(job, before), now);
    if (before === 'active') this.hintRoom();
  }

  /** The first place that a full queue has again is news to those who found none. */
  private hintRoom(): void {
    const isNews = this.counts.active + 1 === this.settings.maxActive;
    if (isNews && this.lines.some((line) => line.size > 0)) this.hints.lane('ready', this);
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

/** An order gate is kept while its job waits to go on, and by one that failed where it says so. */
function gatesKept({ gates: [innermost], passed, state }: Job, before: JobState): number {
  if (innermost?.kind !== 'order') return 0;
  const goesOn = state === 'scheduled' && (before === 'active' || before === 'scheduled');
  return goesOn || (state === 'failed' && innermost.holdFailed) ? Math.min(1, passed) : 0;
}

function byAge(): Heap<Job> {
  return new Heap((a, b) => a.keptUntil - b.keptUntil || compare(a.id, b.id));
}
