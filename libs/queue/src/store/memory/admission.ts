import { compare, Heap } from './heap.js';
import type { Job } from './job.js';

interface Places {
  /** How many jobs of the key have one. */
  taken: number;
  parked: Heap<Job>;
}

/**
 * Who of the limited jobs of a shard may be claimed. So many of a key are admitted: they have a place, and keep it while
 * they are ready or active. The others are parked: ready, but in no line, until it is their turn.
 */
export class Admission {
  private readonly keys = new Map<string, Places>();
  private parkings = 0;

  /** Whether `job`, which becomes ready, may join a line: gives it a place, or parks it. Without a limit it needs none. */
  admit(job: Job): boolean {
    if (!job.limit || job.admitted) return true;
    const { key, max } = job.limit;
    const places = this.placesOf(key);
    job.admitted = places.taken < max;
    if (job.admitted) {
      places.taken++;
    } else {
      job.ticket = `${encodeURIComponent(key)} ${job.priority}${String(++this.parkings).padStart(16, '0')}`;
      places.parked.add(job);
    }
    return job.admitted;
  }

  /** `job` is neither ready nor active any more. Answers those that are admitted now, first in line first. */
  leave(job: Job): Job[] {
    if (!job.admitted && job.ticket === undefined) return [];
    const places = this.placesOf(job.limit!.key);
    if (job.admitted) places.taken--;
    else places.parked.delete(job);
    job.admitted = false;
    job.ticket = undefined;

    const admitted: Job[] = [];
    for (let head = places.parked.first; head && this.hasRoom(head); head = places.parked.first) {
      places.parked.delete(head);
      head.ticket = undefined;
      this.admit(head);
      admitted.push(head);
    }
    if (places.taken === 0) this.keys.delete(job.limit!.key);
    return admitted;
  }

  /** In no particular order. */
  parked(): Job[] {
    return [...this.keys.values()].flatMap(({ parked }) => [...parked]);
  }

  /** How many places of each key are taken. */
  taken(): Map<string, number> {
    return new Map([...this.keys].map(([key, { taken }]) => [key, taken]));
  }

  /** By its own limit. */
  private hasRoom({ limit }: Job): boolean {
    return this.placesOf(limit!.key).taken < limit!.max;
  }

  private placesOf(key: string): Places {
    let places = this.keys.get(key);
    if (!places) this.keys.set(key, (places = { taken: 0, parked: new Heap((a, b) => compare(a.ticket!, b.ticket!)) }));
    return places;
  }
}
