import { isFinal, type JobState } from '../../job/state.js';
import type { UniqueKey, Violation } from '../store.js';

/**
 * I8: at most one live job per unique key. Speaks of keys that are taken until the job is settled or gone; one that
 * is free from the start, or after a time, may have several. Hand it the jobs of one shard.
 */
export function checkUnique(jobs: Iterable<{ id: string; state: JobState; keys: readonly UniqueKey[] }>): Violation[] {
  const holders = new Map<string, string[]>();
  for (const { id, state, keys } of jobs) {
    if (isFinal(state)) continue;
    for (const { key, until } of keys) {
      if (until === 'settled' || until === 'kept') holders.set(key, [...(holders.get(key) ?? []), id]);
    }
  }
  return [...holders]
    .filter(([, ids]) => ids.length > 1)
    .map(([key, ids]) => ({ invariant: 'I8', says: `several live jobs under the key ${key}`, jobs: ids }));
}
