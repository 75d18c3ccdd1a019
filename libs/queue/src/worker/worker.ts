import { hostname } from 'node:os';
import { formatBytes } from '../job/bytes.js';
import { MillraceError } from '../job/errors.js';
import { shown } from '../job/shown.js';
import { Events } from '../events/events.js';
import { knownLanes } from '../maintenance/lanes.js';
import { Maintenance } from '../maintenance/maintenance.js';
import type { Lane, WorkerRecord } from '../store/store.js';
import { systemClock } from '../time/clock.js';
import { Deadlines } from '../time/deadlines.js';
import { keepAlive } from '../time/keep-alive.js';
import type { Loop } from '../time/loop.js';
import { Batches } from './batches.js';
import { Burst } from './burst.js';
import { Capacity } from './capacity.js';
import { DeadLetters } from './dead-letter.js';
import { Deputy } from './deputy.js';
import { Hints } from './hints.js';
import { LaneLoop } from './lane-loop.js';
import { logJobs } from './log.js';
import { LoopWatch } from './loop-watch.js';
import { MemoryWatch } from './memory-watch.js';
import type { Concurrency, WorkerHooks, WorkerOptions } from './options.js';
import { Reporter } from './report.js';
import { matches } from './retry-policy.js';
import { Runner } from './runner.js';
import { type Services, Texts } from './services.js';
import { settingsOf, type WorkerSettings } from './settings.js';
import { Shift } from './shift.js';
import { StoreWatch } from './store-watch.js';
import { TaskTable } from './task-table.js';
import { Threads } from './threads.js';
import { UnknownTasks } from './unknown-task.js';
import { atMost } from './waiters.js';
import { version } from './version.js';

/**
 * Why a worker ended: its queues were drained, it had done its number of jobs, its process is to be started anew
 * (`recycle`), or somebody stopped it.
 */
export interface WorkerEnd {
  /** Jobs that completed here. */
  completed: number;
  /** Jobs that failed here, for good. */
  failed: number;
  reason: 'drained' | 'max-jobs' | 'recycled' | 'stopped';
}

/** One job whose code runs here. */
export interface RunningJob {
  id: string;
  task: string;
  queue: string;
  /** From 1. */
  attempt: number;
  /** Epoch milliseconds. */
  since: number;
  /** Its attempt has ended, its code has not: it holds a place and nothing else. */
  stuck: boolean;
}

export interface WorkerStatus {
  id: string;
  /** The loops turn. False for longer than a lease means that only a restart helps. */
  live: boolean;
  /** Registered, taking, and the store answers. */
  ready: boolean;
  running: number;
  stuck: number;
  /** Places of each queue, now; of a queue that shares them, all of those. */
  concurrency: Record<string, number>;
  /** How often code has blocked the event loop beyond a third of the lease, since the start. */
  blocked: number;
}

const bootTries = 5;
const bootPause = 1000;
/** Milliseconds that attempts have to stop once their signal fired at shutdown, and then their endings to reach the store. */
const lastWords = 400;
const lastWrite = 200;

/**
 * Runs jobs. Plain TypeScript: store, handlers and clock are handed in.
 *
 * - one `LaneLoop` per lane takes jobs and settles them, a `Runner` runs each; what they share is the `Shift`;
 * - `Maintenance` tidies up after workers that died, as every worker does;
 * - stopping is warm: nothing new, the grace, the signal, and what is left goes back to the front, uncharged.
 */
export class Worker {
  readonly events: Events;
  /** Resolves when the worker has ended, by itself or by `stop()`. */
  readonly done: Promise<WorkerEnd>;
  private readonly services: Services;
  private readonly tasks: TaskTable;
  private readonly settings: WorkerSettings;
  private readonly shift: Shift;
  private readonly threads: Threads;
  private readonly batches = new Batches(
    () => this.shift,
    (queue) => this.capacity.isFull(queue),
  );
  private readonly maintenance: Maintenance;
  private readonly deputy?: Deputy;
  private readonly loopWatch: LoopWatch;
  private readonly capacity: Capacity;
  private readonly hints: Hints[] = [];
  private readonly watchers: Loop[] = [];
  private readonly letGo: (() => void)[] = [];
  private readonly greeted: WorkerHooks[] = [];
  private readonly startedAt: number;
  private served: Lane[] = [];
  private condemned = false;
  private hurried = false;
  private reason: WorkerEnd['reason'] = 'stopped';
  private readonly leaving = new AbortController();
  private booting?: Promise<void>;
  private starting?: Promise<void>;
  private stopping?: Promise<{ released: number }>;
  private finish!: (end: WorkerEnd) => void;

  /** Throws `ConfigInvalid`. Opens nothing. */
  constructor(private readonly options: WorkerOptions) {
    this.events = options.events ?? new Events();
    this.services = servicesOf(options, this.events);
    const { store, clock, texts } = this.services;
    this.threads = new Threads({ ...options.threads, clock, logger: options.logger });
    const handlers = options.handlers.map((handler) => this.batches.adopt(this.threads.adopt(handler)));
    this.tasks = new TaskTable(handlers, options.overrides, options.defaults, options.routes);
    this.settings = settingsOf(options, this.tasks);
    this.startedAt = clock.now();
    this.done = new Promise((resolve) => (this.finish = resolve));

    const reporter = new Reporter(this.events, clock);
    const letters = new DeadLetters(this.tasks, texts, clock);
    const unknown = new UnknownTasks(store, texts, () => this.tasks.names, this.settings.unknownTaskAfter);
    const watch = new StoreWatch(clock, this.events, store.url, () => this.hints.forEach((hints) => hints.renew()));
    const runner = new Runner(this.services, this.tasks, unknown, letters, reporter);
    this.shift = new Shift(
      this.services,
      this.settings,
      reporter,
      runner,
      watch,
      (id) => this.record(id),
      () => this.fulfilled(),
      (lane) => this.maintenance.reaper.isOverdue(lane),
    );
    const now = () => ({ id: this.id, running: this.running });
    const ended = () => this.shift.longOnes();
    this.deputy = this.deputyOf();
    const { lease, maxBlock } = this.settings;
    const turned = () => this.deputy?.turned({ worker: this.id, lanes: this.served });
    const patience = this.deputy ? Math.max(lease, maxBlock) : lease;
    this.loopWatch = new LoopWatch(clock, this.events, lease, patience, now, ended, turned, options.logger);
    this.capacity = new Capacity(this.services, this.settings, this.shift);
    this.maintenance = new Maintenance({ store, clock, events: this.events, letter: (job) => letters.ofRecord(job) });
  }

  /** Names this incarnation. Another one after the lease was lost. */
  get id(): string {
    return this.shift.id;
  }

  /** Jobs whose code runs here, stuck ones included. */
  get running(): RunningJob[] {
    return this.shift.lanes.flatMap(({ lane, running }) =>
      [...running].map(({ job, startedAt, attempt }) => ({
        id: job.id,
        task: job.task,
        queue: lane.queue,
        attempt: job.attempts + 1,
        since: startedAt,
        stuck: attempt?.stuck ?? false,
      })),
    );
  }

  status(): WorkerStatus {
    const { running, shift } = this;
    const longAgo = this.services.clock.monotonic() - Math.max(this.settings.lease, 10_000);
    const leased =
      shift.lanes.length >= Math.min(1, this.settings.queues.size) && shift.lanes.every((lane) => lane.lease.isTrusted);
    return {
      id: this.id,
      live: !this.condemned && (shift.over || shift.lanes.every((lane) => lane.turnedAt >= longAgo)),
      ready: shift.taking && !shift.storeWatch.isAway && leased,
      running: running.length,
      stuck: running.filter((job) => job.stuck).length,
      concurrency: this.capacity.now,
      blocked: this.loopWatch.blocked,
    };
  }

  /**
   * Resolves when registered and taking. Rejects when `onWorkerStart` throws, or when the store stayed away five times,
   * one second apart. Calling twice is harmless; after `stop()` it does nothing.
   */
  start(): Promise<void> {
    return (this.starting ??= this.startOrStop());
  }

  /**
   * Takes nothing more, waits the grace, fires the signals, and gives back what is left. With `now`, also when it is
   * stopping already: no grace. Answers how many jobs were given back.
   */
  stop({ now = false }: { now?: boolean } = {}): Promise<{ released: number }> {
    if (now) this.hurried = true;
    this.stopping ??= this.end();
    this.leaving.abort();
    this.shift.waiters.check();
    return this.stopping;
  }

  /**
   * So many places for a queue it serves, from now until it ends: a number, or a least and a most between which they
   * follow what waits; for a queue with a weight, all that it shares. With fewer than before, running jobs finish.
   * `status()` shows it; the list of workers goes on to show what this one started with. Throws `ConfigInvalid` for a
   * queue it does not serve, for what is no concurrency, and for a number where places follow what waits: give `min` and
   * `max` there, which may be the same.
   */
  setConcurrency(queue: string, concurrency: Concurrency): void {
    this.capacity.set(queue, concurrency);
  }

  /** Resolves when nothing is held and a look at every lane, begun after this call, found nothing. For tests. */
  idle(): Promise<void> {
    return this.batches.hurry(this.shift.idle());
  }

  /** From now on it shows as not live: something happened after which only a restart is safe. */
  condemn(): void {
    this.condemned = true;
  }

  private async startOrStop(): Promise<void> {
    try {
      if (!this.stopping) await (this.booting = this.begin());
    } catch (error) {
      await this.stop({ now: true });
      throw error;
    }
  }

  private async begin(): Promise<void> {
    this.letGo.push(keepAlive());
    if (this.options.logger) this.letGo.push(this.log(this.options.logger));
    for (const sentence of this.batches.cramped((task) => this.mostPlacesOf(task))) this.options.logger?.warn(sentence);
    for (const hooks of this.services.hooks) {
      if (this.stopping) return;
      this.greeted.push(hooks);
      await hooks.onWorkerStart?.();
    }
    const lanes = await this.boot();
    if (this.stopping) return;
    this.takeUp(lanes);
    const [queues, tasks] = [[...this.settings.queues.keys()], this.tasks.names];
    this.events.emit('worker.started', { worker: this.id, at: this.services.clock.now(), queues, tasks });
  }

  /** Tries five times to get in; answers no lanes when stopped meanwhile. */
  private async boot(): Promise<Lane[]> {
    for (let n = 1; !this.stopping; n++) {
      try {
        return await this.enter();
      } catch (error) {
        if (n === bootTries || this.stopping || !MillraceError.is(error, 'STORE_UNAVAILABLE')) throw error;
        await this.services.clock.sleep(bootPause, this.leaving.signal);
      }
    }
    return [];
  }

  /** Opens the store and registers. */
  private async enter(): Promise<Lane[]> {
    const { store } = this.services;
    await store.open();
    this.served = await knownLanes(store, [...this.settings.queues.keys()]);
    if (!this.stopping) await this.shift.enlisted();
    return this.served;
  }

  private takeUp(lanes: Lane[]): void {
    const { store, clock } = this.services;
    this.shift.lanes = lanes.map((lane) => new LaneLoop(lane, this.capacity.of(lane.queue)!, this.shift));
    this.shift.taking = true;
    this.capacity.serve(this.shift.lanes);
    this.hints.push(new Hints(clock, store, lanes, (hint) => this.shift.lanes.forEach((lane) => lane.hear(hint))));
    this.watchers.push(this.loopWatch);
    if (this.options.burst) this.watchers.push(this.burst(this.options.burst));
    if (this.settings.recycle.memory < Infinity) this.watchers.push(this.memoryWatch());
    this.deputy?.start();
    for (const loop of [...this.shift.lanes, ...this.hints, ...this.watchers]) loop.start();
    this.maintenance.reaper.serves(lanes);
    this.maintenance.start();
  }

  /** Quiet, grace, signal, last words, give back, retire. Each wait ends early once nothing is held. */
  private async end(): Promise<{ released: number }> {
    const { shift, events } = this;
    const { clock, deadlines } = this.services;
    if (this.booting) await atMost(clock, this.booting, lastWrite); // what it has begun is ended below
    shift.taking = false;
    events.emit('worker.quiet', { worker: this.id, at: clock.now() });
    shift.wakeAll();
    await shift.waiters.until(() => this.hurried || shift.held === 0, this.settings.grace);
    for (const lane of shift.lanes) lane.fireShutdown();
    await shift.waiters.until(() => this.hurried || shift.held === 0, lastWords);
    for (const lane of shift.lanes) lane.withdraw();
    await shift.waiters.until(() => shift.held === 0, lastWrite);
    await this.close();
    deadlines.clear();
    const { released, completed, failed } = shift.tally;
    events.emit('worker.stopped', { worker: this.id, at: clock.now(), released });
    for (const letGo of this.letGo) letGo();
    this.finish({ completed, failed, reason: this.reason });
    return { released };
  }

  private async close(): Promise<void> {
    const { shift } = this;
    const { store, clock } = this.services;
    shift.over = true;
    shift.waiters.check();
    const loops = [...shift.lanes, ...this.hints, ...this.watchers, this.capacity.autoscale, this.maintenance];
    await atMost(clock, Promise.all(loops.map((loop) => loop.stop())), lastWrite);
    // What could not be given back in time goes back with the worker id, or with its lease.
    if (shift.isEnlisted) {
      const retiring = store.retire(this.id);
      retiring.catch((error: unknown) => shift.reporter.trouble('retire the worker', error));
      await atMost(clock, retiring, lastWrite);
    }
    await this.threads.close();
    if (this.deputy) await atMost(clock, this.deputy.stop(), lastWrite);
    for (const hooks of this.greeted.reverse()) await this.farewell(hooks);
  }

  private async farewell(hooks: WorkerHooks): Promise<void> {
    try {
      await hooks.onWorkerStop?.();
    } catch (error) {
      this.shift.reporter.trouble('run onWorkerStop', error);
      this.options.logger?.error(`onWorkerStop failed: ${String(error)}`, (error as Error | undefined)?.stack);
    }
  }

  private endBecause(reason: WorkerEnd['reason']): void {
    if (this.stopping) return;
    this.reason = reason;
    void this.stop();
  }

  private fulfilled(): void {
    const { shift, settings } = this;
    const { ended } = shift.tally;
    if (ended >= settings.maxJobs && shift.held === 0) this.endBecause('max-jobs');
    else if (ended >= settings.recycle.jobs) this.recycle(`${ended} jobs have ended here`);
  }

  private recycle(why: string): void {
    if (this.stopping) return;
    this.options.logger?.log(`Recycling: ${why}. The worker ends, to be started anew. workerId=${this.id}`);
    this.endBecause('recycled');
  }

  /** None where no thread can open the store: nobody else has it, or nobody can tell how. */
  private deputyOf(): Deputy | undefined {
    const { lease, maxBlock } = this.settings;
    const { recipe } = this.services.store;
    return recipe && maxBlock > 0 ? new Deputy({ recipe, lease, maxBlock }, this.options.logger) : undefined;
  }

  private memoryWatch(): MemoryWatch {
    const { memory } = this.settings.recycle;
    const resident = this.options.resident ?? (() => process.memoryUsage.rss());
    return new MemoryWatch(this.services.clock, this.events, memory, resident, (bytes) =>
      this.recycle(`the process takes ${formatBytes(bytes)} of memory, more than ${formatBytes(memory)}`),
    );
  }

  /** Of the queue of a task, if it is served. */
  private mostPlacesOf(task: string): number | undefined {
    return this.settings.queues.get(this.tasks.queueOf(task))?.max;
  }

  private burst(mode: 'ready' | 'all'): Burst {
    const { store, clock } = this.services;
    const queues = new Set(this.settings.queues.keys());
    const worker = { idle: () => this.idle(), drained: () => this.endBecause('drained') };
    return new Burst(clock, store, mode, queues, worker, this.settings.idle);
  }

  private log(logger: NonNullable<WorkerOptions['logger']>): () => void {
    const isExpected = (task: string, error: unknown) => matches(this.tasks.get(task)?.options.expected ?? [], error);
    return logJobs(this.events, logger, isExpected, this.options.logPayloads ? (id) => this.payloadOf(id) : undefined);
  }

  private payloadOf(id: string): string {
    const held = this.shift.lanes.map((lane) => lane.holds.get(id)).find((found) => found !== undefined);
    return shown(held?.attempt?.envelope.payload, held?.attempt?.task.options.redact);
  }

  private record(id: string): WorkerRecord {
    const { name, queues, lease } = this.settings;
    return {
      id,
      name,
      host: hostname(),
      pid: process.pid,
      version,
      startedAt: this.startedAt,
      queues: [...queues.keys()],
      lanes: this.served,
      tasks: this.tasks.names,
      concurrency: this.capacity.most,
      lease,
    };
  }
}

function servicesOf(options: WorkerOptions, events: Events): Services {
  const clock = options.clock ?? systemClock;
  const hooks = ([] as WorkerHooks[]).concat(options.hooks ?? []);
  const texts = new Texts(options.codec);
  const { store, logger, resultLimit } = options;
  return { store, clock, events, deadlines: new Deadlines(clock), texts, hooks, logger, resultLimit };
}
