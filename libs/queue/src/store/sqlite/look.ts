import { parseJobId } from '../../job/id.js';
import type { AttemptRecord, HistoryBucket, JobKey, JobRecord, QueueRecord } from '../store.js';
import type { Row } from './database.js';
import { type Lane, laneOf, readyIn, settingsOf } from './lane.js';
import { parkedAt } from './gates.js';
import { recordOf, trails, waitingJobOf } from './row.js';
import type { Transaction } from './transaction.js';

export function find(tx: Transaction, keys: JobKey[]): (JobRecord | undefined)[] {
  return keys.map((key) => {
    const id = 'id' in key ? key.id : (tx.db.row('look.named', `=${key.name}`, key.queue)?.[0] as string | undefined);
    const row = id !== undefined && parseJobId(id) ? tx.db.row('job.record', id) : undefined;
    return row && wholeRecord(tx, row);
  });
}

/** With what it waits for, the gate it is parked in front of, how its attempts ended, and its log. */
export function wholeRecord(tx: Transaction, row: Row): JobRecord {
  const record = recordOf(row);
  const [n, trail] = [row[0] as number, row[26] as number];
  if (trail === 0) return record;
  if ((trail & trails.waits) !== 0) record.waitsFor = tx.db.rows('after.waits', n).map(([parent]) => parent as string);
  if (record.state === 'ready' && row[27] === null) {
    const lane = tx.peek(parseJobId(record.id)!)!;
    record.parked = parkedAt(tx, lane, waitingJobOf(tx.db.row('gate.parked', n)!));
  }
  if ((trail & trails.left) === 0) return record;
  record.history = tx.db.rows('job.attempts', n).map(([entry]) => JSON.parse(entry as string) as AttemptRecord);
  record.log = tx.db.rows('job.log', n).map(([line]) => line as string);
  return record;
}

/** By name: queues with jobs, workers or settings. */
export function counts(tx: Transaction): QueueRecord[] {
  const queues = new Map<string, QueueRecord>();
  for (const row of tx.db.rows('look.settings')) queues.set(row[0] as string, emptyRecord(row[0] as string, row));
  for (const lane of tx.db.rows('lane.all').map(laneOf)) {
    const record = queues.get(lane.queue) ?? emptyRecord(lane.queue);
    queues.set(lane.queue, record);
    addLane(tx, record, lane);
  }
  return [...queues.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1));
}

function addLane(tx: Transaction, record: QueueRecord, lane: Lane): void {
  const oldest = tx.db.row('look.oldest', lane.n)?.[0];
  record.shards = Math.max(record.shards, lane.shard + 1);
  record.counts.ready += readyIn(lane);
  for (const [state, count] of Object.entries(lane.counts)) record.counts[state as keyof Lane['counts']] += count;
  for (const [total, count] of Object.entries(lane.totals)) record.totals[total as keyof Lane['totals']] += count;
  if (typeof oldest === 'number') record.oldestReadyAt = Math.min(oldest, record.oldestReadyAt ?? Infinity);
}

function emptyRecord(queue: string, settings?: Row): QueueRecord {
  return {
    queue,
    shards: 1,
    counts: { scheduled: 0, blocked: 0, ready: 0, active: 0, completed: 0, failed: 0, cancelled: 0 },
    ghosts: 0,
    settings: settingsOf(settings, 1),
    totals: { enqueued: 0, revived: 0, completed: 0, failed: 0, cancelled: 0, removed: 0 },
  };
}

/** Minute by minute, then by queue; the shards of a queue together. */
export function history(tx: Transaction, query: { queue?: string; since?: number }): HistoryBucket[] {
  return tx.db.rows('history.since', query.queue, query.since ?? 0).map(([queue, ...figures]) => {
    const [at, completed, failed, cancelled, retry] = figures as [number, number, number, number, number];
    return { queue: queue as string, at, completed, failed, cancelled, retry };
  });
}
