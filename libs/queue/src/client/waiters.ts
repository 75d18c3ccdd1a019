import { JobNotFound, MillraceError, ResultTimeout, StoreUnavailable } from '../job/errors.js';
import { isFinal, type JobState } from '../job/state.js';
import type { Hint, JobRecord, Listener, Store } from '../store/store.js';
import type { Clock, Timer } from '../time/clock.js';
import { keepAlive } from '../time/keep-alive.js';

/** Somebody who looks at a job again whenever it may have changed. */
export interface Watcher {
  /** As it is now; `undefined` when there is no such job. Also called when nothing has changed. */
  seen(record: JobRecord | undefined): void;
  /** A look failed; the next may succeed. */
  failed(error: Error): void;
  /** Nobody will look any more. */
  over(): void;
}

/** Milliseconds between two looks without a hint. */
const interval = 1000;
/** Milliseconds the listener outlives its last waiter: calls that wait one after the other share it. */
const linger = 1000;
/** Jobs of one look. */
const together = 500;

/**
 * Everybody of this process who waits for a job to be settled, or follows it. One listener and one timer for all of them; both go
 * when nobody waits. Hints only speed things up: every job is looked at once a second.
 */
export class Waiters {
  private readonly waiting = new Map<string, Set<Watcher>>();
  private readonly wanted = new Set<string>();
  private listener?: Promise<Listener | undefined>;
  private deaf = false;
  private timer?: Timer;
  private lingering?: Timer;
  private release?: () => void;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /** Its record once settled. Rejects with `JobNotFound`, `ResultTimeout` after `timeout` ms, or the reason of `signal`. */
  async settled(id: string, timeout: number, signal?: AbortSignal): Promise<JobRecord> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      let state: JobState = 'ready';
      let trouble: Error | undefined;
      const leave = this.watch(id, {
        seen(record) {
          trouble = undefined;
          if (!record) refuse(new JobNotFound(id));
          else if (isFinal(record.state)) end(() => resolve(record));
          else state = record.state;
        },
        failed(error) {
          // A store that is away may come back in time; anything else is told at once.
          if (MillraceError.is(error, 'STORE_UNAVAILABLE')) trouble = error;
          else refuse(error);
        },
        over: () => refuse(new StoreUnavailable(this.store.url, { cause: new Error('the application has closed') })),
      });
      const abort = () => refuse(signal!.reason as Error);
      const timer = this.clock.after(timeout, () => refuse(trouble ?? new ResultTimeout(id, timeout, state)));
      const end = (tell: () => void) => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        leave();
        tell();
      };
      const refuse = (error: Error) => end(() => reject(error));
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Looks now, with every hint, and once a second. Answers the function that ends it. */
  watch(id: string, watcher: Watcher): () => void {
    this.add(id, watcher);
    return () => this.remove(id, watcher);
  }

  /** Lets everybody go. */
  close(): void {
    for (const group of [...this.waiting.values()]) for (const watcher of [...group]) watcher.over();
  }

  /** How many wait. */
  get size(): number {
    let size = 0;
    for (const group of this.waiting.values()) size += group.size;
    return size;
  }

  private add(id: string, watcher: Watcher): void {
    const group = this.waiting.get(id);
    if (group) group.add(watcher);
    else {
      this.waiting.set(id, new Set([watcher]));
      this.deaf = true;
    }
    this.lingering?.cancel();
    this.release ??= keepAlive();
    this.timer ??= this.clock.after(interval, () => this.tick());
    this.look(id);
  }

  private remove(id: string, watcher: Watcher): void {
    const group = this.waiting.get(id);
    if (!group?.delete(watcher)) return;
    if (group.size === 0) this.waiting.delete(id);
    if (this.waiting.size > 0) return;
    this.timer?.cancel();
    this.timer = undefined;
    this.release?.();
    this.release = undefined;
    this.lingering = this.clock.after(linger, () => this.hush());
  }

  private tick(): void {
    this.timer = this.clock.after(interval, () => this.tick());
    for (const id of this.waiting.keys()) this.look(id);
  }

  /** Looks at the end of the turn, together with whoever else wants to. */
  private look(id: string): void {
    if (this.wanted.size === 0) setImmediate(() => this.flush());
    this.wanted.add(id);
  }

  private flush(): void {
    if (this.deaf) this.listen();
    const ids = [...this.wanted].filter((id) => this.waiting.has(id));
    this.wanted.clear();
    for (let from = 0; from < ids.length; from += together) void this.ask(ids.slice(from, from + together));
  }

  private async ask(ids: string[]): Promise<void> {
    try {
      const records = await this.store.find(
        ids.map((id) => ({ id })),
        { watch: true },
      );
      ids.forEach((id, i) => this.seen(id, records[i]));
    } catch (error) {
      for (const id of ids) this.failed(id, error as Error);
    }
  }

  private seen(id: string, record: JobRecord | undefined): void {
    for (const watcher of [...(this.waiting.get(id) ?? [])]) watcher.seen(record);
  }

  private failed(id: string, error: Error): void {
    for (const watcher of [...(this.waiting.get(id) ?? [])]) watcher.failed(error);
  }

  /**
   * Listens for everybody who waits now. The listener before goes once this one hears, and nobody waits for either. When
   * it cannot listen, the one before stays, and the next look tries again.
   */
  private listen(): void {
    this.deaf = false;
    const before = this.listener;
    const jobs = [...this.waiting.keys()];
    this.listener = this.store
      .listen({ jobs }, (hint) => this.heard(hint))
      .catch(() => void (this.deaf = true))
      .then((listener) => {
        if (!listener) return before;
        void before?.then((old) => old?.stop());
        // What was settled between the first look and now has made no sound.
        for (const id of jobs) if (this.waiting.has(id)) this.look(id);
        return listener;
      });
  }

  private hush(): void {
    const listener = this.listener;
    this.listener = undefined;
    this.deaf = false;
    void listener?.then((open) => open?.stop());
  }

  private heard(hint: Hint): void {
    if (hint.topic === 'job' && this.waiting.has(hint.id)) this.look(hint.id);
    else if (hint.topic === 'any') for (const id of this.waiting.keys()) this.look(id);
  }
}
