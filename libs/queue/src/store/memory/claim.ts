import { limits } from '../../job/limits.js';
import type { ClaimedJob } from '../store.js';
import { claimed, type Job } from './job.js';
import type { Line } from './line.js';
import type { Shard } from './shard.js';

/**
 * Takes up to `want` ready jobs, most urgent first. One take in `limits.lowestShare` belongs to the lowest band that
 * has jobs, so that nobody starves. With `alone` a suspect comes first, and then nothing else comes with it.
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
    if (want <= 0) return [];
    if (alone) {
      this.take(this.shard.suspects, 1);
      if (this.jobs.length > 0) return [{ ...this.jobs[0]!, alone: true }];
    }
    const share = this.lowestShare(want);
    this.takeTopDown(want - share);
    const lowest = this.shard.bands.findLast((band) => band.size > 0);
    if (lowest) this.take(lowest, share);
    this.takeTopDown(want - this.jobs.length);
    this.shard.takes += this.jobs.length;
    return this.jobs;
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

  /** A job past its expiry is cancelled instead. */
  private takeOne(job: Job): void {
    if (job.expiresAt !== undefined && job.expiresAt <= this.now) {
      this.shard.finish(job, 'cancelled', this.now, { reason: 'expired' });
      return;
    }
    this.shard.makeActive(job, this.worker, this.now);
    this.jobs.push(claimed(job));
  }
}
