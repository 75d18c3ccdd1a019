import { QueueFull } from '../../job/errors.js';
import { parseJobId } from '../../job/id.js';
import { limits } from '../../job/limits.js';
import { isFinal, jobStates } from '../../job/state.js';
import { isForHolder } from '../coalesce.js';
import type { EnqueueAnswer, NewJob, UniqueKey } from '../store.js';
import { climbing, expectGates, gatingOf, insertTen, insertTenGated, isGated } from './bulk.js';
import { hintSoon } from './gates.js';
import { type Holder, holderOf, take } from './keys.js';
import { type Lane, readyIn } from './lane.js';
import { waitFor } from './links.js';
import { makeDue } from './moves.js';
import { encodeKeys, timeOf, trails } from './row.js';
import type { Transaction } from './transaction.js';

/** Adds a batch, in order. Every queue is asked for room before the first write. */
export function enqueue(tx: Transaction, jobs: NewJob[]): EnqueueAnswer[] {
  for (const { after } of jobs) after?.forEach(addressOf);
  for (const [lane, batch] of byLane(tx, jobs)) checkRoom(tx, lane, batch);
  const answers: EnqueueAnswer[] = [];
  const known = knownOf(tx, jobs);
  if (known) for (const [lane, batch] of byLane(tx, jobs)) expectGates(tx, lane, batch);
  while (answers.length < jobs.length) {
    const next = jobs[answers.length]!;
    const lane = laneOf(tx, next.id);
    const ten = insertTen(tx, lane, jobs, answers) || (known && insertTenGated(tx, lane, jobs, answers, known));
    if (ten) continue;
    answers.push(add(tx, next));
    known?.add(next.id);
  }
  return answers;
}

/** The ids among these that belong to jobs already; `undefined` when it does not matter, as no gates are concerned. */
function knownOf(tx: Transaction, jobs: NewJob[]): Set<string> | undefined {
  if (jobs.length < 2 || !jobs.some((job) => isGated(laneOf(tx, job.id), job))) return undefined;
  const rows = tx.db.gathered('enqueue.known', JSON.stringify(jobs.map(({ id }) => id)));
  return new Set(rows.map(([id]) => id as string));
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
  if (isForHolder(job)) return { id: job.id, created: false, state: 'completed' };
  take(tx, lane, job.id, job.keys, tx.now);
  return insert(tx, lane, job)!;
}

/** `undefined` when the id is known already. */
function insert(tx: Transaction, lane: Lane, job: NewJob): EnqueueAnswer | undefined {
  const gated = isGated(lane, job);
  // Whoever climbs cannot be taken back.
  if (gated && tx.find(job.id)) return undefined;
  const dueAt = timeOf(job.due, tx.now);
  const waits = dueAt !== undefined && dueAt > tx.now;
  const blocked = job.after !== undefined && job.after.length > 0;
  const state = blocked ? 'blocked' : waits ? 'scheduled' : 'ready';
  const ready = state === 'ready';
  const { gating, joins } = ready && gated ? climbing(tx, lane, job) : { gating: gatingOf(tx, job), joins: ready };
  const values = [
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
    (blocked ? trails.waits : 0) | (gating ? trails.gates : 0),
    encodeKeys(job.keys),
    job.parent,
    job.root,
    job.tags && JSON.stringify(job.tags),
    job.body,
  ];
  if (gating) values.push(JSON.stringify(gating.gates), gating.passed, gating.ticket);
  const added = tx.db.run(gating ? 'enqueue.insert_gated' : 'enqueue.insert', ...values);
  if (added === 0) return undefined;
  lane.totals.enqueued++;
  if (blocked) waitFor(tx, job);
  if (!ready) {
    lane.counts[state]++;
    if (state === 'scheduled') hintSoon(tx, lane, dueAt!);
  } else if (joins) {
    lane.tail++;
    lane.waiting[job.priority]!++;
    tx.hintLane('ready', lane);
  } else {
    lane.parked++;
  }
  tx.hintJob(job.id);
  return { id: job.id, created: true, state };
}

/** The same job again: recognised by its id. */
function repeated(tx: Transaction, id: string): EnqueueAnswer | undefined {
  const found = tx.find(id);
  return found && { id, created: true, state: found.job.state };
}

/** A key is taken: mostly the job is not added, and what is new about it may go into the holder. */
function duplicate(tx: Transaction, lane: Lane, { id, state }: Holder, job: NewJob): EnqueueAnswer {
  // A timed key outlives the record of a job that was not kept.
  if (!state) return { id, created: false, state: 'completed' };
  const unchanged = { id, created: false, state };
  if (!job.onDuplicate || job.onDuplicate === 'return') return unchanged;
  const [body, enqueuedAt] = tx.db.row('enqueue.holder', id) as [string, number];
  const differs = job.replaces !== undefined && job.replaces !== body;
  switch (job.onDuplicate) {
    case 'replace':
      if (differs || (state !== 'scheduled' && state !== 'ready')) return unchanged;
      putInto(tx, lane, id, job);
      if (state === 'ready') return { ...unchanged, replaced: true };
      return putOff(tx, lane, id, boundedDue(tx, enqueuedAt, job));

    case 'extend': {
      const dueAt = boundedDue(tx, enqueuedAt, job);
      if (state !== 'scheduled' || dueAt === undefined || dueAt <= tx.find(id)!.job.dueAt!) return unchanged;
      return putOff(tx, lane, id, dueAt);
    }

    case 'follow':
      if (state === 'active' && !job.replaces) return follow(tx, lane, id, job) ?? unchanged;
      if (differs || state === 'active' || isFinal(state)) return unchanged;
      putInto(tx, lane, id, job);
      return { ...unchanged, replaced: true };
  }
}

function putInto(tx: Transaction, lane: Lane, id: string, job: NewJob): void {
  lane.book?.forgetHeads();
  const { body, tags, crashLimit = limits.crashes } = job;
  tx.db.run('enqueue.replace', body, timeOf(job.expires, tx.now), tags && JSON.stringify(tags), crashLimit, id);
  tx.hintJob(id);
}

/** However often it is put off, a holder does not wait longer than `maxWait` in all. */
function boundedDue(tx: Transaction, enqueuedAt: number, { due, maxWait = Infinity }: NewJob): number | undefined {
  const dueAt = timeOf(due, tx.now);
  return dueAt === undefined ? undefined : Math.min(dueAt, enqueuedAt + maxWait);
}

function putOff(tx: Transaction, lane: Lane, id: string, dueAt: number | undefined): EnqueueAnswer {
  const holder = tx.find(id)!.job;
  makeDue(tx, lane, holder, dueAt, 'delay');
  return { id, created: false, state: holder.state, replaced: true };
}

/** Behind an active holder, unless somebody else has another of the keys: those are not taken away from anybody who may still begin. */
function follow(tx: Transaction, lane: Lane, holder: string, job: NewJob): EnqueueAnswer | undefined {
  if (holderOf(tx, lane, job.keys!, holder)) return undefined;
  take(tx, lane, job.id, job.keys!, tx.now);
  return insert(tx, lane, { ...job, after: [holder, ...(job.after ?? [])], anyEnding: true });
}

/** Throws `QueueFull` when the jobs that would be created do not fit; blocked ones take no room. Jobs of one batch know each other's ids and keys. */
function checkRoom(tx: Transaction, lane: Lane, batch: NewJob[]): void {
  const { maxReady } = lane.settings;
  if (maxReady === null) return;
  const ids = new Set<string>();
  const taken = new Map<string, boolean>();
  const isTaken = ({ key, until }: UniqueKey) => taken.get(key) ?? holderOf(tx, lane, [{ key, until }]) !== undefined;
  let created = 0;
  for (const job of batch) {
    const { id, keys = [], after } = job;
    if (isForHolder(job) || ids.has(id) || tx.find(id) || keys.some(isTaken)) continue;
    ids.add(id);
    if (!after?.length) created++;
    for (const { key, until } of keys) taken.set(key, typeof until !== 'number' || until > 0);
  }
  const full = readyIn(lane) + lane.counts.scheduled + created > maxReady;
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
