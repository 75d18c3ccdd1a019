import type { JobState } from '../../job/state.js';
import { unset } from '../settings.js';
import type { Lane as Address, QueueRecord, QueueSettings } from '../store.js';
import type { Database, Row } from './database.js';
import type { GateBook } from './gate-book.js';

/**
 * One shard of a queue while a transaction is open: its counters are read once, changed in memory and written back once,
 * however many jobs move. Never kept longer, because other processes write the same row.
 */
export interface Lane extends Address {
  readonly n: number;
  /** Claims from the bands since the beginning: decides whose turn the lowest band's share is. */
  takes: number;
  /** The last fence handed out. */
  fence: number;
  /** The next free position before the first ready job, and behind the last. */
  head: number;
  tail: number;
  /** When exchange, register or reap last came by. */
  beatAt?: number;
  graceUntil?: number;
  /** Ready jobs per list: four bands, then the suspects. */
  waiting: number[];
  /** Ready jobs in front of a gate, and in no list. */
  parked: number;
  /** No gate is to be looked at before, epoch milliseconds; absent: none is. */
  wake?: number;
  /** Theoretical arrival time of the queue's rate, epoch microseconds. */
  tat: number;
  /** Gates of which something is known. */
  gates: number;
  /** Of those that this transaction has to do with. */
  book?: GateBook;
  counts: Record<Exclude<JobState, 'ready'>, number>;
  totals: QueueRecord['totals'];
  /** Grows with each transaction that others may wait for. */
  news: number;
  settings: QueueSettings;
}

/** The columns of `lane.load` and `lane.all`, in order. */
export function laneOf(row: Row): Lane {
  const at = (index: number) => row[index] as number;
  return {
    n: at(0),
    queue: row[1] as string,
    shard: at(2),
    takes: at(3),
    fence: at(4),
    head: at(5),
    tail: at(6),
    beatAt: row[7] === null ? undefined : at(7),
    graceUntil: row[8] === null ? undefined : at(8),
    waiting: [at(9), at(10), at(11), at(12), at(13)],
    counts: {
      scheduled: at(14),
      blocked: at(15),
      active: at(16),
      completed: at(17),
      failed: at(18),
      cancelled: at(19),
    },
    totals: {
      enqueued: at(20),
      revived: at(21),
      completed: at(22),
      failed: at(23),
      cancelled: at(24),
      removed: at(25),
    },
    news: at(26),
    parked: at(27),
    wake: row[28] === null ? undefined : at(28),
    tat: at(29),
    gates: at(30),
    settings: settingsOf(row, 31),
  };
}

/** Of the columns `paused, max_ready, flow` that begin at `from`; a queue that was never configured has none. */
export function settingsOf(row: Row | undefined, from = 0): QueueSettings {
  if (typeof row?.[from] !== 'number') return unset;
  const [paused, maxReady, flow] = row.slice(from);
  const said = typeof flow === 'string' ? (JSON.parse(flow) as Partial<QueueSettings>) : {};
  return { ...unset, paused: paused === 1, maxReady: (maxReady as number | null | undefined) ?? null, ...said };
}

/** As `settingsOf` reads it; absent where nothing is said. */
export function flowOf({ maxActive, rate, weights, tasks }: QueueSettings): string | undefined {
  const said = { maxActive, rate, weights, ...(Object.keys(tasks).length > 0 && { tasks }) };
  return Object.values(said).some((value) => value !== null) ? JSON.stringify(said) : undefined;
}

/** In the lists, and parked. */
export function readyIn(lane: Lane): number {
  return lane.waiting.reduce((sum, size) => sum + size, lane.parked);
}

export function saveLane(db: Database, lane: Lane): void {
  const { counts, totals } = lane;
  db.run(
    'lane.save',
    lane.takes,
    lane.fence,
    lane.head,
    lane.tail,
    lane.beatAt,
    lane.graceUntil,
    ...lane.waiting,
    counts.scheduled,
    counts.blocked,
    counts.active,
    counts.completed,
    counts.failed,
    counts.cancelled,
    totals.enqueued,
    totals.revived,
    totals.completed,
    totals.failed,
    totals.cancelled,
    totals.removed,
    lane.news,
    lane.parked,
    lane.wake,
    lane.tat,
    lane.gates,
    lane.n,
  );
}
