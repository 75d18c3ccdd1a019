import type { Hint, Listener, Topics } from '../store.js';

interface Ear {
  topics: Topics;
  hear: (hint: Hint) => void;
}

/**
 * Who listens, and for what. Hints are told after the verb has returned, so that a listener may ask at once.
 *
 * A job is watched by listening for its id: that costs nothing in the file, so `watch` has nothing to write down.
 */
export class Hints {
  private readonly ears = new Set<Ear>();

  /** `onChange` is told when the first begins to listen, and when the last has stopped. */
  constructor(private readonly onChange: (somebodyListens: boolean) => void) {}

  listen(topics: Topics, hear: Ear['hear']): Listener {
    const ear = { topics, hear };
    this.ears.add(ear);
    if (this.ears.size === 1) this.onChange(true);
    return { stop: async () => void (this.ears.delete(ear) && this.ears.size === 0 && this.onChange(false)) };
  }

  get heard(): boolean {
    return this.ears.size > 0;
  }

  tell(hints: Iterable<Hint>): void {
    for (const hint of hints) {
      for (const ear of this.ears) if (concerns(ear.topics, hint)) this.say(ear, hint);
    }
  }

  close(): void {
    if (this.ears.size === 0) return;
    this.ears.clear();
    this.onChange(false);
  }

  private say(ear: Ear, hint: Hint): void {
    queueMicrotask(() => this.ears.has(ear) && ear.hear(hint));
  }
}

function concerns({ lanes, jobs, schedules }: Topics, hint: Hint): boolean {
  if (hint.topic === 'any') return true;
  if (hint.topic === 'schedules') return schedules ?? false;
  if (hint.topic === 'job') return jobs?.includes(hint.id) ?? false;
  return lanes?.some(({ queue, shard }) => queue === hint.lane.queue && shard === hint.lane.shard) ?? false;
}
