import { setImmediate } from 'node:timers/promises';
import { systemClock } from '../../time/clock.js';
import { ManualClock } from '../../time/manual-clock.js';
import type {
  ClaimedJob,
  ExchangeAnswer,
  ExchangeRequest,
  Hint,
  JobRecord,
  Lane,
  NewJob,
  ReapAnswer,
  Settlement,
  Store,
  WorkerRecord,
} from '../store.js';

/** Answers a fresh, empty store whose "now" is `clock.now()`. The suite opens and closes it. */
export type MakeStore = (clock: ManualClock) => Store | Promise<Store>;

/** Given by most tests: one lane, and workers with a lease of 15 s. */
export const lane: Lane = { queue: 'mill', shard: 0 };
export const lease = 15_000;

/** What a test stands on: a store, its clock, and short ways to say the usual things. */
export class Stage {
  store!: Store;
  clock!: ManualClock;
  private ids = 0;

  constructor(private readonly make: MakeStore) {}

  async set(): Promise<void> {
    this.clock = new ManualClock();
    this.ids = 0;
    this.store = await this.make(this.clock);
    await this.store.open();
  }

  async clear(): Promise<void> {
    await this.store.close();
  }

  get now(): number {
    return this.clock.now();
  }

  /** A new id. Ids sort in the order they were made. */
  id({ queue, shard }: Lane = lane): string {
    return `${queue}~${shard.toString(36)}~${String(++this.ids).padStart(24, '0')}`;
  }

  job({ lane: at = lane, ...job }: Partial<NewJob> & { lane?: Lane } = {}): NewJob {
    return { id: this.id(at), task: 'grind', body: '{}', priority: 2, ...job };
  }

  /** Enqueues one job and answers its id. */
  async add(job: Partial<NewJob> & { lane?: Lane } = {}): Promise<string> {
    const [answer] = await this.store.enqueue([this.job(job)]);
    return answer!.id;
  }

  /** Enqueues `count` jobs and answers their ids. */
  async addMany(count: number, job: Partial<NewJob> & { lane?: Lane } = {}): Promise<string[]> {
    const answers = await this.store.enqueue(Array.from({ length: count }, () => this.job(job)));
    return answers.map((answer) => answer.id);
  }

  workerRecord(worker: Partial<WorkerRecord> & { id: string }): WorkerRecord {
    return {
      name: worker.id,
      host: 'host',
      pid: 1,
      version: '0.1.0',
      startedAt: this.now,
      queues: [lane.queue],
      lanes: [lane],
      tasks: ['grind'],
      concurrency: 10,
      lease,
      ...worker,
    };
  }

  /** Registers workers of these ids. */
  async workers(...ids: string[]): Promise<void> {
    for (const id of ids) await this.store.register(this.workerRecord({ id }));
  }

  exchange(worker: string, request: Partial<ExchangeRequest> = {}): Promise<ExchangeAnswer> {
    return this.store.exchange({ worker, lane, settle: [], want: 0, lease, ...request });
  }

  async claim(worker: string, want: number, request: Partial<ExchangeRequest> = {}): Promise<ClaimedJob[]> {
    return (await this.exchange(worker, { want, ...request })).jobs;
  }

  /** Registers `worker` and lets it claim one job. */
  async held(worker = 'ann', job: Partial<NewJob> = {}): Promise<ClaimedJob> {
    await this.workers(worker);
    await this.add(job);
    return (await this.claim(worker, 1))[0]!;
  }

  /** Settles one attempt and answers the state. */
  async settle(worker: string, settlement: Settlement): Promise<string> {
    return (await this.exchange(worker, { settle: [settlement] })).settled[0]!;
  }

  /** Time goes by while somebody beats, so that nobody takes it for an outage. */
  async pass(ms: number, at: Lane = lane): Promise<void> {
    const keeper = this.workerRecord({ id: 'keeper', lanes: [at] });
    await this.store.register(keeper);
    for (let left = ms; left > 0; left -= 5000) {
      this.clock.jump(Math.min(left, 5000));
      await this.exchange('keeper', { lane: at });
    }
  }

  reap(request: { page?: number; lane?: Lane } = {}): Promise<ReapAnswer> {
    return this.store.reap({ lane, ...request });
  }

  /** `worker`, if it holds something, is gone for longer than its lease, and reaped. */
  async lose(): Promise<ReapAnswer> {
    await this.pass(lease + 1);
    return this.reap();
  }

  async record(id: string): Promise<JobRecord | undefined> {
    return (await this.store.find([{ id }]))[0];
  }

  async states(ids: string[]): Promise<(string | undefined)[]> {
    const records = await this.store.find(ids.map((id) => ({ id })));
    return records.map((record) => record?.state);
  }

  /** The ids of a lane's jobs in a state, as they are listed. */
  async listed(state: JobRecord['state'], queue = lane.queue): Promise<string[]> {
    const { jobs } = await this.store.list({ queue, states: [state], limit: 200 });
    return jobs.map((job) => job.id);
  }

  async counted(queue = lane.queue) {
    return (await this.store.counts()).find((record) => record.queue === queue);
  }

  /** The next hint that `wanted` or tells nothing in particular. Turns the clock meanwhile, for stores that look by timer. */
  async hinted(
    topics: Parameters<Store['listen']>[0],
    wanted: Hint['topic'],
    cause: () => Promise<unknown>,
  ): Promise<Hint> {
    const heard: Hint[] = [];
    const listener = await this.store.listen(topics, (hint) => heard.push(hint));
    await cause();
    const deadline = systemClock.monotonic() + 5000;
    const match = () => heard.find((hint) => hint.topic === wanted || hint.topic === 'any');
    while (!match() && systemClock.monotonic() < deadline) {
      this.clock.jump(1);
      await this.clock.advance(1);
      await setImmediate();
    }
    await listener.stop();
    const hint = match();
    if (!hint) throw new Error(`no hint of ${wanted} within 5 s, only ${JSON.stringify(heard)}`);
    return hint;
  }
}

export const completed = (
  job: ClaimedJob,
  more: { result?: string; keep?: number; then?: NewJob[] } = {},
): Settlement => ({
  id: job.id,
  fence: job.fence,
  outcome: 'completed',
  ...more,
});

export const retried = (job: ClaimedJob, wait = 0, error = 'oops'): Settlement => ({
  id: job.id,
  fence: job.fence,
  outcome: 'retry',
  in: wait,
  error,
});

export const snoozed = (job: ClaimedJob, wait = 0, pause?: boolean): Settlement => ({
  id: job.id,
  fence: job.fence,
  outcome: 'snoozed',
  in: wait,
  pause,
});

export const failed = (job: ClaimedJob, reason = 'exhausted', error = 'oops'): Settlement => ({
  id: job.id,
  fence: job.fence,
  outcome: 'failed',
  reason,
  error,
});

export const cancelled = (job: ClaimedJob, reason = 'request', error?: string): Settlement => ({
  id: job.id,
  fence: job.fence,
  outcome: 'cancelled',
  reason,
  error,
});

export const released = (job: ClaimedJob, later: { in?: number; why?: 'unknown-task' } = {}): Settlement => ({
  id: job.id,
  fence: job.fence,
  outcome: 'released',
  ...later,
});
