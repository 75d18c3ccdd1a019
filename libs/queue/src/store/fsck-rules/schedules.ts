import type { ScheduleRecord, Violation } from '../store.js';

/**
 * I9: each slot is dealt with once, so the next one lies after the last, and a schedule that has a next one is found when
 * it comes. `due` is what the store finds them by: the next slot by id.
 */
export function checkSchedules(
  schedules: Iterable<Pick<ScheduleRecord, 'id' | 'next' | 'last'>>,
  due: ReadonlyMap<string, number>,
): Violation[] {
  const strangers = new Set(due.keys());
  const [again, lost]: [string[], string[]] = [[], []];
  for (const { id, next, last } of schedules) {
    strangers.delete(id);
    if (next !== undefined && last !== undefined && next <= last) again.push(id);
    if (due.get(id) !== next) lost.push(id);
  }
  return [
    ...violation('schedules whose next slot was dealt with', again),
    ...violation('schedules that are due at another time than theirs', lost),
    ...violation('due, but no schedules', [...strangers]),
  ];
}

/** Schedules are named in words, as `jobs` is for jobs. */
function violation(says: string, ids: string[]): Violation[] {
  return ids.length > 0 ? [{ invariant: 'I9', says: `${says}: ${ids.join(', ')}`, jobs: [] }] : [];
}
