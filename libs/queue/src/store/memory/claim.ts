import { limits } from '../../job/limits.js';
import { sharesOf } from '../shares.js';
import type { ClaimedJob } from '../store.js';
import { claimed, type Job } from './job.js';
import type { Line } from './line.js';
import type { Shard } from './shard.js';

/**
 * Takes up to `want` ready jobs, most urgent first, and no more than the queue allows. One take in `limits.lowestShare`
 * belongs to the lowest band that has jobs, so that nobody starves; or each band has a share by its weight. With `alone` a
 * suspect comes first, and then nothing else comes with it.
 */
export class Claim {
  readonly jobs: ClaimedJob[] = [];
  private looked = 0;

  constructor(
    private readonly shard: Shard,
    private readonly worker: string,
    private readonly now: number,
  ) {}

  run(want: number, alone: boolean): ClaimedJob[] {
    const allowed = Math.min(want, this.shard.room(this.now));
    if (allowed <= 0) return [];
    if (alone) this.take(this.shard.suspects, 1);
    const isAlone = this.jobs.length > 0;
    if (!isAlone) this.takeFromBands(allowed);
    this.shard.spend(this.jobs.length, this.now);
    return isAlone ? [{ ...this.jobs[0]!, alone: true }] : this.jobs;
  }

  private takeFromBands(want: number): void {
    const { weights } = this.shard.settings;
    if (weights) this.takeShares(want, weights);
    else this.takeLowestShare(want);
    this.takeTopDown(want - this.jobs.length);
    this.shard.takes += this.jobs.length;
  }

  private takeShares(want: number, weights: readonly number[]): void {
    const { bands, takes } = this.shard;
    const sizes = bands.map(({ size }) => size);
    const shares = sharesOf(sizes, weights, takes, want);
    for (const [band, share] of shares.entries()) this.take(bands[band]!, share);
  }

  private takeLowestShare(want: number): void {
    const share = this.lowestShare(want);
    this.takeTopDown(want - share);
    const lowest = this.shard.bands.findLast((band) => band.size > 0);
    if (lowest) this.take(lowest, share);
  }

  /** How many of the next `want` takes belong to the lowest band. */
  private lowestShare(want: number): number {
    const { takes, bands } = this.shard;
    if (bands.filter((band) => band.size > 0).length < 2) return 0;
    return Math.floor((takes + want) / limits.lowestShare) - Math.floor(takes / limits.lowestShare);
  }

  private takeTopDown(want: number): void {
    const enough = this.jobs.length + want;
    for (const band of this.shard.bands) this.take(band, enough - this.jobs.length);
  }

  private take(line: Line<Job>, want: number): void {
    const enough = this.jobs.length + want;
    while (this.jobs.length < enough && this.looked < limits.batch && line.first) {
      this.looked++;
      this.takeOne(line.first);
    }
  }

  /** A job past its expiry is cancelled instead, and one whose gates have closed goes back there. */
  private takeOne(job: Job): void {
    if (job.expiresAt !== undefined && job.expiresAt <= this.now) {
      this.shard.finish(job, 'cancelled', this.now, { reason: 'expired' });
      return;
    }
    if (this.shard.begin(job, this.worker, this.now)) this.jobs.push(claimed(job));
  }
}
