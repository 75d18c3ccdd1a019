/**
 * What comes by itself, read by whoever asks for the next: values given while nobody asks wait, the oldest beyond
 * `backlog` go. Begins with the first `next()`. Unlike a generator it ends at once when its reader leaves, also in the
 * middle of a wait.
 */
export class Feed<T> implements AsyncIterableIterator<T> {
  private readonly waiting: T[] = [];
  private readonly asking: ((answer: IteratorResult<T> | Promise<never>) => void)[] = [];
  private stop?: () => void;
  private begun = false;
  private ended = false;
  private error?: Error;

  constructor(
    /** Begins to give values; answers what ends that. */
    private readonly begin: (feed: Feed<T>) => () => void,
    private readonly backlog: number,
  ) {}

  give(value: T): void {
    if (this.ended) return;
    const ask = this.asking.shift();
    if (ask) return ask({ done: false, value });
    this.waiting.push(value);
    if (this.waiting.length > this.backlog) this.waiting.shift();
  }

  /** No more, once what waits is read; with `error` the reader hears that last. */
  end(error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.error = error;
    this.stop?.();
    for (const ask of this.asking.splice(0)) ask(this.last());
  }

  next(): Promise<IteratorResult<T>> {
    if (!this.begun && !this.ended) this.start();
    if (this.waiting.length > 0) return Promise.resolve({ done: false, value: this.waiting.shift()! });
    if (this.ended) return Promise.resolve(this.last());
    return new Promise((resolve) => this.asking.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.waiting.length = 0;
    this.end();
    return Promise.resolve(this.last());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private start(): void {
    this.begun = true;
    const stop = this.begin(this);
    if (this.ended) stop();
    else this.stop = stop;
  }

  /** An error is heard once. */
  private last(): IteratorResult<T> | Promise<never> {
    const { error } = this;
    this.error = undefined;
    return error === undefined ? { done: true, value: undefined } : Promise.reject(error);
  }
}
