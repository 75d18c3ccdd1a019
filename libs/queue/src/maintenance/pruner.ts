import { limits } from '../job/limits.js';
import type { Lane } from '../store/store.js';
import { Duty, type DutyOptions } from './duty.js';

const period = 5000;

/** A pruner forgets finished jobs past their time or beyond the count, in small bites. */
export class Pruner extends Duty {
  constructor(options: DutyOptions) {
    super(options, 'prune', period);
  }

  protected async tend(lane: Lane): Promise<void> {
    let forgotten = limits.page as number;
    while (forgotten >= limits.page && !this.stopped) forgotten = await this.store.prune({ lane });
  }
}
