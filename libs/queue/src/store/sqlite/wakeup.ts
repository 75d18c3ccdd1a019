import { systemClock, type Timer } from '../../time/clock.js';

/** Milliseconds of quiet, and how often to ask from then on. */
const pace = [
  { quiet: 0, every: 2 },
  { quiet: 5_000, every: 4 },
  { quiet: 60_000, every: 12 },
];

/**
 * Notices that another process, or another connection of this one, wrote to the file.
 *
 * SQLite sends no messages, but `PRAGMA data_version` changes with each foreign commit and costs 3 µs to ask; waking up to
 * ask costs ten times that. So it is asked every 2 ms while there is something going on (3 % of a core), and every 12 ms
 * when nobody has written for a minute (under 1 %), which keeps the median wait at 6 ms. It runs on
 * the machine's clock whatever clock the store was handed: the other process does not wait for one turned by hand.
 */
export class Wakeup {
  private timer: Timer | undefined;
  private seen: number | undefined;
  private activeAt = 0;

  constructor(
    /** Answers `undefined` while the file cannot be read. */
    private readonly version: () => number | undefined,
    private readonly wake: () => void,
  ) {}

  start(): void {
    if (this.timer) return;
    this.seen = this.version();
    this.active();
    this.again();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** This process wrote: others may answer soon. */
  active(): void {
    this.activeAt = systemClock.monotonic();
  }

  private again(): void {
    const quiet = systemClock.monotonic() - this.activeAt;
    const { every } = pace.findLast((step) => quiet >= step.quiet) ?? pace[0]!;
    this.timer = systemClock.after(every, () => this.look());
  }

  private look(): void {
    const version = this.version();
    if (version !== undefined && version !== this.seen) {
      this.seen = version;
      this.active();
      this.wake();
    }
    this.again();
  }
}
