import { nearestName } from '../job/options.js';
import { UnknownTask } from '../job/errors.js';
import type { Store } from '../store/store.js';
import type { AttemptOutcome } from './outcome.js';
import type { HeldJob } from './held-job.js';
import type { Texts } from './services.js';

const firstWait = 5000;
const longestWait = 300_000;

/** What waits behind a job whose task nobody here knows: 5 s, 10 s, 20 s … at most 5 min. */
export function unknownTaskWait(releases: number): number {
  return Math.min(longestWait, firstWait * 2 ** Math.min(releases, 16));
}

/**
 * A job whose task this worker does not know is handed back, uncharged: in a rolling deploy another worker may know it,
 * or soon will. Only when it has been handed back for as long as `after` says, and no live worker announces the task,
 * does it fail. The number of releases is the measure, so no worker judges by its own clock.
 */
export class UnknownTasks {
  constructor(
    private readonly store: Store,
    private readonly texts: Texts,
    private readonly known: () => string[],
    /** Milliseconds. */
    private readonly after: number,
  ) {}

  async judge({ job, startedAt }: HeldJob): Promise<AttemptOutcome> {
    const again: AttemptOutcome = { kind: 'released', why: 'unknown-task', in: unknownTaskWait(job.releases) };
    if (waited(job.releases) < this.after || startedAt - job.enqueuedAt < this.after) return again;
    if (await this.announced(job.task)) return again;
    const error = new UnknownTask(job.task, nearestName(job.task, this.known()));
    return { kind: 'failed', reason: 'unknown-task', error, text: this.texts.writeError(error) };
  }

  /** In doubt, yes. */
  private async announced(task: string): Promise<boolean> {
    try {
      return (await this.store.workers()).some((worker) => worker.tasks.includes(task));
    } catch {
      return true;
    }
  }
}

/** Milliseconds that so many releases took at least. */
function waited(releases: number): number {
  let sum = 0;
  for (let n = 0; n < releases; n++) sum += unknownTaskWait(n);
  return sum;
}
