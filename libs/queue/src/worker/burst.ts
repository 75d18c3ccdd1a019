import type { Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';

/** Ends a worker once its queues are drained, or paused: `ready` looks at ready and active jobs, `all` also at scheduled and blocked ones. */
export class Burst extends Loop {
  constructor(
    clock: Clock,
    private readonly store: Store,
    private readonly mode: 'ready' | 'all',
    private readonly queues: ReadonlySet<string>,
    private readonly worker: { idle(): Promise<void>; drained(): void },
    private readonly pause: number,
  ) {
    super(clock);
  }

  async runOnce(): Promise<number> {
    await this.worker.idle();
    if (!this.stopped && (await this.left()) === 0) this.worker.drained();
    return this.pause;
  }

  protected failed(): number {
    return this.pause;
  }

  private async left(): Promise<number> {
    let left = 0;
    for (const { queue, counts, settings } of await this.store.counts()) {
      if (!this.queues.has(queue)) continue;
      left += counts.active;
      // Nobody can tell when a pause ends.
      if (settings.paused) continue;
      left += counts.ready;
      if (this.mode === 'all') left += counts.scheduled + counts.blocked;
    }
    return left;
  }
}
