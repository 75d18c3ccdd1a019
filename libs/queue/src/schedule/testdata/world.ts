import { Queue } from '../../client/queue.js';
import { Events, type EventMap, type EventName } from '../../events/events.js';
import type { Codec } from '../../job/envelope.js';
import { memory } from '../../store/memory/index.js';
import type { Store } from '../../store/store.js';
import { defineTasks } from '../../task/define-tasks.js';
import { task } from '../../task/task.js';
import type { TaskRef } from '../../task/task-ref.js';
import { ManualClock } from '../../time/manual-clock.js';
import { FiringLoop } from '../firing.js';
import { Schedules } from '../schedules.js';

export class NightTasks extends defineTasks('night', {
  sweep: task({ queue: 'low' }),
  send: task({ queue: 'mail', priority: 'high' }),
}) {}

/** Takes any payload. */
export const sweep = NightTasks.sweep as unknown as TaskRef;

/** A store with schedules, and somebody who fires them when told to. Time stands at midnight, UTC. */
export async function nightWorld(given: { store?: (clock: ManualClock) => Store; codec?: Codec } = {}) {
  const clock = new ManualClock('2026-11-20T00:00:00Z');
  const store = (given.store ?? ((own: ManualClock) => memory({ clock: own })))(clock);
  await store.open();
  const events = new Events(clock);
  const told: string[] = [];
  const hear = <N extends EventName>(name: N, words: (fact: EventMap[N]) => string) =>
    events.on(name, (fact) => void told.push(`${name.replace('schedule.', '')} ${words(fact)}`));
  hear('schedule.fired', ({ id, slot }) => `${id} ${timeOf(slot)}`);
  hear('schedule.skipped', ({ id, slot, why }) => `${id} ${timeOf(slot)} ${why}`);
  hear('schedule.missed', ({ id, slot, count, why }) => `${id} ${timeOf(slot)} ${count} ${why}`);
  hear('schedule.changed', ({ id, change }) => `${id} ${change}`);
  hear('error', ({ doing }) => doing);
  const queue = new Queue({ store, clock, events, codec: given.codec });
  const schedules = new Schedules({ store, queue, clock, events, codec: given.codec });
  const firing = new FiringLoop(clock, schedules.book, events);

  return {
    ...{ clock, store, events, queue, schedules, firing, told },

    /** Looks until nothing is due. */
    async fire(): Promise<void> {
      while ((await firing.runOnce()) === 0);
    },

    /** Time goes by, and then somebody looks. */
    async pass(ms: number): Promise<void> {
      clock.jump(ms);
      await this.fire();
    },

    /** The jobs of a queue, oldest first: their slots, and whether they wait. */
    async jobs(name = 'low'): Promise<string[]> {
      const { jobs } = await store.list({ queue: name, limit: 200 });
      return jobs
        .sort((a, b) => a.enqueuedAt - b.enqueuedAt || ((a.name ?? a.id) < (b.name ?? b.id) ? -1 : 1))
        .map((job) => `${job.state} ${job.name?.split('T')[1]?.slice(0, 5) ?? '-'}`);
    },
  };
}

/** `03:00`. */
export function timeOf(instant: number): string {
  return new Date(instant).toISOString().slice(11, 16);
}
