import { isFinal, type JobState } from '../../job/state.js';
import type { UniqueKey, Violation } from '../store.js';

interface Keyed {
  id: string;
  state: JobState;
  keys: readonly UniqueKey[];
  startedAt?: number;
}

/**
 * I8: at most one live job per unique key that has not begun; one that has may be followed. Speaks of keys that are taken until
 * the job is settled or gone; one that is free from the start, or after a time, may have several. Hand it the jobs of one shard.
 */
export function checkUnique(jobs: Iterable<Keyed>): Violation[] {
  const holders = new Map<string, string[]>();
  for (const { id, state, keys, startedAt } of jobs) {
    if (isFinal(state) || startedAt !== undefined) continue;
    for (const { key, until } of keys) {
      if (until === 'settled' || until === 'kept') holders.set(key, [...(holders.get(key) ?? []), id]);
    }
  }
  return [...holders]
    .filter(([, ids]) => ids.length > 1)
    .map(([key, ids]) => ({ invariant: 'I8', says: `several jobs are to begin under the key ${key}`, jobs: ids }));
}
