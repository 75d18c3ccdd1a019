import { isFinal } from '../../job/state.js';
import type { UniqueKey } from '../store.js';
import { Heap } from './heap.js';
import type { Job } from './job.js';

interface Entry extends UniqueKey {
  id: string;
  enqueuedAt: number;
}

/** Which job each unique key of a shard points to, and whether that still counts. */
export class Keys {
  private readonly entries = new Map<string, Entry>();
  /** Timed keys that outlived the record of their job, first over first. */
  private readonly orphans = new Heap<Entry>((a, b) => over(a) - over(b));

  constructor(private readonly jobs: ReadonlyMap<string, Job>) {}

  /** The id that holds the first taken of these keys, leaving aside what `except` holds itself. */
  holder(keys: readonly UniqueKey[], now: number, except?: string): string | undefined {
    for (const { key } of keys) {
      const entry = this.entries.get(key);
      if (entry && entry.id !== except && this.taken(entry, now)) return entry.id;
    }
    return undefined;
  }

  /** All keys of `job` point to it from now on. */
  take(job: Job): void {
    for (const { key, until } of job.keys) {
      this.dropOrphan(key);
      this.entries.set(key, { key, until, id: job.id, enqueuedAt: job.enqueuedAt });
    }
  }

  /** The record of `job` vanishes, and with it the keys that point to it; timed ones stay until they are over. */
  release(job: Job, now: number): void {
    for (const { key } of job.keys) {
      const entry = this.entries.get(key);
      if (entry?.id !== job.id) continue;
      if (over(entry) > now) this.orphans.add(entry);
      else this.entries.delete(key);
    }
  }

  /** Forgets timed keys without a record that are over. */
  prune(now: number): void {
    for (let entry = this.orphans.first; entry && over(entry) <= now; entry = this.orphans.first) {
      this.orphans.delete(entry);
      this.entries.delete(entry.key);
    }
  }

  /** The job that `key` points to, whether or not it is taken. */
  find(key: string): Job | undefined {
    const entry = this.entries.get(key);
    return entry && this.jobs.get(entry.id);
  }

  /** Keys without a record that are not waiting to be over: there must be none. */
  strays(): string[] {
    return [...this.entries.values()]
      .filter((entry) => !this.jobs.has(entry.id) && !this.orphans.has(entry))
      .map((entry) => entry.key);
  }

  private taken(entry: Entry, now: number): boolean {
    if (typeof entry.until === 'number') return now < over(entry);
    const job = this.jobs.get(entry.id);
    if (!job) return false;
    switch (entry.until) {
      case 'started':
        return !isFinal(job.state) && job.startedAt === undefined;
      case 'settled':
        return !isFinal(job.state);
      case 'kept':
        return true;
    }
  }

  private dropOrphan(key: string): void {
    const entry = this.entries.get(key);
    if (entry) this.orphans.delete(entry);
  }
}

/** When a timed key is free again, epoch milliseconds; others are not bound to a time. */
function over(entry: Entry): number {
  return typeof entry.until === 'number' ? entry.enqueuedAt + entry.until : -Infinity;
}
