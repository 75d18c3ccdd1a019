import { limits } from '../../job/limits.js';
import { sharesOf } from '../shares.js';
import type { ClaimedJob } from '../store.js';
import type { Row } from './database.js';
import { begin, completeGates } from './gates.js';
import type { Lane } from './lane.js';
import { finish } from './moves.js';
import { room, spend } from './room.js';
import { type Climber, type Gated, gatingOf, optional, parsed, suspects, trails } from './row.js';
import { unpacked } from './text.js';
import type { Transaction } from './transaction.js';

const bands = [0, 1, 2, 3];
const usual: Row = [];

/**
 * Takes up to `want` ready jobs, most urgent first, and no more than the queue allows. One take in `limits.lowestShare`
 * belongs to the lowest band that has jobs, so that nobody starves; or each band has a share by its weight. With `alone` a
 * suspect comes first, and then nothing else comes with it.
 */
export class Claim {
  private readonly jobs: ClaimedJob[] = [];
  /** By number, those of which only fence and priority are known so far. */
  private readonly unread = new Map<number, ClaimedJob>();
  private looked = 0;

  constructor(
    private readonly tx: Transaction,
    private readonly lane: Lane,
    private readonly worker: string,
  ) {}

  run(want: number, alone: boolean): ClaimedJob[] {
    const allowed = Math.min(want, room(this.tx, this.lane));
    if (allowed <= 0) return [];
    if (alone) this.take(suspects, 1);
    const isAlone = this.jobs.length > 0;
    if (!isAlone) this.takeFromBands(allowed);
    spend(this.tx, this.lane, this.jobs.length);
    this.readRest();
    return isAlone ? [{ ...this.jobs[0]!, alone: true }] : this.jobs;
  }

  private takeFromBands(want: number): void {
    const { takes, waiting, settings } = this.lane;
    const sizes = waiting.slice(0, suspects);
    if (settings.weights) this.takeShares(sharesOf(sizes, settings.weights, takes, want));
    else this.takeLowestShare(want);
    this.takeTopDown(want - this.jobs.length);
    this.lane.takes += this.jobs.length;
  }

  private takeShares(shares: number[]): void {
    for (const [band, share] of shares.entries()) this.take(band, share);
  }

  private takeLowestShare(want: number): void {
    const share = this.lowestShare(want);
    this.takeTopDown(want - share);
    const lowest = bands.findLast((band) => this.lane.waiting[band]! > 0);
    if (lowest !== undefined) this.take(lowest, share);
  }

  /** How many of the next `want` takes belong to the lowest band. */
  private lowestShare(want: number): number {
    const { takes, waiting } = this.lane;
    if (bands.filter((band) => waiting[band]! > 0).length < 2) return 0;
    return Math.floor((takes + want) / limits.lowestShare) - Math.floor(takes / limits.lowestShare);
  }

  private takeTopDown(want: number): void {
    const enough = this.jobs.length + want;
    for (const band of bands) this.take(band, enough - this.jobs.length);
  }

  /** From the head of one list. Expired jobs leave room, so it may look more than once. */
  private take(place: number, want: number): void {
    const { lane } = this;
    const enough = this.jobs.length + want;
    while (this.jobs.length < enough && this.looked < limits.batch && lane.waiting[place]! > 0) {
      const most = Math.min(enough - this.jobs.length, limits.batch - this.looked);
      const arrived = lane.book?.moves.arrivedAt(place) ?? [];
      const before = lane.waiting[place]! - arrived.length;
      const looked =
        before > 0 ? this.takeListed(place, Math.min(most, before)) : this.takeArrived(place, most, arrived);
      if (looked === 0) return;
      this.looked += looked;
    }
  }

  private takeListed(place: number, most: number): number {
    this.tx.sweep();
    const look = this.lane.gates > 0 || this.lane.book ? 'claim.look_gated' : 'claim.look';
    const found = this.tx.db.rows(look, this.lane.n, place, most).map((row) => readyJob(row, place));
    const gated = found.filter(({ gating }) => gating);
    if (gated.length > 0) this.tx.gates(this.lane).foresee(gated, 'begin');
    this.hold(
      place,
      found.filter((ready) => !this.expire(ready.job) && this.passes(ready, place)),
    );
    return found.length;
  }

  /** Those that this transaction let in, where nobody stands before them: their rows change once, from parked to active. */
  private takeArrived(place: number, most: number, arrived: Climber[]): number {
    const { lane, tx, worker } = this;
    const book = tx.gates(lane);
    const found = arrived.splice(0, most);
    book.foresee(found, 'begin');
    for (const job of found) {
      const pos = job.pos!;
      if (this.expire(job)) continue;
      completeGates(tx, lane, job);
      tx.hintJob(job.id);
      if (!begin(tx, lane, job, job.gating!)) continue;
      const fence = this.nextFence(place, 1);
      book.moves.begin(job, pos, worker, fence);
      const begun = { fence, priority: job.priority } as ClaimedJob;
      this.unread.set(job.n, begun);
      this.jobs.push(begun);
    }
    return found.length;
  }

  /** One whose gates have closed since it joined the line goes back there. */
  private passes(ready: ReadyJob, place: number): boolean {
    const { tx, lane } = this;
    completeGates(tx, lane, ready, ready.job);
    const { n, job, priority, trail, gating } = ready;
    if (!gating) return true;
    if (begin(tx, lane, { n, id: job.id, priority, dueAt: job.dueAt, trail, place, gating }, gating)) return true;
    tx.hintJob(job.id);
    return false;
  }

  /** A job past its expiry is cancelled instead. */
  private expire({ id, expiresAt }: { id: string; expiresAt?: number }): boolean {
    if (expiresAt === undefined || expiresAt > this.tx.now) return false;
    finish(this.tx, this.lane, this.tx.find(id)!.job, 'cancelled', { reason: 'expired' });
    return true;
  }

  /** All rows in one statement: fences follow one another. */
  private hold(place: number, taken: ReadyJob[]): void {
    if (taken.length === 0) return;
    const { tx } = this;
    const first = this.nextFence(place, taken.length);
    tx.db.run('claim.take', this.worker, tx.now, first, JSON.stringify(taken.map(({ n }) => n)));
    taken.forEach((ready, index) => {
      this.jobs.push(this.withSteps(ready, first + index));
      tx.hintJob(ready.job.id);
    });
  }

  /** The first of as many, for jobs that leave this list and are active. */
  private nextFence(place: number, jobs: number): number {
    const { lane, tx } = this;
    const first = Math.max(lane.fence + 1, tx.now * 1000);
    lane.fence = first + jobs - 1;
    lane.waiting[place]! -= jobs;
    lane.counts.active += jobs;
    return first;
  }

  private readRest(): void {
    const { tx, unread } = this;
    if (unread.size === 0) return;
    for (const row of tx.db.rows('claim.look_begun', JSON.stringify([...unread.keys()]))) {
      const job = unread.get(row[0] as number)!;
      Object.assign(job, this.withSteps(readyJob(row, job.priority), job.fence));
    }
  }

  private withSteps({ n, job, trail }: ReadyJob, fence: number): ClaimedJob {
    job.fence = fence;
    if ((trail & trails.left) !== 0) job.steps = this.stepsOf(n);
    return job;
  }

  private stepsOf(n: number): Record<string, string> | undefined {
    const steps = this.tx.db.rows('job.steps', n);
    return steps.length > 0 ? (Object.fromEntries(steps) as Record<string, string>) : undefined;
  }
}

/** A job at the head of a list; its fence and steps come when it is taken. */
interface ReadyJob extends Pick<Gated, 'n' | 'priority' | 'trail' | 'gating'> {
  job: ClaimedJob;
}

/** The columns of `claim.look`, `claim.look_gated` or `claim.look_begun`. */
function readyJob(row: Row, place: number): ReadyJob {
  const packed = row[5];
  const [
    attempts = 0,
    crashes = 0,
    releases = 0,
    priority = place,
    dueAt,
    expiresAt,
    parent,
    root,
    tags,
    checkpoint,
    trail,
  ] = typeof packed === 'string' ? unpacked(packed) : usual;
  return {
    n: row[0] as number,
    priority: priority as number,
    trail: (trail ?? (row[6] ? trails.gates : 0)) as number,
    gating: row[6] ? gatingOf([row[2]!, row[4]!, row[6], row[7]!, null]) : undefined,
    job: {
      id: row[1] as string,
      task: row[2] as string,
      body: row[3] as string,
      fence: 0,
      attempts: attempts as number,
      crashes: crashes as number,
      releases: releases as number,
      priority: priority as number,
      enqueuedAt: row[4] as number,
      dueAt: optional(dueAt),
      expiresAt: optional(expiresAt),
      parent: optional(parent),
      root: optional(root),
      tags: parsed(tags),
      checkpoint: optional(checkpoint),
      steps: undefined,
    },
  };
}
