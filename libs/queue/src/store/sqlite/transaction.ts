import { parseJobId } from '../../job/id.js';
import { limits } from '../../job/limits.js';
import type { JobState } from '../../job/state.js';
import type { Hint, HistoryBucket, Lane as Address, QueueSettings } from '../store.js';
import { Effects } from '../effects.js';
import type { Database } from './database.js';
import { GateBook } from './gate-book.js';
import { type Lane, laneOf, saveLane, settingsOf } from './lane.js';
import { type Job, jobOf } from './row.js';

type Counted = Omit<HistoryBucket, 'queue' | 'at'>;

/** What one verb does to the file: the lanes it touched, and the hints to give once it is done. Gone with the verb. */
export class Transaction {
  readonly hints: Hint[] = [];
  /** Raised by one job, meant for another. */
  readonly effects = new Effects();
  /** How many more of a job's dependents this transaction tells. */
  room: number = limits.batch;
  /** Something was put off that the next transaction shall go on with. */
  unfinished = false;
  /** Something happened that somebody may wait for: more than the beat of a worker. */
  newsworthy = false;
  private readonly lanes = new Map<string, Lane>();
  private readonly settled = new Map<Lane, Counted>();
  private readonly books: GateBook[] = [];
  private vanished: number[] = [];
  private sooner = false;

  constructor(
    readonly db: Database,
    /** Epoch milliseconds; one for the whole verb. */
    readonly now: number,
    /** Somebody listens, so hints are worth gathering. */
    private readonly heard: boolean,
  ) {}

  /** The lane, made when it is not there yet. */
  lane(address: Address): Lane {
    const known = this.peek(address);
    if (known) return known;
    this.db.run('lane.create', address.queue, address.shard);
    return this.peek(address)!;
  }

  /** The lane, if anything ever happened there. */
  peek({ queue, shard }: Address): Lane | undefined {
    const key = `${queue}~${shard}`;
    const known = this.lanes.get(key);
    if (known) return known;
    const row = this.db.row('lane.load', queue, shard);
    if (!row) return undefined;
    const lane = laneOf(row);
    this.lanes.set(key, lane);
    return lane;
  }

  /** What is known of the gates of a lane. */
  gates(lane: Lane): GateBook {
    if (!lane.book) this.books.push((lane.book = new GateBook(this, lane)));
    return lane.book;
  }

  /** The row of this number goes, with the others that `sweep` deletes: one statement for many is twice as fast. */
  vanish(n: number): void {
    this.vanished.push(n);
  }

  /** Comes before whatever might still see a row that has vanished, or one where gates have moved it from. */
  sweep(): void {
    if (this.vanished.length > 0) {
      this.db.run('job.delete', JSON.stringify(this.vanished));
      this.vanished = [];
    }
    for (const book of this.books) book.moves.write();
  }

  /** A job and its lane, by id. */
  find(id: string): { lane: Lane; job: Job } | undefined {
    this.sweep();
    const address = parseJobId(id);
    const lane = address && this.peek(address);
    const row = lane && this.db.row('job.head', id);
    return row && { lane, job: jobOf(row) };
  }

  /** Counts an applied settlement in the minute's history. */
  count(lane: Lane, ending: keyof Counted): void {
    const known = this.settled.get(lane);
    if (known) known[ending]++;
    else this.settled.set(lane, { completed: 0, failed: 0, cancelled: 0, retry: 0, [ending]: 1 });
  }

  hintLane(topic: 'ready' | 'cancelled', { queue, shard }: Lane): void {
    this.newsworthy = true;
    if (!this.heard) return;
    const known = this.hints.some(
      (hint) => hint.topic === topic && hint.lane.queue === queue && hint.lane.shard === shard,
    );
    if (!known) this.hints.push({ topic, lane: { queue, shard } });
  }

  hintJob(id: string): void {
    this.newsworthy = true;
    if (this.heard) this.hints.push({ topic: 'job', id });
  }

  /** A schedule became due sooner than all that were known. */
  hintSchedules(): void {
    if (this.sooner) return;
    this.sooner = this.newsworthy = true;
    this.db.run('schedules.tell');
    if (this.heard) this.hints.push({ topic: 'schedules' });
  }

  /** Writes back what was gathered. The last step before the commit. */
  save(): void {
    this.sweep();
    for (const book of this.books) book.save();
    for (const lane of this.lanes.values()) {
      if (this.newsworthy) lane.news++;
      saveLane(this.db, lane);
    }
    const minute = Math.floor(this.now / 60_000) * 60_000;
    for (const [lane, { completed, failed, cancelled, retry }] of this.settled) {
      this.db.run('history.add', lane.n, minute, completed, failed, cancelled, retry);
    }
  }
}

/** Counts one job more, or one less, in `state`; ready ones per list, and those that are parked. */
export function tally(lane: Lane, job: Pick<Job, 'place'>, state: JobState, by: 1 | -1): void {
  if (state !== 'ready') lane.counts[state] += by;
  else if (job.place !== undefined) lane.waiting[job.place]! += by;
  else lane.parked += by;
}

/** The settings of a queue, whether or not it has lanes. */
export function configured(tx: Transaction, queue: string): QueueSettings {
  return settingsOf(tx.db.row('control.settings', queue));
}
