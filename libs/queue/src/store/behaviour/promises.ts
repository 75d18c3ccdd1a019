import type { ClaimedJob, JobRecord, Lane, Rate } from '../store.js';
import { steadyGates } from './flow-plans.js';

/** What gates promise to whoever looks from outside, whatever happens to jobs. Speaks of the gates that all their jobs agree on. */
export class Promises {
  /** When attempts began, by lane and gate, since the clock went back last. */
  private readonly begun = new Map<string, number[]>();
  private last = -Infinity;

  /** Jobs were claimed. */
  claimed(lane: Lane, jobs: ClaimedJob[], now: number): void {
    if (now < this.last) this.begun.clear();
    this.last = now;
    for (const { parent } of jobs) {
      if (!parent) continue;
      const name = `${lane.queue}~${lane.shard} ${parent}`;
      this.begun.set(name, [...(this.begun.get(name) ?? []), now]);
    }
  }

  /** Says which promises are broken, given all jobs that are active. */
  broken(active: JobRecord[]): string[] {
    return [...tooMany(active), ...this.tooFast()];
  }

  /** In no window, however long, more attempts begin than the rate allows. */
  private tooFast(): string[] {
    return [...this.begun].filter(([name, times]) => exceeds(times, rateOf(name))).map(([name]) => `too fast: ${name}`);
  }
}

function tooMany(active: JobRecord[]): string[] {
  const counts = new Map<string, number>();
  const rooms = new Map<string, number>();
  for (const { id, parent, root } of active) {
    const lane = id.slice(0, id.lastIndexOf('~'));
    if (root !== undefined) rooms.set(`${lane} order ${root}`, 1);
    if (parent) rooms.set(`${lane} ${parent}`, maxOf(parent));
    for (const name of [root !== undefined && `${lane} order ${root}`, parent && `${lane} ${parent}`]) {
      if (name) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return [...counts].filter(([name, count]) => count > rooms.get(name)!).map(([name]) => `too many at once: ${name}`);
}

function exceeds(times: number[], rate: Rate | undefined): boolean {
  if (!rate) return false;
  const allowed = (ms: number) => Math.floor((ms * 1000 + rate.slack) / rate.interval) + 1;
  return times.some((end, last) =>
    times.slice(0, last + 1).some((from, first) => last - first + 1 > allowed(end - from)),
  );
}

function gateOf(name: string): { max?: number; rate?: Rate } | undefined {
  return (steadyGates as Record<string, { max?: number; rate?: Rate }>)[name];
}

function rateOf(name: string): Rate | undefined {
  return gateOf(name.slice(name.indexOf(' ') + 1))?.rate;
}

function maxOf(name: string): number {
  return gateOf(name)?.max ?? Infinity;
}
