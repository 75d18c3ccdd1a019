import type { Lane } from '../store/store.js';
import { Duty, type DutyOptions } from './duty.js';

const period = 5000;

/** A relay carries on what a settling worker left in an outbox: effects in another shard. Who settles relays at once, so there is seldom anything. */
export class Relay extends Duty {
  constructor(options: DutyOptions) {
    super(options, 'relay', period);
  }

  protected async tend(lane: Lane): Promise<void> {
    await this.store.relay(lane);
  }
}
