import { isFinal, type JobState } from '../../job/state.js';
import type { Violation } from '../store.js';

interface Linked {
  id: string;
  state: JobState;
  waitsFor?: readonly string[];
  /** The jobs that wait for it. */
  dependents?: ReadonlySet<string>;
}

/** I1: a blocked job waits for something that will tell it. Hand it the jobs of all shards, with no effect under way. */
export function checkAfter(jobs: Iterable<Linked>, find: (id: string) => Linked | undefined): Violation[] {
  const stuck: string[] = [];
  for (const { id, state, waitsFor = [] } of jobs) {
    if (state !== 'blocked') continue;
    const parents = waitsFor.map(find);
    const told = parents.every((parent) => parent && !isFinal(parent.state) && parent.dependents?.has(id));
    if (!told || parents.length === 0) stuck.push(id);
  }
  return stuck.length > 0 ? [{ invariant: 'I1', says: 'blocked by jobs that will not tell them', jobs: stuck }] : [];
}
