import { JobNotFound, MillraceError, ResultTimeout } from '../job/errors.js';
import { isFinal, type JobState } from '../job/state.js';
import type { Hint, JobRecord, Listener, Store } from '../store/store.js';
import type { Clock, Timer } from '../time/clock.js';
import { keepAlive } from '../time/keep-alive.js';

interface Waiter {
  id: string;
  /** As last seen. */
  state: JobState;
  /** Why the last look failed. */
  trouble?: Error;
  resolve(record: JobRecord): void;
  reject(error: Error): void;
}

/** Milliseconds between two looks without a hint. */
const interval = 1000;
/** Milliseconds the listener outlives its last waiter: calls that wait one after the other share it. */
const linger = 1000;
/** Jobs of one look. */
const together = 500;

/**
 * Everybody of this process who waits for a job to be settled. One listener and one timer for all of them; both go
 * when nobody waits. Hints only speed things up: every job is looked at once a second.
 */
export class Waiters {
  private readonly waiting = new Map<string, Set<Waiter>>();
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
      const leave = () => {
        timer.cancel();
        signal?.removeEventListener('abort', abort);
        this.remove(waiter);
      };
      const waiter: Waiter = {
        id,
        state: 'ready',
        resolve: (record) => (leave(), resolve(record)),
        reject: (error) => (leave(), reject(error)),
      };
      const abort = () => waiter.reject(signal!.reason as Error);
      const timer = this.clock.after(timeout, () => {
        waiter.reject(waiter.trouble ?? new ResultTimeout(id, timeout, waiter.state));
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.add(waiter);
    });
  }

  /** How many wait. */
  get size(): number {
    let size = 0;
    for (const group of this.waiting.values()) size += group.size;
    return size;
  }

  private add(waiter: Waiter): void {
    const group = this.waiting.get(waiter.id);
    if (group) group.add(waiter);
    else {
      this.waiting.set(waiter.id, new Set([waiter]));
      this.deaf = true;
    }
    this.lingering?.cancel();
    this.release ??= keepAlive();
    this.timer ??= this.clock.after(interval, () => this.tick());
    this.look(waiter.id);
  }

  private remove(waiter: Waiter): void {
    const group = this.waiting.get(waiter.id);
    group?.delete(waiter);
    if (group?.size === 0) this.waiting.delete(waiter.id);
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
    for (const waiter of [...(this.waiting.get(id) ?? [])]) {
      waiter.trouble = undefined;
      if (!record) waiter.reject(new JobNotFound(id));
      else if (isFinal(record.state)) waiter.resolve(record);
      else waiter.state = record.state;
    }
  }

  /** A store that is away may come back in time; anything else is told at once. */
  private failed(id: string, error: Error): void {
    for (const waiter of [...(this.waiting.get(id) ?? [])]) {
      if (MillraceError.is(error, 'STORE_UNAVAILABLE')) waiter.trouble = error;
      else waiter.reject(error);
    }
  }

  /** Listens for everybody who waits now. The listener before goes once this one hears, and nobody waits for either. */
  private listen(): void {
    this.deaf = false;
    const before = this.listener;
    const jobs = [...this.waiting.keys()];
    this.listener = this.store
      .listen({ jobs }, (hint) => this.heard(hint))
      .catch(() => undefined)
      .then((listener) => {
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
