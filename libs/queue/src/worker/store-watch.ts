import type { Events } from '../events/events.js';
import type { Clock } from '../time/clock.js';

const firstWait = 100;
const longestWait = 2000;

/** Whether the store answers, as the exchanges of one worker see it. Announces when it is lost, and when it is back. */
export class StoreWatch {
  private since?: number;

  constructor(
    private readonly clock: Clock,
    private readonly events: Events,
    private readonly url: string,
    private readonly cameBack: () => void,
  ) {}

  get isAway(): boolean {
    return this.since !== undefined;
  }

  lost(error: unknown): void {
    if (this.since !== undefined) return;
    this.since = this.clock.monotonic();
    this.events.emit('store.lost', { url: this.url, at: this.clock.now(), error });
  }

  answered(): void {
    if (this.since === undefined) return;
    const ms = this.clock.monotonic() - this.since;
    this.since = undefined;
    this.events.emit('store.back', { url: this.url, at: this.clock.now(), ms });
    this.cameBack();
  }
}

/** Milliseconds before try `n` (from 0) of something that failed: at most 2 s, so that work resumes soon after a return; jittered, so that not all come at once. */
export function tryAgainIn(n: number, random: () => number): number {
  const wait = Math.min(longestWait, firstWait * 2 ** Math.min(n, 10));
  return wait / 2 + (random() * wait) / 2;
}
