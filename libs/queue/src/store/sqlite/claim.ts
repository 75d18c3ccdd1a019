import { limits } from '../../job/limits.js';
import type { ClaimedJob } from '../store.js';
import type { Row } from './database.js';
import type { Lane } from './lane.js';
import { finish } from './moves.js';
import { optional, parsed, suspects, trails } from './row.js';
import type { Transaction } from './transaction.js';

const bands = [0, 1, 2, 3];

/**
 * Takes up to `want` ready jobs, most urgent first. One take in `limits.lowestShare` belongs to the lowest band that
 * has jobs, so that nobody starves. With `alone` a suspect comes first, and then nothing else comes with it.
 */
export class Claim {
  private readonly jobs: ClaimedJob[] = [];
  private looked = 0;

  constructor(
    private readonly tx: Transaction,
    private readonly lane: Lane,
    private readonly worker: string,
  ) {}

  run(want: number, alone: boolean): ClaimedJob[] {
    if (want <= 0) return [];
    if (alone) {
      this.take(suspects, 1);
      if (this.jobs.length > 0) return [{ ...this.jobs[0]!, alone: true }];
    }
    const share = this.lowestShare(want);
    this.takeTopDown(want - share);
    const lowest = bands.findLast((band) => this.lane.waiting[band]! > 0);
    if (lowest !== undefined) this.take(lowest, share);
    this.takeTopDown(want - this.jobs.length);
    this.lane.takes += this.jobs.length;
    return this.jobs;
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
    const enough = this.jobs.length + want;
    while (this.jobs.length < enough && this.looked < limits.batch && this.lane.waiting[place]! > 0) {
      const most = Math.min(enough - this.jobs.length, limits.batch - this.looked);
      const rows = this.tx.db.rows('claim.look', this.lane.n, place, most);
      if (rows.length === 0) return;
      this.looked += rows.length;
      this.hold(
        place,
        rows.filter((row) => !this.expire(row)),
      );
    }
  }

  /** A job past its expiry is cancelled instead. */
  private expire(row: Row): boolean {
    const expiresAt = optional<number>(row[10]);
    if (expiresAt === undefined || expiresAt > this.tx.now) return false;
    finish(this.tx, this.lane, this.tx.find(row[1] as string)!.job, 'cancelled', { reason: 'expired' });
    return true;
  }

  /** All rows in one statement: fences follow one another. */
  private hold(place: number, rows: Row[]): void {
    if (rows.length === 0) return;
    const { lane, tx } = this;
    const first = Math.max(lane.fence + 1, tx.now * 1000);
    lane.fence = first + rows.length - 1;
    lane.waiting[place]! -= rows.length;
    lane.counts.active += rows.length;
    tx.db.run('claim.take', this.worker, tx.now, first, JSON.stringify(rows.map((row) => row[0])));
    rows.forEach((row, index) => {
      const job = this.claimed(row, first + index);
      this.jobs.push(job);
      tx.hintJob(job.id);
    });
  }

  private claimed(row: Row, fence: number): ClaimedJob {
    return {
      id: row[1] as string,
      task: row[2] as string,
      body: row[3] as string,
      fence,
      attempts: row[4] as number,
      crashes: row[5] as number,
      releases: row[6] as number,
      priority: row[7] as number,
      enqueuedAt: row[8] as number,
      dueAt: optional(row[9]),
      expiresAt: optional(row[10]),
      parent: optional(row[11]),
      root: optional(row[12]),
      tags: parsed(row[13]),
      checkpoint: optional(row[14]),
      steps: ((row[15] as number) & trails.left) !== 0 ? this.stepsOf(row[0] as number) : undefined,
    };
  }

  private stepsOf(n: number): Record<string, string> | undefined {
    const steps = this.tx.db.rows('job.steps', n);
    return steps.length > 0 ? (Object.fromEntries(steps) as Record<string, string>) : undefined;
  }
}
