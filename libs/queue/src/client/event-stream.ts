import type { EventMap, EventName, Events } from '../events/events.js';

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
  'store.lost': true,
  'store.back': true,
  error: true,
};

/** Facts kept for a reader that is slow; the oldest beyond go. */
const backlog = 1000;

/** Facts of this process, in the order they are announced. Listens from the first `next()` until the reader leaves its loop. */
export async function* eventStream(events: Events): AsyncGenerator<Fact, void> {
  const facts: Fact[] = [];
  let wake = () => {};
  const stops = (Object.keys(names) as EventName[]).map((name) =>
    events.on(name, (fact) => {
      facts.push({ name, ...fact } as Fact);
      if (facts.length > backlog) facts.shift();
      wake();
    }),
  );
  try {
    for (;;) {
      while (facts.length > 0) yield facts.shift()!;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    for (const stop of stops) stop();
  }
}
