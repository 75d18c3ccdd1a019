import { limits } from '../../job/limits.js';
import { missingGate, saidOf } from '../gating.js';
import type { EnqueueAnswer, NewJob } from '../store.js';
import type { Value } from './database.js';
import { climb } from './gates.js';
import type { Lane } from './lane.js';
import { type Gating, newGating, trails } from './row.js';
import type { Transaction } from './transaction.js';

/** Rows of one statement. More gains nothing. */
const size = 10;

/** A job of the usual kind: ready at once, and nothing said that takes a closer look, unless it is at its gates. */
function isPlain(job: NewJob): boolean {
  const { due, expires, keys, after, tags, parent, root } = job;
  return !due && !expires && !keys?.length && !after?.length && !tags && !parent && !root;
}

/** Whether a job has gates, or will be given one. */
export function isGated({ settings }: Lane, job: NewJob): boolean {
  return Boolean(job.gates?.length || missingGate(job, saidOf(settings, job.task)));
}

/** How a new job stands to its gates as long as it is not ready; `undefined` when it has none. */
export function gatingOf(tx: Transaction, { task, gates = [] }: NewJob): Gating | undefined {
  return gates.length > 0 ? newGating({ task, enqueuedAt: tx.now }, gates) : undefined;
}

/** Reads what is known of the gates of new jobs. */
export function expectGates(tx: Transaction, lane: Lane, jobs: NewJob[]): void {
  tx.gates(lane).expect(jobs.map((job) => ({ gating: gatingOf(tx, job) })));
}

/** The same of one that is ready. Lets it climb, and answers whether it may join its line. */
export function climbing(tx: Transaction, lane: Lane, job: NewJob): { gating?: Gating; joins: boolean } {
  const missing = missingGate(job, saidOf(lane.settings, job.task));
  const gating = gatingOf(tx, missing ? { ...job, gates: [...(job.gates ?? []), missing] } : job);
  if (!gating) return { joins: true };
  return { gating, joins: climb(tx, lane, gating, { id: job.id, priority: job.priority, trail: trails.gates }) };
}

/**
 * Inserts the next ten of `jobs` at once, those that come after the ones answered, which costs 70 % of ten statements.
 * Answers false, with nothing done, when they are not ten plain jobs of this lane, or one of them is known already.
 */
export function insertTen(tx: Transaction, lane: Lane, jobs: NewJob[], answers: EnqueueAnswer[]): boolean {
  const ten = jobs.slice(answers.length, answers.length + size);
  if (ten.length < size || !ten.every((job) => isPlain(job) && isOf(lane, job.id) && !isGated(lane, job))) return false;
  const values: Value[] = [lane.n, tx.now];
  ten.forEach(({ id, task, priority, attempts = 0, crashLimit = limits.crashes, body }, index) =>
    values.push(id, task, priority, attempts, crashLimit, lane.tail + index, body),
  );
  if (!tx.db.insertUnlessKnown('enqueue.insert_ten', values)) return false;

  lane.tail += size;
  lane.totals.enqueued += size;
  for (const { id, priority } of ten) {
    lane.waiting[priority]!++;
    tx.hintJob(id);
    answers.push({ id, created: true, state: 'ready' });
  }
  tx.hintLane('ready', lane);
  return true;
}

/** The same of ten jobs of which some have gates. Nobody may know them, as they will have climbed; `known` are those that somebody does. */
export function insertTenGated(
  tx: Transaction,
  lane: Lane,
  jobs: NewJob[],
  answers: EnqueueAnswer[],
  known: Set<string>,
): boolean {
  const ten = jobs.slice(answers.length, answers.length + size);
  if (ten.length < size || !ten.every((job) => isPlain(job) && isOf(lane, job.id) && !known.has(job.id))) return false;
  if (new Set(ten.map(({ id }) => id)).size < size) return false;
  const values: Value[] = [lane.n, tx.now];
  for (const job of ten) {
    const { id, task, priority, attempts = 0, crashLimit = limits.crashes, body } = job;
    const { gating, joins } = climbing(tx, lane, job);
    const [place, pos] = joins ? [priority, lane.tail++] : [];
    values.push(id, task, priority, attempts, crashLimit, gating ? trails.gates : 0, place, pos, body);
    values.push(gating && JSON.stringify(gating.gates), gating?.passed, gating?.ticket);
    if (joins) lane.waiting[priority]!++;
    else lane.parked++;
    if (joins) tx.hintLane('ready', lane);
    known.add(id);
    tx.hintJob(id);
    answers.push({ id, created: true, state: 'ready' });
  }
  lane.totals.enqueued += size;
  tx.db.run('enqueue.insert_ten_gated', ...values);
  return true;
}

function isOf({ queue, shard }: Lane, id: string): boolean {
  return id.startsWith(`${queue}~${shard.toString(36)}~`);
}
