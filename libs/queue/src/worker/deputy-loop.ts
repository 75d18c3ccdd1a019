import type { Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import type { Charge, DeputyOrders } from './deputy.js';

/** Looks whether the event loop of a worker turns, and beats for it while it does not. Runs in a thread of its own. */
export class DeputyLoop extends Loop {
  /** For whom to beat. */
  charge?: Charge;
  private readonly period: number;
  private store?: Store;
  private turns = -1;
  private turnsSince = 0;
  private beatAt = -Infinity;

  constructor(
    clock: Clock,
    private readonly orders: DeputyOrders,
    private readonly open: () => Promise<Store>,
    private readonly complain: (why: string) => void,
  ) {
    super(clock);
    this.period = Math.min(1000, orders.lease / 12);
  }

  async runOnce(): Promise<number> {
    const { lease, maxBlock, turns } = this.orders;
    const now = this.clock.monotonic();
    const seen = Atomics.load(turns, 0);
    if (seen !== this.turns) [this.turns, this.turnsSince, this.beatAt] = [seen, now, -Infinity];
    const blocked = now - this.turnsSince;
    const isDue = now - this.beatAt >= lease / 3;
    if (blocked >= lease / 6 && blocked <= maxBlock && isDue) await this.beat(now);
    return this.period;
  }

  override async stop(): Promise<void> {
    await super.stop();
    await this.store?.close();
  }

  protected failed(error: unknown): number {
    this.complain(String(error));
    return this.period;
  }

  private async beat(now: number): Promise<void> {
    if (!this.charge) return;
    const { worker, lanes } = this.charge;
    this.store ??= await this.open();
    const { lease } = this.orders;
    // Jobs that are marked for cancelling are told again to the worker itself.
    for (const lane of lanes) await this.store.exchange({ worker, lane, settle: [], want: 0, lease });
    this.beatAt = now;
  }
}
