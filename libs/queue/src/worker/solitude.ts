import type { Lane } from '../store/store.js';
import type { Clock } from '../time/clock.js';

/**
 * Who may take when suspects wait: jobs whose next crash is their last are run alone, so that one that kills its
 * process takes no neighbour along.
 *
 * A lane that sees suspects takes nothing more. Once the whole worker holds nothing and no other lane is about to
 * claim, it asks for one, alone; until that job is settled no lane takes anything. Other lanes go on meanwhile, but
 * when a lane has looked in vain for `patience` milliseconds they hold back as well, or a busy worker would never be
 * empty.
 */
export class Solitude {
  private readonly seekers = new Map<Lane, number>();
  /** Exchanges on their way that may claim jobs. */
  private claiming = 0;
  private asking?: Lane;
  private job?: string;

  constructor(
    private readonly clock: Clock,
    private readonly patience: number,
    private readonly held: () => number,
  ) {}

  mayTake(lane: Lane): boolean {
    if (this.asking || this.job || this.seekers.has(lane)) return false;
    const now = this.clock.monotonic();
    for (const since of this.seekers.values()) if (now - since > this.patience) return false;
    return true;
  }

  /** Whether this lane may ask for a suspect now. */
  mayAsk(lane: Lane): boolean {
    if (!this.seekers.has(lane) || this.asking || this.job) return false;
    return this.held() === 0 && this.claiming === 0;
  }

  /** Somebody waits for the worker to be empty. */
  get isSought(): boolean {
    return this.seekers.size > 0;
  }

  /** An exchange of this lane begins that may claim jobs. */
  claims(lane: Lane, alone: boolean): void {
    if (alone) this.asking = lane;
    else this.claiming++;
  }

  /** It is over, whatever came of it. */
  claimed(alone: boolean): void {
    if (alone) this.asking = undefined;
    else this.claiming--;
  }

  /** What the answer says of waiting suspects. */
  saw(lane: Lane, suspects: number): void {
    if (suspects === 0) this.seekers.delete(lane);
    else if (!this.seekers.has(lane)) this.seekers.set(lane, this.clock.monotonic());
  }

  runs(id: string): void {
    this.job = id;
  }

  /** Answers whether the others may go on now. */
  ended(id: string): boolean {
    if (this.job !== id) return false;
    this.job = undefined;
    return true;
  }
}
