import type { JobRecord, NewJob } from '../store/store.js';
import type { DutyOptions } from './duty.js';
import { LaneBook } from './lanes.js';
import { Pruner } from './pruner.js';
import { Reaper } from './reaper.js';
import { Relay } from './relay.js';

export interface MaintenanceOptions extends Omit<DutyOptions, 'lanes'> {
  /** The job to write for one that failed because its workers were lost, if any. */
  letter?: (failed: JobRecord) => NewJob | undefined;
}

/** Who tidies up. Every worker does, without a leader: each duty is idempotent and done in small bites. */
export class Maintenance {
  readonly reaper: Reaper;
  readonly pruner: Pruner;
  readonly relay: Relay;

  constructor({ letter, store, clock, events }: MaintenanceOptions) {
    const options = { store, clock, events, lanes: new LaneBook(store, clock) };
    this.reaper = new Reaper(options, letter);
    this.pruner = new Pruner(options);
    this.relay = new Relay(options);
  }

  start(): void {
    for (const duty of this.duties) duty.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.duties.map((duty) => duty.stop()));
  }

  private get duties() {
    return [this.reaper, this.pruner, this.relay];
  }
}
