import type { ClaimedJob, Gate, JobRecord, NewJob, Rate } from '../store.js';
import type { Stage } from './stage.js';

type Terms = Omit<Gate, 'kind' | 'key'>;

export const task = (key: string, max?: number, terms: Terms = {}): Gate => ({ kind: 'task', key, max, ...terms });
export const group = (key: string, terms: Terms = {}): Gate => ({ kind: 'group', key, ...terms });
export const order = (key: string, terms: Terms = {}): Gate => ({ kind: 'order', key, ...terms });

/** One attempt in so many milliseconds, and so many more at once. */
export const every = (ms: number, burst = 0): Rate => ({
  interval: ms * 1000,
  slack: burst * ms * 1000,
  text: `1/${ms}ms`,
});

export const ids = (jobs: (ClaimedJob | JobRecord)[]): string[] => jobs.map(({ id }) => id);

/** The gates of these tests: one task, and room for one or two jobs. */
export const one = { gates: [task('grind', 1)] };
export const two = { gates: [task('grind', 2)] };

/** Short ways to say what gates do to jobs. */
export class Gated {
  constructor(readonly stage: Stage) {}

  async claim(worker: string, want = 10): Promise<string[]> {
    return ids(await this.stage.claim(worker, want));
  }

  ready(): Promise<string[]> {
    return this.stage.listed('ready');
  }

  /** What ann holds has the only place behind its gate, and these are parked in front of it. */
  async setup(parked: Partial<NewJob>[] = [{}], job: Partial<NewJob> = {}) {
    const held = await this.stage.held('ann', { ...one, ...job });
    const waiting: string[] = [];
    for (const more of parked) waiting.push(await this.stage.add({ ...one, ...more }));
    return { held, waiting, next: waiting[0]! };
  }

  /** Whether a worker would get it now. Looks, and gives nothing out. */
  async isParked(id: string): Promise<boolean> {
    const { more } = await this.stage.exchange('ann');
    expect((await this.stage.record(id))!.state).toBe('ready');
    return !more;
  }

  /** The gate that a job is parked in front of. */
  async parked(id: string): Promise<JobRecord['parked']> {
    return (await this.stage.record(id))!.parked;
  }

  /** Takes one job at a time and completes it, until there is none. Answers the ids in the order in which they ran. */
  async drain(worker: string, most = 100): Promise<string[]> {
    const ran: string[] = [];
    for (let [job] = await this.stage.claim(worker, 1); job && ran.length < most;) {
      ran.push(job.id);
      const settle = [{ id: job.id, fence: job.fence, outcome: 'completed' as const }];
      [job] = (await this.stage.exchange(worker, { settle, want: 1 })).jobs;
    }
    return ran;
  }
}
