import type { HeldJob } from './held-job.js';
import type { Line, Owner } from './line.js';

/** The concurrency of one queue, shared by its lanes. A place is taken from when a job begins until the code has come back. */
export class Places {
  /** Other queues may have them as well. */
  readonly shared: boolean = false;
  protected used = 0;
  protected promised = 0;

  constructor(
    private count: number,
    protected readonly line: Line,
  ) {}

  get capacity(): number {
    return this.count;
  }

  /** Jobs whose code runs: more than there are places, while those that a smaller number left over run on. */
  get taken(): number {
    return this.used;
  }

  /** So many from now on. Those who run are left alone; those in line begin, as far as there are places. */
  resize(size: number): void {
    this.count = size;
    this.fill();
  }

  /** Whoever comes now stands in line. */
  get isFull(): boolean {
    return this.used >= this.size;
  }

  /** Jobs may begin: the ones in line, and those that exchanges on their way bring, have a place already. */
  get free(): number {
    return Math.max(0, this.size - this.used - this.promised);
  }

  /** Jobs that may be held at once, in places and in line. */
  get total(): number {
    return this.size + this.line.room(this.size);
  }

  /** Jobs that may be claimed. */
  get room(): number {
    return Math.max(0, this.total - this.used - this.promised - this.line.length);
  }

  /** An exchange is on its way that may claim so many. */
  promise(jobs: number): void {
    this.promised += jobs;
  }

  /** It is back. */
  redeem(jobs: number): void {
    this.promised -= jobs;
  }

  /** An answer has come, or a hint: places that are shared go where they are of use. */
  spread(): void {}

  /** Begins, when there is a place; stands in line otherwise. */
  enter(held: HeldJob, owner: Owner): void {
    if (this.used >= this.size || this.line.length > 0) return this.line.join(held, owner);
    this.used++;
    owner.begin(held);
  }

  /** The code came back, `ms` after it began. */
  leave(ms: number): void {
    this.used--;
    this.line.took(ms);
    this.fill();
  }

  /** Places that its jobs may have now. */
  protected get size(): number {
    return this.count;
  }

  /** Whoever waits in line begins, as far as there are places. */
  protected fill(): void {
    while (this.used < this.size) {
      this.used++;
      if (this.line.beginNext()) continue;
      this.used--;
      return;
    }
  }

  /** Nobody of `owner` begins any more: see `Line`. */
  giveBack(owner: Owner): void {
    this.line.giveBack(owner);
  }

  withdraw(held: HeldJob): boolean {
    return this.line.leave(held);
  }

  forget(owner: Owner): void {
    this.line.forget(owner);
  }
}
