import { isFinal } from '../job/state.js';
import type { ScheduleRecord, Store } from '../store/store.js';
import type { Previous } from './decide.js';

/** What the jobs of a schedule do that have not ended, and which they are. */
export interface Unfinished {
  previous: Previous;
  ids: string[];
}

export const none: Unfinished = { previous: 'none', ids: [] };

/**
 * By schedule. Looks at the jobs of the slots that are on record, those started by hand included, and at the latest one,
 * whose line may have been pushed out by those of slots that were skipped behind it.
 */
export async function unfinishedOf(
  store: Store,
  schedules: readonly ScheduleRecord[],
): Promise<Map<string, Unfinished>> {
  const asked = schedules.flatMap((record) => jobsOf(record).map((job) => ({ schedule: record.id, job })));
  if (asked.length === 0) return new Map();
  const found = await store.find(asked.map(({ job }) => ({ id: job })));
  const answer = new Map<string, Unfinished>();
  asked.forEach(({ schedule, job }, i) => {
    const state = found[i]?.state;
    if (!state || isFinal(state)) return;
    const { previous, ids } = answer.get(schedule) ?? none;
    const blocked = state === 'blocked' || previous === 'blocked';
    answer.set(schedule, { previous: blocked ? 'blocked' : 'unfinished', ids: [...ids, job] });
  });
  return answer;
}

function jobsOf({ slots, job }: ScheduleRecord): string[] {
  return [...new Set([...slots.map((slot) => slot.job), job])].filter((id) => id !== undefined);
}
