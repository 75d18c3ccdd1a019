import type { JobRecord, Lane, NewJob, ReapAnswer } from '../store/store.js';
import { Duty, type DutyOptions } from './duty.js';

/** Jobs of a dead worker are to be back within its lease and 2 s, so a round begins every second. */
const period = 1000;

/** A reaper gives back jobs whose worker stopped renewing its lease, page by page. */
export class Reaper extends Duty {
  constructor(
    options: DutyOptions,
    /** The job that tells of a failure, where the task of the failed one wants it. */
    private readonly letter: (failed: JobRecord) => NewJob | undefined = () => undefined,
  ) {
    super(options, 'reap', period);
  }

  protected async tend(lane: Lane): Promise<void> {
    for (let more = true; more && !this.stopped;) {
      const answer = await this.store.reap({ lane });
      more = answer.more;
      this.announce(lane, answer);
      if (answer.failed.length > 0) await this.tell(answer.failed.map((job) => job.id));
    }
  }

  private announce({ queue }: Lane, { released, failed, lost }: ReapAnswer): void {
    const at = this.clock.now();
    for (const worker of lost) this.events.emit('worker.lost', { worker, at });
    if (released.length + failed.length + lost.length === 0) return;
    this.events.emit('job.reaped', { queue, at, released, failed, lost });
  }

  /** Dead letters of jobs that no attempt could write one for. */
  private async tell(failed: string[]): Promise<void> {
    const records = await this.store.find(failed.map((id) => ({ id })));
    const letters = records.flatMap((record) => (record && this.letter(record)) ?? []);
    if (letters.length > 0) await this.store.enqueue(letters);
  }
}
