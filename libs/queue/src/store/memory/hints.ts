import { isFinal } from '../../job/state.js';
import type { Hint, Lane, Listener, Topics } from '../store.js';
import type { Job } from './job.js';

interface Ear {
  topics: Topics;
  hear: (hint: Hint) => void;
}

/** Who listens, and for what. Hints are told after the verb has returned, so that a listener may ask at once. */
export class Hints {
  private readonly ears = new Set<Ear>();
  private readonly watched = new Set<string>();

  listen(topics: Topics, hear: Ear['hear']): Listener {
    const ear = { topics, hear };
    this.ears.add(ear);
    return { stop: async () => void this.ears.delete(ear) };
  }

  /** Until `job` is settled its changes are hinted. */
  watch(job: Job): void {
    if (!isFinal(job.state)) this.watched.add(job.id);
  }

  lane(topic: 'ready' | 'cancelled', { queue, shard }: Lane): void {
    for (const ear of this.ears) {
      const hears = ear.topics.lanes?.some((lane) => lane.queue === queue && lane.shard === shard);
      if (hears) this.tell(ear, { topic, lane: { queue, shard } });
    }
  }

  changed(job: Job): void {
    if (!this.watched.has(job.id)) return;
    if (isFinal(job.state)) this.watched.delete(job.id);
    for (const ear of this.ears) {
      if (ear.topics.jobs?.includes(job.id)) this.tell(ear, { topic: 'job', id: job.id });
    }
  }

  /** One became due sooner than all that were known. */
  schedules(): void {
    for (const ear of this.ears) if (ear.topics.schedules) this.tell(ear, { topic: 'schedules' });
  }

  /** `job` was removed before it was settled. */
  gone(job: Job): void {
    this.changed(job);
    this.watched.delete(job.id);
  }

  close(): void {
    this.ears.clear();
    this.watched.clear();
  }

  private tell(ear: Ear, hint: Hint): void {
    queueMicrotask(() => this.ears.has(ear) && ear.hear(hint));
  }
}
