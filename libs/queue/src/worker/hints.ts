import type { Hint, Lane, Listener, Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import { tryAgainIn } from './store-watch.js';

const longAgo = 600_000;

/**
 * Listens for hints in the background, and again after the store was away. The connection behind it is disposable:
 * nobody waits for it, and when it fails the timed looks go on.
 */
export class Hints extends Loop {
  private listener?: Listener;
  private fresh = false;
  private failures = 0;

  constructor(
    clock: Clock,
    private readonly store: Store,
    private readonly lanes: Lane[],
    private readonly hear: (hint: Hint) => void,
  ) {
    super(clock);
  }

  /** The store was away: what listened then may be deaf now. */
  renew(): void {
    this.fresh = false;
    this.wake();
  }

  async runOnce(): Promise<number> {
    if (this.fresh) return longAgo;
    const old = this.listener;
    this.fresh = true;
    this.listener = await this.store.listen({ lanes: this.lanes }, this.hear);
    this.failures = 0;
    void old?.stop();
    if (this.stopped) await this.silence();
    else this.hear({ topic: 'any' }); // what came before it heard made no sound
    return longAgo;
  }

  /** Does not wait for a call that hangs: nothing depends on hints. */
  override async stop(): Promise<void> {
    void super.stop();
    await this.silence();
  }

  protected failed(): number {
    this.fresh = false;
    return tryAgainIn(this.failures++, () => this.clock.random());
  }

  private async silence(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    await listener?.stop();
  }
}
