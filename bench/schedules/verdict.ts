import { percentile } from '../support/statistics.js';
import type { Tick } from './ticks.js';

/** What became of one schedule. */
export interface Verdict {
  schedule: string;
  /** Slots it had. */
  slots: number;
  /** Jobs that ran, by their ids. */
  jobs: number;
  /** Slots without a job. */
  without: number;
  /** Slots with more than one job. */
  doubled: number;
  /** Jobs of no slot. */
  astray: number;
  /** Runs beyond the first of a job. */
  repeated: number;
}

export function judge(schedule: string, expected: readonly number[], ticks: readonly Tick[]): Verdict {
  const own = ticks.filter((tick) => tick.schedule === schedule);
  const jobs = new Map(own.map(({ job, slot }) => [job, slot]));
  const perSlot = new Map<number, number>();
  for (const slot of jobs.values()) perSlot.set(slot, (perSlot.get(slot) ?? 0) + 1);
  const known = new Set(expected);
  return {
    schedule,
    slots: expected.length,
    jobs: jobs.size,
    without: expected.filter((slot) => !perSlot.has(slot)).length,
    doubled: [...perSlot.values()].filter((count) => count > 1).length,
    astray: [...jobs.values()].filter((slot) => !known.has(slot)).length,
    repeated: own.length - jobs.size,
  };
}

export function isExact({ slots, jobs, without, doubled, astray }: Verdict): boolean {
  return jobs === slots && without + doubled + astray === 0;
}

/** Milliseconds. */
export interface Lateness {
  p50: number;
  p99: number;
  max: number;
}

export function lateness(ticks: readonly Tick[], of: 'enqueuedAt' | 'startedAt'): Lateness {
  const late = ticks.map((tick) => tick[of] - tick.slot);
  return { p50: percentile(late, 0.5), p99: percentile(late, 0.99), max: percentile(late, 1) };
}

/** Per cent of a core that one of these processes uses. */
export function shareOf(spent: readonly { cpu: number; life: number }[]): number {
  const sum = (what: 'cpu' | 'life') => spent.reduce((all, one) => all + one[what], 0);
  return (100 * sum('cpu')) / sum('life');
}
