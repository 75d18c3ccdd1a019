import type { JobState, WhyScheduled } from '../job/state.js';

/**
 * Where jobs live. One contract, three homes: memory, SQLite, Redis.
 *
 * A store moves state and answers questions; policy arrives as data (back-off is computed above, the store is told when
 * to run). Every verb that changes an attempt carries worker id and fence, and says whether it applied: you settle only
 * what you still hold. `body`, `result`, `error`, `progress` and the like are opaque texts: a store never looks inside.
 *
 * Time is the store's own. Relative times (`{ in }`) are counted on its clock, absolute ones (`{ at }`) compared with it.
 * A queue may have several shards; an id says which (`job/id.ts`), and one call to `exchange`, `reap` or `prune` touches one.
 *
 * Every verb is atomic per shard: it happens whole or not at all, and checks come before writes.
 */
export interface Store {
  readonly kind: 'memory' | 'sqlite' | 'redis' | (string & {});
  /** Where it is, for people: a URL or path with any password hidden. */
  readonly url: string;
  /**
   * Exchanges of one worker and lane that may be on their way at once: 2 where a network lies between, so that it and the
   * handlers overlap; 1 where the store works in this process anyway. They are served in the order they were sent.
   */
  readonly flights: 1 | 2;

  /** How another thread can open the same store. None where it cannot: in this memory, or on a connection handed in. */
  readonly recipe?: StoreRecipe;

  /** Connects, prepares, migrates. Throws `StoreUnavailable` or `ConfigInvalid`. Calling twice is harmless. */
  open(): Promise<void>;
  /** Lets go of everything this object opened, and of nothing else. Calling twice is harmless. */
  close(): Promise<void>;
  /** Epoch milliseconds on the store's clock. Also the cheapest proof that it answers. */
  time(): Promise<number>;

  /**
   * Adds a batch (at most `limits.batch`), all or nothing per shard; an answer per job, in order. Repeating an id is
   * recognised and adds nothing. A store that is away may be waited for `patience` milliseconds; after that nothing is sent.
   */
  enqueue(jobs: NewJob[], patience?: number): Promise<EnqueueAnswer[]>;

  /** The hot path: settles what ended, renews the lease, promotes what is due, claims the next batch, hands back cancellations. One round trip. */
  exchange(request: ExchangeRequest): Promise<ExchangeAnswer>;
  /** An incarnation begins: announces it and gives it a lease on every queue it serves. Again with the same id: replaces the record. */
  register(worker: WorkerRecord): Promise<void>;
  /** An incarnation ends: gives back what it holds, uncharged and to the front, and forgets it. */
  retire(worker: string): Promise<void>;
  /** After a reply was lost: releases, uncharged and to the front, what the store thinks `worker` holds and it does not. Answers the ids released. */
  reconcile(worker: string, lane: Lane, held: Hold[]): Promise<string[]>;
  /** Gives back, page by page, the jobs of workers whose lease ran out. Anyone may call it, any number of times. */
  reap(request: ReapRequest): Promise<ReapAnswer>;
  /** Retention: forgets finished jobs past their time or beyond the count, and whatever else has outlived its use. Answers how many jobs. */
  prune(request: PruneRequest): Promise<number>;
  /** What a running attempt leaves behind: progress, log lines, a checkpoint, step results. Fenced: answers 'stale' when the hold was lost. */
  note(id: string, fence: number, note: Note): Promise<'noted' | 'stale'>;

  /** Scheduled, blocked, ready: cancelled at once. Active: marked, and signalled through `exchange`; with `force` the hold ends now. */
  cancel(ids: string[], options?: { reason?: string; force?: boolean }): Promise<ControlAnswer[]>;
  /** Failed or cancelled becomes ready, attempts and crashes from 0, same id, history kept. */
  retry(ids: string[]): Promise<ControlAnswer[]>;
  /** Changes when a scheduled or ready job runs; `undefined` is now. */
  reschedule(ids: string[], due: Due | undefined): Promise<ControlAnswer[]>;
  /** Forgets jobs that are not active. */
  remove(ids: string[]): Promise<ControlAnswer[]>;
  /** Merges settings into those of a queue (`null` clears one) and answers the whole. Survives restarts. */
  configure(queue: string, change: SettingsChange): Promise<QueueSettings>;

  /**
   * One record per id or caller's name, `undefined` when unknown. `watch` registers interest: until the job is settled,
   * its changes are hinted to those who `listen`, and nothing is published for jobs that nobody watches.
   */
  find(keys: JobKey[], options?: { watch?: boolean }): Promise<(JobRecord | undefined)[]>;
  /** A page of jobs. Never a scan of the keyspace: looks at no more than `query.budget` records and says where to go on. */
  list(query: ListQuery): Promise<ListPage>;
  /** Every queue the store knows, with its counts and settings. O(queues). */
  counts(): Promise<QueueRecord[]>;
  /** Workers whose lease runs. */
  workers(): Promise<(WorkerRecord & { leaseUntil: number; held: number })[]>;
  /** Settled attempts per minute and queue, oldest first, kept for a day. */
  history(query: { queue?: string; since?: number }): Promise<HistoryBucket[]>;

  /**
   * Adds a schedule, or puts its definition in the place of the one of its id; `last`, counts and slots stay. Applied only
   * while the stored version is `seen`, 0 for none; else nothing is done and the answer shows what is there.
   */
  putSchedule(schedule: NewSchedule, seen: number): Promise<PutScheduleAnswer>;
  /** Forgets a schedule; the jobs it has made live on. Answers whether there was one. With `seen`, only that version. */
  removeSchedule(id: string, seen?: number): Promise<boolean>;
  /** A page of schedules, by id; with `due` those that somebody must look at now, longest overdue first. Costs what it answers, not what exists. */
  schedules(query: ScheduleQuery): Promise<SchedulePage>;
  /**
   * What becomes of slots: per schedule compare-and-set on its version and insert of the jobs, in one step, so a slot is
   * dealt with once whoever comes. Answers, in order, whether it was applied. Its jobs are never refused for lack of room.
   */
  fire(firings: Firing[]): Promise<boolean[]>;

  /** Hints only: they may be lost, doubled or late, and carry no state. Whoever waits also looks by timer. */
  listen(topics: Topics, hear: (hint: Hint) => void): Promise<Listener>;

  /** Carries effects that cross shards from the outbox to their target, which recognises repeats by id. Answers how many. */
  relay(lane: Lane): Promise<number>;

  /** Reads the whole store in pages and names every violated invariant of `docs/internals.md`. */
  fsck(): Promise<Violation[]>;
}

/** A function of a module, and the plain data to call it with: it answers a store. */
export interface StoreRecipe {
  module: string;
  make: string;
  options: object;
}

/** One shard of a queue. */
export interface Lane {
  queue: string;
  shard: number;
}

/** A time: relative (on the store's clock) or absolute, in milliseconds. Zero, negative or past means now. */
export type Due = { in: number } | { at: number };

/** What enqueue stores. Its queue and shard are in the id. */
export interface NewJob {
  id: string;
  task: string;
  /** The sealed envelope: payload and options, opaque. */
  body: string;
  /** 0 urgent … 3 low. */
  priority: number;
  /** Absent: ready at once. */
  due?: Due;
  /** Checked at claim: a job past it is cancelled, reason `expired`. */
  expires?: Due;
  /** Keys that must be free. When one is taken the job is not added and the answer names who holds it. */
  keys?: UniqueKey[];
  /**
   * What to do when a key is taken. `return` changes nothing (default). `replace` puts this body, expiry, tags and due time into
   * the holder, keeping its id, while that is scheduled or ready. `extend` changes only the due time of a scheduled holder, and
   * only to a later one. `follow` puts body, expiry and tags into a holder that is scheduled, ready or blocked; behind an active
   * one this job is added, takes over the keys, and is `blocked` until that one has ended in any way; not if somebody else has
   * another of them.
   */
  onDuplicate?: 'return' | 'replace' | 'extend' | 'follow';
  /**
   * With `replace` and `follow`: only into a holder that waits and has this body; the job is not added, and where no key is
   * taken the answer names it itself. Empty: into nobody, so the job is added where no key is taken, or follows an active one.
   */
  replaces?: string;
  /** With `replace` and `extend`: the holder falls due at most so many milliseconds after it was enqueued. */
  maxWait?: number;
  /** Lost workers that fail the job. Default `limits.crashes`; 1 is at most once. */
  crashLimit?: number;
  /** Attempts that count as charged already. Default 0. */
  attempts?: number;
  /**
   * Jobs of any lane that must complete first, at most `limits.parents`. Until then it is `blocked`; `due` counts from the
   * enqueue all the same. One that fails, is cancelled, removed or unknown cancels this job, reason `dependency`.
   */
  after?: string[];
  /** With `after`: any ending of these jobs will do, and so will that one is unknown. */
  anyEnding?: boolean;
  /** What it passes on its way to the line, innermost first: at most one of each kind, in the order `order`, `group`, `task`. */
  gates?: Gate[];
  parent?: string;
  root?: string;
  tags?: string[];
}

/**
 * What a job passes between becoming ready and standing in a line. There is one gate of a kind and key per lane, and a job in
 * front of a closed one is *parked*: ready, in nobody's way, and nothing a worker could get. A job keeps its place in a gate
 * until it is neither ready nor active. Decision 0010 tells the rules by which gates open.
 */
export interface Gate {
  /**
   * `order`: one job at a time, in order of arrival whatever the priority, and the place is kept while the job waits for a
   * retry or a snooze. `group` and `task`: what `QueueSettings.tasks` says of the job's task comes before what stands here.
   */
  kind: 'order' | 'group' | 'task';
  key: string;
  /** Jobs that may be behind the gate at once: next in line, or active. Absent: any number. */
  max?: number;
  /** Attempts that may begin. Absent: any number. */
  rate?: Rate;
  /** Jobs of one priority that may be behind the gate, and not yet active, at once. Default 1 with a rate, else any number. */
  turn?: number;
  /** Of `order`: a job that failed keeps its place until it ends otherwise after a retry by hand, or is forgotten. */
  holdFailed?: boolean;
}

/** An attempt may begin every `interval`, and `slack` before its time: the generic cell rate algorithm. Whole microseconds. */
export interface Rate {
  interval: number;
  slack: number;
  /** The same for people: `10/m`. */
  text: string;
}

export interface UniqueKey {
  /** Distinguishes keys of one shard. A caller's own `jobId` is the key `=<jobId>`; `find` resolves those. */
  key: string;
  /**
   * How long the key is taken: until the first claim, until a final state, while a record exists, or for so many
   * milliseconds from enqueue (whatever becomes of the job).
   */
  until: 'started' | 'settled' | 'kept' | number;
}

export interface EnqueueAnswer {
  /** The job that was added, or the one that holds the key. */
  id: string;
  created: boolean;
  /** State right after the call. Of a job with `after`: once the jobs it waits for were looked at. */
  state: JobState;
  /** With `onDuplicate`: whether the holder was changed. */
  replaced?: boolean;
}

/** A worker's right to one job: (worker id, fence). */
export interface Hold {
  id: string;
  fence: number;
}

export interface ExchangeRequest {
  worker: string;
  lane: Lane;
  settle: Settlement[];
  /** Free places. 0 only settles and beats. */
  want: number;
  /** The worker holds nothing and may be handed one suspect, alone. See `ExchangeAnswer.suspects`. */
  alone?: boolean;
  /** Milliseconds the lease runs from now. */
  lease: number;
}

/** How one attempt ended. Applied only while (worker, fence) still holds the job. `then` is written in the same step. */
export type Settlement = Hold & {
  /** Jobs that follow from this ending. Those of another shard go through the outbox. */
  then?: NewJob[];
} & (
    | {
        outcome: 'completed';
        result?: string;
        /** Milliseconds the record is kept: 0 leaves none, `Infinity` drops the age limit. Default `limits.keepFinished`. */ keep?: number;
      }
    | { outcome: 'retry'; in: number; error: string }
    /** With `pause` its group takes as long a pause: no attempt of its innermost `group` or `task` gate begins before. */
    | { outcome: 'snoozed'; in: number; pause?: boolean }
    | { outcome: 'failed'; reason: string; error: string }
    | { outcome: 'cancelled'; /** Where the job is marked, that of the mark counts. */ reason: string; error?: string }
    /** Given back, uncharged: to the front at once, or later with `in`. */
    | { outcome: 'released'; in?: number; why?: WhyScheduled }
  );

export interface ExchangeAnswer {
  /** The lease ended and was reaped, or the worker was never registered here. Nothing was done; register under a new id. */
  gone?: boolean;
  /** Per settlement, in order: the state the job has now, or 'stale' when the hold was lost and nothing was written. A marked job that would run again is 'cancelled'. */
  settled: (JobState | 'stale')[];
  jobs: ClaimedJob[];
  /** Holds of this worker that somebody wants cancelled. Repeated until settled. */
  cancels: string[];
  /** Milliseconds until the next scheduled job is due, a gate opens by the clock, or the rate of the queue allows the next claim. */
  dueIn?: number;
  /** Ready jobs are left, and nothing but places is missing. */
  more: boolean;
  paused: boolean;
  /**
   * Jobs whose next crash is their last wait apart, to be run alone, so that a job that kills its process takes no
   * neighbour along. A worker that reads a number above 0 takes nothing more, and once it holds nothing asks with `alone`.
   */
  suspects: number;
  /** Leases of this shard have run out: somebody shall `reap`. */
  overdue: boolean;
  /** Epoch milliseconds on the store's clock. */
  now: number;
}

export interface ClaimedJob {
  id: string;
  task: string;
  body: string;
  fence: number;
  /** Attempts charged so far; the one that begins is number `attempts + 1`. */
  attempts: number;
  crashes: number;
  releases: number;
  priority: number;
  enqueuedAt: number;
  dueAt?: number;
  expiresAt?: number;
  parent?: string;
  root?: string;
  tags?: string[];
  /** Handed out to be run alone. */
  alone?: boolean;
  /** What earlier attempts left: a checkpoint, and results of finished steps by name. */
  checkpoint?: string;
  steps?: Record<string, string>;
}

export interface ReapRequest {
  lane: Lane;
  /** Jobs given back at most. Default `limits.page`. */
  page?: number;
}

export interface ReapAnswer {
  /** Ready again, one crash more; at its limit a job fails instead, and a marked one is cancelled. */
  released: string[];
  failed: { id: string; task: string }[];
  cancelled: string[];
  /** Worker ids whose lease had run out. */
  lost: string[];
  /** The page was full: call again. */
  more: boolean;
  /** After an outage nobody is reaped until workers had a full lease to report back: epoch milliseconds. */
  graceUntil?: number;
}

export interface PruneRequest {
  lane: Lane;
  page?: number;
  /** Overrides `limits.keepCount`. */
  keepCount?: number;
}

export interface Note {
  /** Replaces the progress. */
  progress?: string;
  /** Appended; the oldest beyond `limits.log` go. */
  log?: string[];
  /** Replaces the checkpoint. */
  checkpoint?: string;
  /** Remembers the result of a finished step. */
  step?: { name: string; result: string };
}

export interface ControlAnswer {
  id: string;
  applied: boolean;
  /** State after the call; `undefined` when there is no such job. */
  state: JobState | undefined;
  /** With `cancel`: the job runs and its worker was told. */
  signalled?: boolean;
}

export interface QueueSettings {
  /** Enqueue goes on, nothing is claimed. */
  paused: boolean;
  /** Ready and scheduled jobs per shard, blocked ones not counted; beyond it `QueueFull`. `null` is no bound. */
  maxReady: number | null;
  /** Jobs active at once per shard. `null` is no bound. */
  maxActive: number | null;
  /** Attempts that may begin, per shard. */
  rate: Rate | null;
  /** Shares of the bands, 0 urgent … 3 low, among the takes. `null`: the highest first, but one take in `limits.lowestShare` is the lowest's. */
  weights: [number, number, number, number] | null;
  /** What is said of single tasks, by name. In a change, what is named of a task is merged, and `null` takes back all that was said of it. */
  tasks: Record<string, TaskSettings>;
}

/** Comes before what the gates of the task's jobs say; a task without gates gets a `task` gate of its name. `null` is no bound. */
export interface TaskSettings {
  /** Jobs are accepted, and none begins. */
  paused?: boolean;
  max?: number | null;
  rate?: Rate | null;
  /** Of each of its groups. */
  group?: { max?: number | null; rate?: Rate | null };
}

/** What `configure` merges. */
export type SettingsChange = Partial<Omit<QueueSettings, 'tasks'>> & { tasks?: Record<string, TaskSettings | null> };

/** By id, or by the caller's own name within a queue; without a queue, the newest of that name in any. */
export type JobKey = { id: string } | { name: string; queue?: string };

/** All that is known of a job. */
export interface JobRecord {
  id: string;
  task: string;
  state: JobState;
  /** While scheduled. */
  why?: WhyScheduled;
  /** Of a final state: `request`, `expired`, `dependency`, `worker-lost`, `exhausted`, `undecodable` … */
  reason?: string;
  body: string;
  priority: number;
  attempts: number;
  crashes: number;
  releases: number;
  /** While active. */
  worker?: string;
  fence?: number;
  /** While active and marked to be cancelled. */
  cancelling?: boolean;
  enqueuedAt: number;
  dueAt?: number;
  expiresAt?: number;
  /** Of the last attempt. */
  startedAt?: number;
  finishedAt?: number;
  /** The caller's own `jobId`. */
  name?: string;
  /** While blocked: the jobs of `after` that have not completed yet. */
  waitsFor?: string[];
  /** While ready in front of a closed gate: that gate as the job knows it, and when it opens, where that is a matter of time. */
  parked?: Gate & { until?: number };
  parent?: string;
  root?: string;
  tags?: string[];
  progress?: string;
  result?: string;
  error?: string;
  /** Every ended attempt but the completed one, newest last, at most `limits.history`. */
  history: AttemptRecord[];
  log: string[];
}

export interface AttemptRecord {
  /** The number the attempt had, from 1. */
  attempt: number;
  worker: string;
  startedAt: number;
  finishedAt: number;
  outcome: 'retry' | 'snoozed' | 'failed' | 'cancelled' | 'lost';
  error?: string;
  /** Of a lost one: when its worker was last heard of. Absent for what a page was too short for when the worker was reaped. */
  heartbeatAt?: number;
}

export interface ListQuery {
  queue?: string;
  states?: JobState[];
  /** Exact name, or a prefix followed by `*`. */
  task?: string;
  /** All of them. */
  tags?: string[];
  parent?: string;
  /** Enqueued at or after, epoch milliseconds. */
  since?: number;
  cursor?: string;
  /** Default 50, at most 200. */
  limit?: number;
  /** Records looked at per call. Default 10 000. */
  budget?: number;
}

export interface ListPage {
  /** Per queue and state: waiting jobs in the order they run, finished ones newest first. */
  jobs: JobRecord[];
  /** Absent: there are no more. Opaque. */
  cursor?: string;
}

export interface QueueRecord {
  queue: string;
  shards: number;
  counts: Record<JobState, number>;
  /** Ids in ready lists that are no longer ready. */
  ghosts: number;
  settings: QueueSettings;
  /** When the job at the head was enqueued. */
  oldestReadyAt?: number;
  /** Since the beginning. `enqueued + revived = completed + cancelled + removed + those not yet ended (failed ones count as not ended)`. */
  totals: { enqueued: number; revived: number; completed: number; failed: number; cancelled: number; removed: number };
}

export interface HistoryBucket {
  queue: string;
  /** Start of the minute. */
  at: number;
  completed: number;
  failed: number;
  cancelled: number;
  retry: number;
}

export interface WorkerRecord {
  /** One incarnation; never reused. */
  id: string;
  name: string;
  host: string;
  pid: number;
  version: string;
  startedAt: number;
  queues: string[];
  /** Lanes it takes from. */
  lanes: Lane[];
  /** Tasks it can run. */
  tasks: string[];
  /** Places over all queues. */
  concurrency: number;
  /** Milliseconds. */
  lease: number;
}

/** A schedule as it is put. What it does is opaque: policy decides above what becomes of its slots. */
export interface NewSchedule {
  /** 1 to 200 printable ASCII characters, no blanks. */
  id: string;
  /** Trigger, task, payload, options: opaque. */
  body: string;
  /** Who declares it in code; absent when it was put at run time. */
  owner?: string;
  /** The next slot, epoch milliseconds; above `last`. Absent while it is paused. */
  next?: number;
  paused: boolean;
}

export interface ScheduleRecord extends NewSchedule {
  /** Grows by one with every change. */
  version: number;
  /** The latest slot that was dealt with. */
  last?: number;
  /** The latest job it made. */
  job?: string;
  /** Since the beginning. */
  counts: Record<SlotOutcome, number>;
  /** What became of its slots, newest last, at most `limits.slots`. */
  slots: SlotRecord[];
  createdAt: number;
  /** When it was put last. */
  changedAt: number;
}

export type SlotOutcome = 'enqueued' | 'skipped' | 'missed';

export interface SlotRecord {
  /** Epoch milliseconds. */
  slot: number;
  outcome: SlotOutcome;
  /** Of a skipped or missed one, and of one fired by hand: `overlap`, `grace`, `misfire`, `paused`, `trigger`. */
  why?: string;
  job?: string;
}

export interface PutScheduleAnswer {
  /** `full`: there are `limits.schedules` already. */
  outcome: 'put' | 'stale' | 'full';
  /** As it is after the call; `undefined` when there is none. */
  schedule: ScheduleRecord | undefined;
}

/** All, or those of `ids` (in that order, unknown ones left out), or those declared by `owner`, or those `due`. */
export interface ScheduleQuery {
  ids?: string[];
  owner?: string;
  due?: boolean;
  cursor?: string;
  /** Default 50, at most `limits.batch`. */
  limit?: number;
}

export interface SchedulePage {
  schedules: ScheduleRecord[];
  /** Absent: there are no more. With `due` there is none: what was dealt with is not due any more. */
  cursor?: string;
  /** With `due`: milliseconds until the next slot of any schedule; 0 or less while some are overdue, absent when none will come. */
  dueIn?: number;
  /** Epoch milliseconds on the store's clock. */
  now: number;
}

export interface Firing {
  id: string;
  /** The version that was read. */
  seen: number;
  /** Slots that were dealt with, oldest first. */
  slots: SlotRecord[];
  /** Missed slots beyond those of `slots`, for the count. */
  missed?: number;
  /** The jobs of those enqueued, with absolute times. */
  jobs: NewJob[];
  /** The latest slot dealt with; absent: as before. */
  last?: number;
  /** The next slot; absent: there is none while it is paused. */
  next?: number;
  /** No slot will come any more: the schedule is forgotten. */
  finished?: boolean;
}

export interface Topics {
  lanes?: Lane[];
  jobs?: string[];
  /** A schedule became due sooner than all that were known. */
  schedules?: boolean;
}

/**
 * `ready`: a lane may have work, now or within `limits.soon`. `cancelled`: a lane may have cancellations. `job`: a watched job
 * may have changed. `schedules`: one may be due sooner. `any`: something may have.
 */
export type Hint =
  | { topic: 'ready' | 'cancelled'; lane: Lane }
  | { topic: 'job'; id: string }
  | { topic: 'schedules' }
  | { topic: 'any' };

export interface Listener {
  /** Stops. Never rejects. */
  stop(): Promise<void>;
}

export interface Violation {
  /** I1 … I13. */
  invariant: string;
  says: string;
  jobs: string[];
}
