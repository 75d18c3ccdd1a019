import { QueueFull } from '../../job/errors.js';
import { parseJobId } from '../../job/id.js';
import { limits } from '../../job/limits.js';
import { jobStates } from '../../job/state.js';
import type { EnqueueAnswer, NewJob, UniqueKey } from '../store.js';
import { insertTen } from './bulk.js';
import { type Holder, holderOf, take } from './keys.js';
import { type Lane, readyIn } from './lane.js';
import { addLimited, hasRoom } from './limit.js';
import { waitFor } from './links.js';
import { hintSoon, makeDue } from './moves.js';
import { encodeKeys, timeOf, trails } from './row.js';
import type { Transaction } from './transaction.js';

/** Adds a batch, in order. Every queue is asked for room before the first write. */
export function enqueue(tx: Transaction, jobs: NewJob[]): EnqueueAnswer[] {
  for (const { after } of jobs) after?.forEach(addressOf);
  for (const [lane, batch] of byLane(tx, jobs)) checkRoom(tx, lane, batch);
  const answers: EnqueueAnswer[] = [];
  while (answers.length < jobs.length) {
    const next = jobs[answers.length]!;
    if (!insertTen(tx, laneOf(tx, next.id), jobs, answers)) answers.push(add(tx, next));
  }
  return answers;
}

/** Adds one job, whether or not there is room: what follows from a settled job is never refused. */
export function add(tx: Transaction, job: NewJob): EnqueueAnswer {
  tx.sweep();
  const lane = laneOf(tx, job.id);
  if (!job.keys?.length) return insert(tx, lane, job) ?? repeated(tx, job.id)!;

  const known = repeated(tx, job.id);
  if (known) return known;
  const holder = holderOf(tx, lane, job.keys);
  if (holder) return duplicate(tx, lane, holder, job);
  take(tx, lane, job.id, job.keys, tx.now);
  return insert(tx, lane, job)!;
}

/** `undefined` when the id is known already. */
function insert(tx: Transaction, lane: Lane, job: NewJob): EnqueueAnswer | undefined {
  const dueAt = timeOf(job.due, tx.now);
  const waits = dueAt !== undefined && dueAt > tx.now;
  const blocked = job.after !== undefined && job.after.length > 0;
  const state = blocked ? 'blocked' : waits ? 'scheduled' : 'ready';
  const joins = state === 'ready' && (!job.limit || hasRoom(tx, lane, job.limit));
  const added = tx.db.run(
    'enqueue.insert',
    job.id,
    lane.n,
    jobStates.indexOf(state),
    job.task,
    job.priority,
    tx.now,
    job.attempts ?? 0,
    job.crashLimit ?? limits.crashes,
    joins ? job.priority : undefined,
    joins ? lane.tail : undefined,
    waits ? dueAt : undefined,
    timeOf(job.expires, tx.now),
    state === 'scheduled' ? 'delay' : undefined,
    (blocked ? trails.waits : 0) | (job.limit ? trails.limited : 0),
    encodeKeys(job.keys),
    job.parent,
    job.root,
    job.tags && JSON.stringify(job.tags),
    job.body,
  );
  if (added === 0) return undefined;
  lane.totals.enqueued++;
  if (blocked) waitFor(tx, job);
  if (job.limit) {
    const stands = joins ? 'admitted' : 'parked';
    addLimited(tx, lane, job, job.limit, state === 'ready' ? stands : undefined);
  }
  if (state !== 'ready') {
    lane.counts[state]++;
    if (state === 'scheduled') hintSoon(tx, lane, dueAt!);
  } else if (joins) {
    lane.tail++;
    lane.waiting[job.priority]!++;
    tx.hintLane('ready', lane);
  }
  tx.hintJob(job.id);
  return { id: job.id, created: true, state };
}

/** The same job again: recognised by its id. */
function repeated(tx: Transaction, id: string): EnqueueAnswer | undefined {
  const found = tx.find(id);
  return found && { id, created: true, state: found.job.state };
}

/** A key is taken: the job is not added, and with `replace` what is new about it goes into the holder. */
function duplicate(tx: Transaction, lane: Lane, { id, state }: Holder, job: NewJob): EnqueueAnswer {
  // A timed key outlives the record of a job that was not kept.
  if (!state) return { id, created: false, state: 'completed' };
  const waits = state === 'scheduled' || state === 'ready';
  if (job.onDuplicate !== 'replace' || !waits) return { id, created: false, state };

  const { body, tags, crashLimit = limits.crashes } = job;
  tx.db.run('enqueue.replace', body, timeOf(job.expires, tx.now), tags && JSON.stringify(tags), crashLimit, id);
  const holder = tx.find(id)!.job;
  if (state === 'scheduled') makeDue(tx, lane, holder, timeOf(job.due, tx.now), 'delay');
  else tx.hintJob(id);
  return { id, created: false, state: holder.state, replaced: true };
}

/** Throws `QueueFull` when the jobs that would be created do not fit; blocked ones take no room. Jobs of one batch know each other's ids and keys. */
function checkRoom(tx: Transaction, lane: Lane, batch: NewJob[]): void {
  const { maxReady } = lane.settings;
  if (maxReady === null) return;
  const ids = new Set<string>();
  const taken = new Map<string, boolean>();
  const isTaken = ({ key, until }: UniqueKey) => taken.get(key) ?? holderOf(tx, lane, [{ key, until }]) !== undefined;
  let created = 0;
  for (const { id, keys = [], after } of batch) {
    if (ids.has(id) || tx.find(id) || keys.some(isTaken)) continue;
    ids.add(id);
    if (!after?.length) created++;
    for (const { key, until } of keys) taken.set(key, typeof until !== 'number' || until > 0);
  }
  const full = readyIn(tx.db, lane) + lane.counts.scheduled + created > maxReady;
  if (created > 0 && full) throw new QueueFull(lane.queue, maxReady);
}

function byLane(tx: Transaction, jobs: NewJob[]): Map<Lane, NewJob[]> {
  const batches = new Map<Lane, NewJob[]>();
  for (const job of jobs) {
    const lane = laneOf(tx, job.id);
    const batch = batches.get(lane);
    if (batch) batch.push(job);
    else batches.set(lane, [job]);
  }
  return batches;
}

function laneOf(tx: Transaction, id: string): Lane {
  return tx.lane(addressOf(id));
}

function addressOf(id: string) {
  const address = parseJobId(id);
  if (!address) throw new RangeError(`'${id}' is not a job id: make one with createJobId(queue, shard, now)`);
  return address;
}
