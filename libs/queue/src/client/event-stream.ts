import type { EventMap, EventName, Events } from '../events/events.js';
import { Feed } from './feed.js';

/** A fact with its name. */
export type Fact = { [N in EventName]: { name: N } & EventMap[N] }[EventName];

const names: Record<EventName, true> = {
  'job.enqueued': true,
  'job.started': true,
  'job.progress': true,
  'job.completed': true,
  'job.retry': true,
  'job.snoozed': true,
  'job.failed': true,
  'job.cancelled': true,
  'job.released': true,
  'job.reaped': true,
  'job.stale': true,
  'worker.started': true,
  'worker.quiet': true,
  'worker.stopped': true,
  'worker.lost': true,
  'worker.blocked': true,
  'schedule.fired': true,
  'schedule.skipped': true,
  'schedule.missed': true,
  'schedule.changed': true,
  'store.lost': true,
  'store.back': true,
  error: true,
};

/** Facts kept for a reader that is slow; the oldest beyond go. */
const backlog = 1000;

/** Facts of this process, in the order they are announced. Listens from the first `next()` until the reader leaves. */
export function eventStream(events: Events): Feed<Fact> {
  return new Feed((feed) => {
    const stops = (Object.keys(names) as EventName[]).map((name) =>
      events.on(name, (fact) => feed.give({ name, ...fact } as Fact)),
    );
    return () => stops.forEach((stop) => stop());
  }, backlog);
}
