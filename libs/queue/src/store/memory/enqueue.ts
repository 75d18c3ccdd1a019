import { QueueFull } from '../../job/errors.js';
import { parseJobId } from '../../job/id.js';
import { isFinal } from '../../job/state.js';
import { isForHolder } from '../coalesce.js';
import type { EnqueueAnswer, NewJob } from '../store.js';
import { carry } from './after.js';
import { type Job, newJob, timeOf } from './job.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

/** Adds a batch, in order. Every queue is asked for room before the first write. */
export function enqueue(world: World, jobs: NewJob[]): EnqueueAnswer[] {
  const now = world.now();
  for (const { after } of jobs) after?.forEach(addressOf);
  for (const [address, batch] of byShard(jobs)) checkRoom(world, address, batch, now);
  const answers = jobs.map((job) => add(world, job, now));
  carry(world);
  return answers.map((answer, i) => (jobs[i]!.after?.length && answer.created ? stateNow(world, answer) : answer));
}

/** What a job waits for may have ended long ago. */
function stateNow(world: World, answer: EnqueueAnswer): EnqueueAnswer {
  return { ...answer, state: world.job(answer.id)?.state ?? answer.state };
}

/** Adds one job, whether or not there is room: what follows from a settled job is never refused. */
export function add(world: World, job: NewJob, now: number): EnqueueAnswer {
  const shard = world.openShard(addressOf(job.id));
  const repeated = shard.jobs.get(job.id);
  if (repeated) return { id: job.id, created: true, state: repeated.state };

  const holder = shard.keys.holder(job.keys ?? [], now);
  if (holder === undefined) {
    // What was made for a job that waited is not for one of its own.
    return isForHolder(job) ? { id: job.id, created: false, state: 'completed' } : create(shard, job, now);
  }
  // A timed key outlives the record of a job that was not kept.
  const known = shard.jobs.get(holder);
  return known ? duplicate(shard, known, job, now) : { id: holder, created: false, state: 'completed' };
}

function create(shard: Shard, job: NewJob, now: number): EnqueueAnswer {
  const created = newJob(job, now);
  shard.add(created);
  shard.keys.take(created);
  const dueAt = timeOf(job.due, now);
  const state = created.waitsFor ? shard.makeBlocked(created, dueAt, now) : shard.makeDue(created, dueAt, 'delay', now);
  return { id: job.id, created: true, state };
}

/** A key is taken: mostly the job is not added, and what is new about it may go into the holder. */
function duplicate(shard: Shard, holder: Job, job: NewJob, now: number): EnqueueAnswer {
  const differs = job.replaces !== undefined && job.replaces !== holder.body;
  switch (job.onDuplicate) {
    case 'replace':
      if (differs || !['scheduled', 'ready'].includes(holder.state)) break;
      putInto(shard, holder, job, now);
      if (holder.state === 'scheduled') shard.makeDue(holder, boundedDue(holder, job, now), 'delay', now);
      return { id: holder.id, created: false, state: holder.state, replaced: true };

    case 'extend': {
      const dueAt = boundedDue(holder, job, now);
      if (holder.state !== 'scheduled' || dueAt === undefined || dueAt <= holder.dueAt!) break;
      shard.makeDue(holder, dueAt, 'delay', now);
      return { id: holder.id, created: false, state: holder.state, replaced: true };
    }

    case 'follow':
      if (holder.state === 'active' && !job.replaces) return follow(shard, holder, job, now);
      if (differs || holder.state === 'active' || isFinal(holder.state)) break;
      putInto(shard, holder, job, now);
      return { id: holder.id, created: false, state: holder.state, replaced: true };
  }
  return { id: holder.id, created: false, state: holder.state };
}

function putInto(shard: Shard, holder: Job, job: NewJob, now: number): void {
  const { body, expiresAt, tags, crashLimit } = newJob(job, now);
  Object.assign(holder, { body, expiresAt, tags, crashLimit });
  shard.hints.changed(holder);
}

/** However often it is put off, a holder does not wait longer than `maxWait` in all. */
function boundedDue({ enqueuedAt }: Job, { due, maxWait = Infinity }: NewJob, now: number): number | undefined {
  const dueAt = timeOf(due, now);
  return dueAt === undefined ? undefined : Math.min(dueAt, enqueuedAt + maxWait);
}

/** Behind an active holder, unless somebody else has another of the keys: those are not taken away from anybody who may still begin. */
function follow(shard: Shard, holder: Job, job: NewJob, now: number): EnqueueAnswer {
  if (shard.keys.holder(job.keys!, now, holder.id) !== undefined) {
    return { id: holder.id, created: false, state: holder.state };
  }
  return create(shard, { ...job, after: [holder.id, ...(job.after ?? [])], anyEnding: true }, now);
}

/** Throws `QueueFull` when the jobs that would be created do not fit; blocked ones take no room. Jobs of one batch know each other's ids and keys. */
function checkRoom(world: World, address: { queue: string; shard: number }, batch: NewJob[], now: number): void {
  const { maxReady } = world.settings(address.queue);
  if (maxReady === null) return;
  const shard = world.shard(address);
  const ids = new Set<string>();
  const taken = new Map<string, boolean>();
  let created = 0;
  for (const job of batch) {
    const { id, keys = [], after } = job;
    if (isForHolder(job) || ids.has(id) || shard?.jobs.has(id)) continue;
    if (keys.some(({ key }) => taken.get(key) ?? shard?.keys.holder([{ key, until: 0 }], now) !== undefined)) continue;
    ids.add(id);
    if (!after?.length) created++;
    for (const { key, until } of keys) taken.set(key, typeof until !== 'number' || until > 0);
  }
  if (created > 0 && (shard?.waiting ?? 0) + created > maxReady) throw new QueueFull(address.queue, maxReady);
}

function byShard(jobs: NewJob[]): [{ queue: string; shard: number }, NewJob[]][] {
  const groups = new Map<string, NewJob[]>();
  for (const job of jobs) {
    const { queue, shard } = addressOf(job.id);
    const lane = `${queue}~${shard}`;
    const group = groups.get(lane);
    if (group) group.push(job);
    else groups.set(lane, [job]);
  }
  return [...groups.values()].map((group) => [addressOf(group[0]!.id), group]);
}

function addressOf(id: string) {
  const address = parseJobId(id);
  if (!address) throw new RangeError(`'${id}' is not a job id: make one with createJobId(queue, shard, now)`);
  return address;
}
