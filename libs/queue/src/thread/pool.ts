import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import { ConfigInvalid } from '../job/errors.js';
import { type Clock, systemClock } from '../time/clock.js';
import { type RunOptions, Seat, type ThreadKind } from './seat.js';

export interface ThreadPoolOptions {
  clock?: Clock;
  /** Threads at a time. Default: one per CPU. */
  max?: number;
  /** What a thread without a job runs before it ends. */
  farewell?: { payload: unknown; filename: string };
  /** Told what the code of a thread has sent to its `parentPort`. */
  heard?: (message: unknown) => void;
  /** Told why a thread ended by itself. */
  died?: (error: unknown) => void;
}

export interface ThreadJob extends RunOptions {
  /** Default: without any bound. */
  kind?: ThreadKind;
  /** A thread that has loaded this before is preferred. Default: `filename`. */
  module?: string;
  /** Of the jobs that are `bound.name`, no more than this many at a time. */
  bound?: { name: string; threads: number };
  /** When it aborts before the job has a thread, the job will have none. */
  whileWaiting?: AbortSignal;
}

interface Waiting {
  job: ThreadJob;
  resolve(seat: Seat): void;
  reject(error: Error): void;
}

/** Milliseconds a thread waits for another job. */
const idle = 30_000;

/**
 * Worker threads, each with one job at a time. They, and the package behind them, are loaded with the first use, so that
 * who needs none need not install it. A job that finds no thread waits in line.
 */
export class ThreadPool {
  private readonly seats = new Set<Seat>();
  private readonly line = new Set<Waiting>();
  /** Jobs that have a thread, by the name of their bound. */
  private readonly running = new Map<string, number>();
  private readonly clock: Clock;
  private readonly max: number;
  private maker?: typeof Piscina;

  /** `asker` is who needs the package, for the error that says so: `` `thread` of a task ``. */
  constructor(
    private readonly option: string,
    private readonly asker: string,
    private readonly options: ThreadPoolOptions = {},
  ) {
    this.clock = options.clock ?? systemClock;
    this.max = options.max ?? availableParallelism();
  }

  /**
   * Loads the module `filename` in a free thread and calls its default export with `payload`. When `signal` aborts the
   * thread is terminated. Rejects with what the module throws, or with what ended the thread.
   */
  async run(payload: unknown, { kind = {}, module, bound, whileWaiting, ...options }: ThreadJob): Promise<unknown> {
    this.maker ??= await this.load();
    const job = { ...options, kind, module: module ?? options.filename, bound, whileWaiting };
    const seat = await this.seated(job);
    try {
      return await seat.run(payload, options);
    } finally {
      this.leave(seat, job);
    }
  }

  /** Terminates what still runs; the others say good-bye. */
  async close(): Promise<void> {
    for (const { reject } of this.line) reject(new Error('The threads are closed'));
    this.line.clear();
    await Promise.all([...this.seats].map((seat) => this.retire(seat)));
  }

  private async seated(job: ThreadJob): Promise<Seat> {
    const gone = new AbortController();
    const signals = [job.signal as AbortSignal | undefined, job.whileWaiting].filter((signal) => signal !== undefined);
    try {
      return await new Promise<Seat>((resolve, reject) => {
        const waiting = { job, resolve, reject };
        const leave = (signal: AbortSignal) => {
          if (this.line.delete(waiting)) reject(signal.reason as Error);
        };
        this.line.add(waiting);
        for (const signal of signals) {
          if (signal.aborted) return leave(signal);
          signal.addEventListener('abort', () => leave(signal), { signal: gone.signal });
        }
        this.serve();
      });
    } finally {
      gone.abort();
    }
  }

  /** First come, first served, but nobody waits behind one whose bound is reached. */
  private serve(): void {
    for (const waiting of this.line) {
      if (this.isBounded(waiting.job)) continue;
      const seat = this.seatFor(waiting.job);
      if (!seat) return;
      this.line.delete(waiting);
      this.take(seat, waiting.job);
      waiting.resolve(seat);
    }
  }

  private take(seat: Seat, { module, bound }: ThreadJob): void {
    seat.rest?.cancel();
    seat.state = 'busy';
    seat.loaded.add(module!);
    if (bound) this.running.set(bound.name, (this.running.get(bound.name) ?? 0) + 1);
  }

  private leave(seat: Seat, { bound }: ThreadJob): void {
    if (bound) this.running.set(bound.name, this.running.get(bound.name)! - 1);
    if (seat.state === 'busy') seat.state = 'idle';
    if (seat.isSpent) void this.retire(seat);
    else seat.rest = this.clock.after(idle, () => void this.retire(seat));
    this.serve();
  }

  private isBounded({ bound }: ThreadJob): boolean {
    return bound !== undefined && (this.running.get(bound.name) ?? 0) >= bound.threads;
  }

  /** One that knows the module, one that could, a new one; or none now, and an idle one of another kind makes room. */
  private seatFor({ kind = {}, module }: ThreadJob): Seat | undefined {
    const free = [...this.seats].filter((seat) => seat.state === 'idle' && !seat.isSpent);
    const fitting = free.filter((seat) => seat.kind.memory === kind.memory && seat.kind.jobs === kind.jobs);
    const found = fitting.find((seat) => seat.loaded.has(module!)) ?? fitting[0];
    if (found) return found;
    if (this.seats.size < this.max) return this.open(kind);
    const isEnding = [...this.seats].some((seat) => seat.state === 'closing');
    if (free[0] && !isEnding) void this.retire(free[0]);
    return undefined;
  }

  private open(kind: ThreadKind): Seat {
    const pool = new this.maker!({
      minThreads: 1,
      maxThreads: 1,
      // Between two jobs a thread must not stand still: what it has opened may have timers and sockets.
      atomics: 'disabled',
      recordTiming: false,
      ...(kind.memory && { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(kind.memory / 1024 ** 2) } }),
    });
    if (this.options.heard) pool.on('message', this.options.heard);
    const seat = new Seat(kind, pool, (error) => {
      if (seat.state === 'idle') this.options.died?.(error);
      if (seat.state === 'idle') void this.retire(seat);
    });
    this.seats.add(seat);
    return seat;
  }

  /** It counts as one of `max` until it has ended; then there is room for another. */
  private async retire(seat: Seat): Promise<void> {
    await seat.end(this.clock, this.options.farewell);
    if (this.seats.delete(seat)) this.serve();
  }

  private async load(): Promise<typeof Piscina> {
    try {
      return (await import('piscina')).Piscina;
    } catch {
      throw new ConfigInvalid(this.option, `${this.asker} needs the package piscina: npm install piscina.`);
    }
  }
}
