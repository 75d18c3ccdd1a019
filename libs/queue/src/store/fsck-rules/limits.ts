import type { JobState } from '../../job/state.js';
import type { NewJob, Violation } from '../store.js';

interface Limited {
  id: string;
  state: JobState;
  limit?: NewJob['limit'];
  /** Has a place of its key. */
  admitted: boolean;
  /** While parked: sorts those of a key. */
  ticket?: string;
}

/**
 * I13: a limited job has a place of its key exactly while it is active or in a line, as many places are taken as jobs have
 * one, and nobody is parked while there is room. `taken` is what the store counts, by key. Hand it the jobs of one shard.
 */
export function checkLimits(jobs: Iterable<Limited>, taken: ReadonlyMap<string, number>): Violation[] {
  const placed = new Map<string, number>();
  const heads = new Map<string, Limited>();
  const astray: string[] = [];
  for (const job of jobs) {
    if (!job.limit) continue;
    const { key } = job.limit;
    if (!isSound(job)) astray.push(job.id);
    if (job.admitted) placed.set(key, (placed.get(key) ?? 0) + 1);
    if (job.ticket !== undefined && job.ticket <= (heads.get(key)?.ticket ?? job.ticket)) heads.set(key, job);
  }
  const keys = new Set([...placed.keys(), ...taken.keys()]);
  const miscounted = [...keys].filter((key) => (taken.get(key) ?? 0) !== (placed.get(key) ?? 0));
  const idle = [...heads].filter(([key, { limit }]) => (placed.get(key) ?? 0) < limit!.max);
  return [
    ...violation('have a place they do not need, or need one', astray),
    ...miscounted.map((key) => ({
      invariant: 'I13',
      says: `the count of places of the limit ${key} is wrong`,
      jobs: [],
    })),
    ...violation(
      'parked though there is room',
      idle.map(([, { id }]) => id),
    ),
  ];
}

function isSound({ state, admitted, ticket }: Limited): boolean {
  if (state === 'active') return admitted && ticket === undefined;
  return state === 'ready' ? admitted === (ticket === undefined) : !admitted && ticket === undefined;
}

function violation(says: string, jobs: string[]): Violation[] {
  return jobs.length > 0 ? [{ invariant: 'I13', says, jobs }] : [];
}
