import { ConfigInvalid, DuplicateJob } from '../job/errors.js';
import { isTaskName } from '../job/id.js';
import { Events } from '../events/events.js';
import type { EnqueueAnswer, HistoryBucket, NewJob, QueueRecord, Store, WorkerRecord } from '../store/store.js';
import type { TaskDefinition } from '../task/definition.js';
import type {
  ControlResult,
  EnqueueArgs,
  EnqueueItem,
  EnqueueOptions,
  JobHandle,
  RunOptions,
  TaskEnqueuer,
} from '../task/enqueuer.js';
import type { TaskRef } from '../task/task-ref.js';
import { type Clock, systemClock } from '../time/clock.js';
import { milliseconds } from '../time/duration.js';
import { type CancelOptions, Desk, type JobsPage, keyOf } from './desk.js';
import { eventStream, type Fact } from './event-stream.js';
import { type FoundJob, foundJob } from './found-job.js';
import { Handle, refuseInside } from './handle.js';
import { type Draft, JobMaker } from './job-maker.js';
import type { ControlVerb, JobQuery } from './job-query.js';
import { atItem, makeMany } from './many.js';
import { Merger } from './merger.js';
import { checkQueueClient, type QueueOptions } from './options.js';
import { Producer } from './producer.js';
import type { QueueChange, QueueSettingsView, TaskChange, TaskSettingsView } from './queue-change.js';
import { Routes } from './routes.js';
import { SettingsDesk, type TaskPlace } from './settings-desk.js';
import { SettingsBook } from './task-settings.js';
import { Waiters } from './waiters.js';

/** How to ask for work and look at it. Opens no store and closes none: it is handed in open. */
export class Queue implements TaskEnqueuer {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly events: Events;
  private readonly maker: JobMaker;
  private readonly patterns: JobMaker;
  private readonly producer: Producer;
  private readonly merger: Merger;
  private readonly switches: SettingsDesk;
  private readonly desk: Desk;
  private readonly declared = new Map<string, TaskDefinition>();

  constructor(options: QueueOptions) {
    checkQueueClient(options);
    const { store, clock = systemClock, codec } = options;
    this.store = store;
    this.clock = clock;
    this.events = options.events ?? new Events(clock);
    const settings = new SettingsBook(options.defaults, options.overrides, new Routes(options.routes));
    this.maker = new JobMaker(clock, settings, options);
    this.patterns = new JobMaker(clock, settings, { ...options, codec: undefined });
    this.producer = new Producer(store, clock, milliseconds(options.enqueueTimeout ?? '5s'));
    this.merger = new Merger(store, this.producer);
    this.switches = new SettingsDesk(store, settings, this.declared);
    this.desk = new Desk(store, clock, new Waiters(store, clock), this.events, codec);
  }

  /** Makes tasks known, so that jobs enqueued by name get their checks and defaults. */
  declare(...tasks: readonly { readonly definition: TaskDefinition }[]): void {
    for (const { definition } of tasks) this.declared.set(definition.name, definition);
  }

  /** Checks the payload and options, then stores the job. Answers the existing job when its id or unique key is taken. */
  enqueue<P, R, I>(
    task: TaskRef<P, R, I>,
    ...args: EnqueueArgs<NoInfer<I>, EnqueueOptions<NoInfer<P>>>
  ): Promise<JobHandle<R>>;
  /** By wire name, for tasks of other services: unless declared here, the payload is first checked by the worker. */
  enqueue(task: string, payload?: unknown, options?: EnqueueOptions<unknown>): Promise<JobHandle>;
  async enqueue(task: TaskRef | string, payload?: unknown, options?: object): Promise<JobHandle<never>> {
    const draft = await this.maker.make(this.definitionOf(task), payload, options);
    return this.accepted(draft, await this.add(draft));
  }

  /**
   * One round trip per queue, an answer per item in order. Everything is checked before anything is stored, and what is
   * wrong is named with its index (`3.to`); those of one queue are stored all or nothing, up to 1 000 of them. Only the
   * store sees a taken key: with `onDuplicate: 'error'` the others are stored, then `DuplicateJob` names the `item` and
   * what was `stored`. So it is with a `merge` that fails, and `OptionFailed` or `MergeConflict`.
   */
  enqueueMany<P, R, I>(
    task: TaskRef<P, R, I>,
    items: readonly EnqueueItem<NoInfer<I>, NoInfer<P>>[],
  ): Promise<JobHandle<R>[]>;
  enqueueMany(task: string, items: readonly EnqueueItem<unknown, unknown>[]): Promise<JobHandle[]>;
  async enqueueMany(
    task: TaskRef | string,
    items: readonly { readonly payload?: unknown }[],
  ): Promise<JobHandle<never>[]> {
    const definition = this.definitionOf(task);
    const drafts = await makeMany(this.maker, definition, items);
    if (drafts.length === 0) return [];
    const answers = await this.producer.add(drafts);
    const failed = await this.merger.settleAll(drafts, answers);
    const handles = drafts.map((draft, i) => this.answered<never>(draft, answers[i]!));
    const wrong = drafts.findIndex((draft, i) => failed.has(i) || (draft.refuseDuplicate && !answers[i]!.created));
    if (wrong < 0) return handles;
    const stored = handles.filter((handle) => handle.created).map((handle) => handle.id);
    if (failed.has(wrong)) throw atItem(wrong, failed.get(wrong), stored);
    throw new DuplicateJob(definition.name, answers[wrong]!.id, wrong, stored);
  }

  /**
   * Enqueues and waits for the result, for 30 s unless told otherwise. The record stays for at least 10 s, even with
   * `keepResult: 0`, as there would be nothing to read else.
   */
  run<P, R, I>(task: TaskRef<P, R, I>, ...args: EnqueueArgs<NoInfer<I>, RunOptions<NoInfer<P>>>): Promise<R>;
  run(task: string, payload?: unknown, options?: RunOptions<unknown>): Promise<unknown>;
  async run(task: TaskRef | string, payload?: unknown, options: object = {}): Promise<never> {
    const { timeout, signal, insideTask, jobTimeout, ...call } = options as RunOptions<unknown>;
    refuseInside(insideTask ?? false, 'run()');
    signal?.throwIfAborted();
    const definition = this.definitionOf(task);
    const settings = { ...call, ...(jobTimeout === undefined ? {} : { timeout: jobTimeout }) };
    const draft = await this.maker.make(definition, payload, settings, true);
    return this.accepted<never>(draft, await this.add(draft)).result({ timeout, signal, insideTask });
  }

  /**
   * The job that `enqueue` would store, checked and shaped, with a body no codec has changed, and no parent: what
   * schedules and workflows make their jobs of. Stores nothing. Where its task merges, such a job changes none that waits.
   */
  async prepare(
    task: TaskRef<never> | TaskRef | string,
    payload: unknown,
    options?: object,
  ): Promise<{ queue: string; job: NewJob }> {
    const { queue, job } = await this.patterns.make(this.definitionOf(task), payload, options);
    delete job.parent;
    delete job.root;
    return { queue, job };
  }

  /** A job by its id, without looking whether there is one. */
  handle<R = unknown>(id: string): JobHandle<R> {
    return new Handle<R>(this.desk, id, true, 'ready');
  }

  /** By id, or by the caller's own `jobId`. `undefined` when unknown. */
  async job<R = unknown>(idOrName: string): Promise<FoundJob<R> | undefined> {
    const view = await this.desk.look<R>(keyOf(idOrName));
    return view && foundJob(this.desk, view);
  }

  /** A page of jobs: waiting ones in the order they run, finished ones newest first. */
  async list(query: JobQuery = {}, cursor?: string): Promise<JobsPage> {
    return this.desk.page(query, cursor);
  }

  /** Every queue, with its counts and settings. */
  async counts(): Promise<QueueRecord[]> {
    return this.store.counts();
  }

  /** Workers whose lease runs. */
  async workers(): Promise<(WorkerRecord & { leaseUntil: number; held: number })[]> {
    return this.store.workers();
  }

  /** Settled attempts per minute and queue, oldest first, kept for a day. */
  async history(query: { queue?: string; since?: Date | number } = {}): Promise<HistoryBucket[]> {
    const { queue, since } = query;
    return this.store.history({ queue, since: since === undefined ? undefined : Number(since) });
  }

  /** Never waits. By id or `jobId`: whether it applied; by query: how many. */
  cancel(idOrName: string, options?: CancelOptions): Promise<ControlResult>;
  cancel(query: JobQuery, options?: CancelOptions): Promise<number>;
  async cancel(which: string | JobQuery, options?: CancelOptions): Promise<ControlResult | number> {
    return this.control('cancel', which, options);
  }

  /** Failed or cancelled jobs become ready: attempts from 0, same id, history kept. */
  retry(idOrName: string): Promise<ControlResult>;
  retry(query: JobQuery): Promise<number>;
  async retry(which: string | JobQuery): Promise<ControlResult | number> {
    return this.control('retry', which);
  }

  /** Forgets jobs that are not active. */
  remove(idOrName: string): Promise<ControlResult>;
  remove(query: JobQuery): Promise<number>;
  async remove(which: string | JobQuery): Promise<ControlResult | number> {
    return this.control('remove', which);
  }

  /**
   * A queue by name, or a task by reference or name. Enqueueing goes on, no attempt begins any more, and the order is kept.
   * Survives restarts.
   */
  async pause(which: string | TaskRef<never> | TaskRef, place?: TaskPlace): Promise<void> {
    await this.switches.configure(which, { paused: true }, place);
  }

  async resume(which: string | TaskRef<never> | TaskRef, place?: TaskPlace): Promise<void> {
    await this.switches.configure(which, { paused: false }, place);
  }

  /**
   * Changes settings of a queue, or of a task in its queue, and answers them all: valid at once for jobs that wait already,
   * for every worker, and beyond restarts. What is not named stays. `null` in the place of a task's settings takes back all
   * that was said of it. A text is a task if one of that name was declared here, or `place` says in which queue. Throws
   * `ConfigInvalid`, or `UnknownTask` for what may be a slip in a task's name.
   */
  configure<P, R, I>(task: TaskRef<P, R, I>, change: TaskChange | null, place?: TaskPlace): Promise<TaskSettingsView>;
  configure(task: string, change: TaskChange | null, place: Required<TaskPlace>): Promise<TaskSettingsView>;
  configure(queue: string, change: QueueChange): Promise<QueueSettingsView>;
  configure(task: string, change: TaskChange | null): Promise<TaskSettingsView>;
  async configure(
    which: string | TaskRef<never> | TaskRef,
    change: QueueChange | TaskChange | null,
    place?: TaskPlace,
  ): Promise<QueueSettingsView | TaskSettingsView> {
    return this.switches.configure(which, change, place);
  }

  /** What was configured: of a queue, with what was said of its tasks, or of a task. */
  settings<P, R, I>(task: TaskRef<P, R, I>, place?: TaskPlace): Promise<TaskSettingsView>;
  settings(task: string, place: Required<TaskPlace>): Promise<TaskSettingsView>;
  settings(queue: string): Promise<QueueSettingsView>;
  async settings(
    which: string | TaskRef<never> | TaskRef,
    place?: TaskPlace,
  ): Promise<QueueSettingsView | TaskSettingsView> {
    return this.switches.settings(which, place);
  }

  /** Milliseconds since 1970 on the store's clock: the cheapest proof that it answers. */
  async ping(): Promise<number> {
    return this.store.time();
  }

  /** Facts of this process as they happen; `rxjs.from()` makes an Observable of it. Best effort: the store has the truth. */
  events$(): AsyncIterableIterator<Fact> {
    return eventStream(this.events);
  }

  /** Ends every wait for a job in this process, as the store is about to be closed: `result()` rejects, `follow()` ends. */
  close(): void {
    this.desk.waiters.close();
  }

  private async control(verb: ControlVerb, which: string | JobQuery, options?: CancelOptions) {
    if (typeof which !== 'string') return this.desk.controlAll(verb, which, options);
    const key = keyOf(which);
    const id = 'id' in key ? key.id : (await this.desk.look(key))?.id;
    if (id === undefined) return { applied: false, state: undefined };
    const [answer] = await this.desk.control(verb, [id], options);
    return answer!;
  }

  private async add(draft: Draft): Promise<EnqueueAnswer> {
    const [answer] = await this.producer.add([draft]);
    return draft.merge ? this.merger.settle(draft, answer!) : answer!;
  }

  private definitionOf(task: TaskRef<never> | TaskRef | string): TaskDefinition {
    if (typeof task !== 'string') return task.definition;
    const known = this.declared.get(task);
    if (known) return known;
    if (!isTaskName(task)) throw new ConfigInvalid('task', `'${String(task).slice(0, 64)}' is no task name.`);
    return { name: task, options: {} };
  }

  private accepted<R>(draft: Draft, answer: EnqueueAnswer): JobHandle<R> {
    if (draft.refuseDuplicate && !answer.created) throw new DuplicateJob(draft.job.task, answer.id);
    return this.answered(draft, answer);
  }

  private answered<R>(draft: Draft, { id, created, state }: EnqueueAnswer): JobHandle<R> {
    const { task } = draft.job;
    if (this.events.has('job.enqueued')) {
      this.events.emit('job.enqueued', { id, task, queue: draft.queue, at: this.clock.now(), created });
    }
    return new Handle<R>(this.desk, id, created, state);
  }
}
