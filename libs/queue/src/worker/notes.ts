import { LeaseLost, MillraceError } from '../job/errors.js';
import type { Note } from '../store/store.js';
import { nextTurn } from '../time/loop.js';
import type { Attempt } from './attempt.js';
import type { Services } from './services.js';

/** Characters kept of one log line. */
const lineLength = 4096;
const firstWait = 100;
const longestWait = 2000;

/**
 * What a running attempt leaves behind. Lines of one turn of the event loop go together. While the store is away
 * progress and lines are dropped, as they are only for the eye; what the next attempt relies on waits for its return.
 */
export class Notes {
  private lines: string[] = [];
  private flushing?: Promise<void>;
  /** Lines that have been handed to the store. */
  private sending?: Promise<unknown>;

  constructor(
    private readonly attempt: Attempt,
    private readonly services: Services,
  ) {}

  /** Rejects with `LeaseLost` when the hold was lost. */
  line(text: string): Promise<void> {
    this.lines.push(text.slice(0, lineLength));
    return (this.flushing ??= this.flush());
  }

  async progress(text: string): Promise<void> {
    await this.unlessAway({ progress: text });
  }

  /** Resolves once the store has it. */
  async keep(note: Note): Promise<void> {
    for (let wait = firstWait; ; wait = Math.min(longestWait, wait * 2)) {
      try {
        return await this.write(note);
      } catch (error) {
        if (!isAway(error) || this.attempt.ending) throw error;
        await this.services.clock.sleep(wait);
      }
    }
  }

  /** Lines still on their way. Never rejects. */
  async flushed(): Promise<void> {
    await Promise.allSettled([this.sending, this.flushing]);
  }

  private async flush(): Promise<void> {
    await nextTurn();
    const log = this.lines;
    this.lines = [];
    this.flushing = undefined;
    const sending = this.unlessAway({ log });
    this.sending = Promise.allSettled([this.sending, sending]);
    await sending;
  }

  private async unlessAway(note: Note): Promise<void> {
    try {
      await this.write(note);
    } catch (error) {
      if (!isAway(error)) throw error;
    }
  }

  private async write(note: Note): Promise<void> {
    const { job, worker } = this.attempt.held;
    if (this.attempt.asked === 'lease-lost') throw new LeaseLost(worker);
    if ((await this.services.store.note(job.id, job.fence, note)) === 'stale') throw new LeaseLost(worker);
  }
}

const isAway = (error: unknown) => MillraceError.is(error, 'STORE_UNAVAILABLE');
