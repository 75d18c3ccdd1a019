import type { Clock } from '../time/clock.js';

/**
 * What a worker may believe of its own lease, without asking: the store counts from when it served the beat, so
 * counting from when the beat was sent is never too long. Monotonic, as the wall may jump.
 */
export class Lease {
  private until = -Infinity;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds. */
    readonly length: number,
  ) {}

  /** The store confirmed a beat that was sent at `sentAt` (monotonic). */
  renewed(sentAt: number): void {
    this.until = Math.max(this.until, sentAt + this.length);
  }

  /** Others may not have taken over yet. */
  get isTrusted(): boolean {
    return this.clock.monotonic() < this.until;
  }
}
