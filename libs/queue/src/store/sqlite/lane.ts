import type { JobState } from '../../job/state.js';
import type { Lane as Address, QueueRecord, QueueSettings } from '../store.js';
import type { Database, Row } from './database.js';

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
    settings: settingsOf(row, 27),
  };
}

/** Of the columns `paused, max_ready` that begin at `from`; a queue that was never configured has none. */
export function settingsOf(row: Row | undefined, from = 0): QueueSettings {
  return { paused: row?.[from] === 1, maxReady: (row?.[from + 1] as number | null | undefined) ?? null };
}

/** In the lists, and parked. */
export function readyIn(db: Database, lane: Lane): number {
  const parked = db.row('lane.parked', lane.n)![0] as number;
  return lane.waiting.reduce((sum, size) => sum + size, parked);
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
    lane.n,
  );
}
