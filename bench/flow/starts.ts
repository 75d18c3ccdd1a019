/** The start of one attempt, as the handler saw it. */
export interface Start {
  /** Of its group; empty for a job without. */
  key: string;
  /** When it was claimed: microseconds since 1970 on the store's clock, which is what limits are counted in. */
  claimed: number;
  /** When it was enqueued: milliseconds since 1970 on the store's clock. */
  enqueuedAt: number;
  /** Milliseconds from when the caller sent it to the handler. */
  waited: number;
}

/** What has begun since somebody asked last. */
export class StartList {
  private starts: Start[] = [];

  add(start: Start): void {
    this.starts.push(start);
  }

  take(): Start[] {
    const { starts } = this;
    this.starts = [];
    return starts;
  }
}

/**
 * Jobs of one exchange are claimed at the same instant and told apart by as many microseconds: this is more than that
 * comes to.
 */
const blur = 200;

/** The most starts in any window of so many microseconds, its end left out. */
export function mostWithin(period: number, starts: readonly Start[]): number {
  const times = starts.map(({ claimed }) => claimed).sort((a, b) => a - b);
  let most = 0;
  let from = 0;
  for (const [i, time] of times.entries()) {
    while (time - times[from]! >= period - blur) from++;
    most = Math.max(most, i - from + 1);
  }
  return most;
}

/** Per cent of what a limit lets through from the first start to the last. */
export function shareUsed(limit: number, period: number, starts: readonly Start[]): number {
  const times = starts.map(({ claimed }) => claimed);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  return (100 * (starts.length - 1) * period) / (limit * (last - first));
}
