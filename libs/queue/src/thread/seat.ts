import type { Piscina } from 'piscina';
import type { Clock, Timer } from '../time/clock.js';
import { within } from '../time/within.js';

export type RunOptions = NonNullable<Parameters<Piscina['run']>[1]> & {
  /** The module whose default export is called. */
  filename: string;
};

/** What a thread may take, and how long it serves. Threads of one kind may stand in for each other. */
export interface ThreadKind {
  /** Bytes of heap. */
  memory?: number;
  /** Jobs until its end. */
  jobs?: number;
}

/** Milliseconds a thread has to say good-bye. */
const lastWords = 1000;

/**
 * One worker thread, which runs one job at a time. It is a pool of one, so that who ends and replaces threads is the
 * `ThreadPool`: it knows when one has done its jobs, and a thread may tidy up before it ends.
 */
export class Seat {
  /** Modules it has loaded. */
  readonly loaded = new Set<string>();
  state: 'idle' | 'busy' | 'closing' = 'idle';
  /** Ends it when it has been idle for long. */
  rest?: Timer;
  private done = 0;
  private dead = false;
  private ending?: Promise<void>;

  constructor(
    readonly kind: ThreadKind,
    private readonly pool: Piscina,
    /** Told once, when the thread ended by itself: out of memory, `process.exit()`, an error that nobody caught. */
    private readonly died: (error: unknown) => void,
  ) {
    for (const thread of pool.threads) {
      thread.once('error', (error) => this.fell(error));
      thread.once('exit', (code) => this.fell(new Error(`The thread has left with code ${code}`)));
    }
    // Without a listener, an error of a thread that has nothing to do would end the process.
    pool.on('error', () => undefined);
  }

  /** It is of no use any more: dead, or it has done all its jobs. */
  get isSpent(): boolean {
    return this.dead || this.done >= (this.kind.jobs ?? Infinity);
  }

  async run(payload: unknown, options: RunOptions): Promise<unknown> {
    try {
      return (await this.pool.run(payload, options)) as unknown;
    } finally {
      this.done++;
      if (options.signal && isAborted(options.signal)) this.dead = true;
    }
  }

  /** Lets it run `farewell`, for a second at most, and ends it. A thread that has a job is terminated. Calling twice is harmless. */
  end(clock: Clock, farewell?: { payload: unknown; filename: string }): Promise<void> {
    return (this.ending ??= this.finish(clock, farewell));
  }

  private async finish(clock: Clock, farewell?: { payload: unknown; filename: string }): Promise<void> {
    this.rest?.cancel();
    const speaks = farewell && this.state === 'idle' && !this.dead;
    this.state = 'closing';
    if (speaks) {
      const { payload, filename } = farewell;
      const late = () => new Error('no good-bye');
      await within(clock, this.pool.run(payload, { filename }), lastWords, late).catch(() => undefined);
    }
    this.dead = true;
    await this.pool.destroy();
  }

  private fell(error: unknown): void {
    if (this.dead) return;
    this.dead = true;
    this.died(error);
  }
}

const isAborted = (signal: object) => (signal as Partial<AbortSignal>).aborted === true;
