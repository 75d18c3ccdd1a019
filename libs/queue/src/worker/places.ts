import type { HeldJob } from './held-job.js';
import type { Line, Owner } from './line.js';

/** The concurrency of one queue, shared by its lanes. A place is taken from when a job begins until the code has come back. */
export class Places {
  private taken = 0;
  private promised = 0;

  constructor(
    readonly capacity: number,
    private readonly line: Line,
  ) {}

  /** Jobs may begin: the ones in line, and those that exchanges on their way bring, have a place already. */
  get free(): number {
    return Math.max(0, this.capacity - this.taken - this.promised);
  }

  /** Jobs that may be held at once, in places and in line. */
  get total(): number {
    return this.capacity + this.line.room(this.capacity);
  }

  /** Jobs that may be claimed. */
  get room(): number {
    return Math.max(0, this.total - this.taken - this.promised - this.line.length);
  }

  /** An exchange is on its way that may claim so many. */
  promise(jobs: number): void {
    this.promised += jobs;
  }

  /** It is back. */
  redeem(jobs: number): void {
    this.promised -= jobs;
  }

  /** Begins, when there is a place; stands in line otherwise. */
  enter(held: HeldJob, owner: Owner): void {
    if (this.taken >= this.capacity || this.line.length > 0) return this.line.join(held, owner);
    this.taken++;
    owner.begin(held);
  }

  /** The code came back, `ms` after it began. */
  leave(ms: number): void {
    this.taken--;
    this.line.took(ms);
    this.fill();
  }

  /** Whoever waits in line begins, as far as there are places. */
  private fill(): void {
    while (this.taken < this.capacity) {
      this.taken++;
      if (this.line.beginNext()) continue;
      this.taken--;
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
