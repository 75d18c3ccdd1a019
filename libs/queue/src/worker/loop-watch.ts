import type { Events } from '../events/events.js';
import type { Clock } from '../time/clock.js';
import { Loop } from '../time/loop.js';
import type { WorkerLogger } from './options.js';

/** What runs here right now. */
export interface Running {
  id: string;
  task: string;
}

/**
 * Watches the event loop. Code that blocks it beyond a third of the lease is close to losing its jobs to others: that
 * is logged with the tasks that run, announced and counted.
 */
export class LoopWatch extends Loop {
  /** How often it was blocked for that long. */
  blocked = 0;
  private readonly period: number;
  private expected?: number;

  constructor(
    clock: Clock,
    private readonly events: Events,
    private readonly lease: number,
    /** Milliseconds of blocking after which others run the jobs. */
    private readonly patience: number,
    private readonly worker: () => { id: string; running: Running[] },
    /** Tasks whose code took long and has come back since the last call: by now what has blocked may have ended. */
    private readonly ended: () => Iterable<string>,
    /** The event loop turns. */
    private readonly turned: () => void,
    private readonly logger?: WorkerLogger,
  ) {
    super(clock);
    this.period = Math.min(1000, lease / 10);
  }

  runOnce(): Promise<number> {
    this.turned();
    const now = this.clock.monotonic();
    const late = this.expected === undefined ? 0 : now - this.expected;
    const ended = this.ended();
    if (late > this.lease / 3) this.tell(Math.round(late), ended);
    this.expected = now + this.period;
    return Promise.resolve(this.period);
  }

  protected failed(error: unknown): number {
    this.events.emit('error', { at: this.clock.now(), error, doing: 'watch the event loop' });
    return this.period;
  }

  private tell(ms: number, ended: Iterable<string>): void {
    this.blocked++;
    const { id, running } = this.worker();
    const tasks = [...new Set([...ended, ...running.map((job) => job.task)])];
    this.events.emit('worker.blocked', { worker: id, at: this.clock.now(), ms, tasks });
    this.logger?.warn(
      `The event loop was blocked for ${ms} ms while these ran: ${tasks.join(', ') || 'none'}. Beyond ${this.patience} ms others run the jobs again: use \`thread\` for CPU work. workerId=${id}`,
    );
  }
}
