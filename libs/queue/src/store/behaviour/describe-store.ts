import { describeAfter } from './after.behaviour.js';
import { describeClaim } from './claim.behaviour.js';
import { describeCoalesce } from './coalesce.behaviour.js';
import { describeControl } from './control.behaviour.js';
import { describeEnqueue } from './enqueue.behaviour.js';
import { describeExchange } from './exchange.behaviour.js';
import { describeGates } from './gates.behaviour.js';
import { describeList } from './list.behaviour.js';
import { describeLook } from './look.behaviour.js';
import { describeNote } from './note.behaviour.js';
import { describeOrder } from './order.behaviour.js';
import { describeParked } from './parked.behaviour.js';
import { describePrune } from './prune.behaviour.js';
import { describeQueueSettings } from './queue-settings.behaviour.js';
import { describeRate } from './rate.behaviour.js';
import { describeReap } from './reap.behaviour.js';
import { describeSchedules } from './schedules.behaviour.js';
import { describeSettle } from './settle.behaviour.js';
import { type MakeStore, Stage } from './stage.js';
import { describeTaskSettings } from './task-settings.behaviour.js';
import { describeTurn } from './turn.behaviour.js';
import { describeUnique } from './unique.behaviour.js';
import { describeWorkers } from './workers.behaviour.js';

const behaviours = [
  describeEnqueue,
  describeUnique,
  describeCoalesce,
  describeAfter,
  describeExchange,
  describeClaim,
  describeSettle,
  describeWorkers,
  describeReap,
  describePrune,
  describeNote,
  describeControl,
  describeLook,
  describeList,
  describeSchedules,
  describeGates,
  describeParked,
  describeTurn,
  describeRate,
  describeOrder,
  describeTaskSettings,
  describeQueueSettings,
];

/**
 * What every store does, told once. A store adopts it in a line: `describeStore('memory', (clock) => memory({ clock }))`.
 * After each test the invariants are checked over the whole store.
 */
export function describeStore(name: string, make: MakeStore): void {
  describe(`${name} store`, () => {
    const stage = new Stage(make);
    beforeEach(() => stage.set());
    afterEach(async () => {
      try {
        expect(await stage.store.fsck()).toEqual([]);
      } finally {
        await stage.clear();
      }
    });
    for (const behaviour of behaviours) behaviour(stage);
  });
}
