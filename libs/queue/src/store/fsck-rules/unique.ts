import { isFinal, type JobState } from '../../job/state.js';
import type { UniqueKey, Violation } from '../store.js';

interface Keyed {
  id: string;
  state: JobState;
  keys: readonly UniqueKey[];
  waitsFor?: readonly string[];
}

/**
 * I8: at most one live job per unique key, and one that follows it and waits for its end. Speaks of keys that are taken until
 * the job is settled or gone; one that is free from the start, or after a time, may have several. Hand it the jobs of one shard.
 */
export function checkUnique(jobs: Iterable<Keyed>): Violation[] {
  const holders = new Map<string, Keyed[]>();
  for (const job of jobs) {
    if (isFinal(job.state)) continue;
    for (const { key, until } of job.keys) {
      if (until === 'settled' || until === 'kept') holders.set(key, [...(holders.get(key) ?? []), job]);
    }
  }
  return [...holders]
    .map(([key, found]) => ({ key, jobs: found.filter((job) => !follows(job, found)).map(({ id }) => id) }))
    .filter(({ jobs }) => jobs.length > 1)
    .map(({ key, jobs }) => ({ invariant: 'I8', says: `several live jobs under the key ${key}`, jobs }));
}

function follows({ waitsFor = [] }: Keyed, others: Keyed[]): boolean {
  return others.some(({ id }) => waitsFor.includes(id));
}
