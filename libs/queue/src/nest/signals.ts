/** The part of `process` that matters here; tests hand in their own. */
export interface SignalSource {
  on(signal: string, listener: (signal: string) => void): unknown;
  off(signal: string, listener: (signal: string) => void): unknown;
  listenerCount(signal: string): number;
  exit(code: number): void;
}

export interface Leaving {
  /** Stops the worker: `'grace'` lets running jobs have theirs. Called again, the shorter patience holds. */
  leave(patience: 'grace' | 'now'): Promise<void>;
  /** `app.close()`. */
  close(signal: string): Promise<void>;
}

const heard = ['SIGTERM', 'SIGINT', 'SIGQUIT'];

/**
 * The first signal closes the application, its running jobs having their grace; a second one, or SIGQUIT, skips the
 * grace; a third exits at once, and the leases make even that safe.
 *
 * Where somebody else listens too (`app.enableShutdownHooks()`, a handler in `main.ts`), closing is theirs. Nest ends by
 * killing the process with the same signal: that last one finds everything done and becomes exit code 0.
 */
export class Signals {
  private count = 0;
  private over = false;
  private readonly listener = (signal: string) => this.hear(signal);

  constructor(
    private readonly app: Leaving,
    private readonly source: SignalSource = process,
  ) {}

  listen(): void {
    for (const signal of heard) this.source.on(signal, this.listener);
  }

  /** The application is closed. Goes on listening only where a signal closed it, for the one that Nest sends last. */
  closed(): void {
    this.over = true;
    if (this.count === 0) for (const signal of heard) this.source.off(signal, this.listener);
  }

  private hear(signal: string): void {
    if (this.over) return this.source.exit(0);
    this.count++;
    if (this.count > 2) return this.source.exit(1);
    this.app.leave(this.count > 1 || signal === 'SIGQUIT' ? 'now' : 'grace').catch(() => undefined);
    if (this.count > 1 || this.source.listenerCount(signal) > 1) return;
    this.app.close(signal).then(
      () => this.source.exit(0),
      () => this.source.exit(1),
    );
  }
}
