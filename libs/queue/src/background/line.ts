import type { BackgroundFunction } from './context.js';
import type { BackgroundRunner } from './runner.js';

/** What one response leaves behind: functions in the order they were added, held until it is known whether they run. */
export class Line {
  private readonly waiting: BackgroundFunction[] = [];
  private state: 'held' | 'open' | 'dropped' = 'held';
  private running = false;

  constructor(
    private readonly runner: BackgroundRunner,
    /** What request-scoped providers may inject as `REQUEST`. */
    readonly request: object | undefined,
    private readonly stopOnError = false,
  ) {}

  /** Throws `BackgroundFull`. */
  add(run: BackgroundFunction): void {
    if (this.state === 'dropped') return void this.runner.counts.dropped++;
    this.runner.admit();
    this.waiting.push(run);
    this.start();
  }

  open(): void {
    if (this.state !== 'held') return;
    this.state = 'open';
    this.start();
  }

  /** Nothing more of it begins, now or later. */
  drop(): void {
    this.state = 'dropped';
    this.runner.dismiss(this.waiting.splice(0).length);
  }

  next(): BackgroundFunction | undefined {
    const next = this.waiting.shift();
    this.running = next !== undefined;
    return next;
  }

  failed(): void {
    if (this.stopOnError) this.drop();
  }

  private start(): void {
    if (this.running || this.state !== 'open' || this.waiting.length === 0) return;
    this.running = true;
    this.runner.run(this);
  }
}
