import type { JobRecord, Lane, NewJob, ReapAnswer } from '../store/store.js';
import { Duty, type DutyOptions } from './duty.js';
import { nameOf } from './lanes.js';

/** Jobs of a dead worker are to be back within its lease and 2 s, so a round begins every second. */
const period = 1000;

/** Every so many rounds it looks at all lanes, whatever it was told. */
const everyLane = 15;

/**
 * A reaper gives back jobs whose worker stopped renewing its lease, page by page.
 *
 * A lane that this worker serves is looked at when an exchange says so: each second one does, and an idle worker has
 * nothing else to ask.
 */
export class Reaper extends Duty {
  private rounds = 0;
  private readonly overdue = new Set<string>();
  private served: ReadonlySet<string> = new Set();

  constructor(
    options: DutyOptions,
    /** The job that tells of a failure, where the task of the failed one wants it. */
    private readonly letter: (failed: JobRecord) => NewJob | undefined = () => undefined,
  ) {
    super(options, 'reap', period);
  }

  /** Lanes whose exchanges call `isOverdue`. */
  serves(lanes: readonly Lane[]): void {
    this.served = new Set(lanes.map(nameOf));
  }

  /** An exchange said that leases of this lane have run out. */
  isOverdue(lane: Lane): void {
    const name = nameOf(lane);
    if (this.overdue.has(name)) return;
    this.overdue.add(name);
    this.wake();
  }

  override runOnce(): Promise<number> {
    this.rounds++;
    return super.runOnce();
  }

  protected override concerns(lane: Lane): boolean {
    const told = this.overdue.delete(nameOf(lane));
    return told || this.rounds % everyLane === 1 || !this.served.has(nameOf(lane));
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
