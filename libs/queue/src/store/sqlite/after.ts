import { isFinal } from '../../job/state.js';
import { limits } from '../../job/limits.js';
import type { Effect } from '../effects.js';
import type { EnqueueAnswer, NewJob } from '../store.js';
import type { Lane } from './lane.js';
import { remember, tellDependents } from './links.js';
import { finish, makeDue } from './moves.js';
import { type Job, trails } from './row.js';
import type { Transaction } from './transaction.js';

/** What follows in other jobs from what a verb did; what is too much for one transaction is put off to the next. */
export function carry(tx: Transaction): void {
  if (tx.effects.none) return;
  tx.effects.carry((effect) => apply(tx, effect), limits.batch);
  for (const { kind, from, to } of tx.effects.take()) {
    tx.db.run('after.put_off', kind, from, to, undefined);
    tx.unfinished = true;
  }
}

/** The same, as far as it stays in one lane. */
export function carryWithin(tx: Transaction, { queue, shard }: Lane): void {
  if (tx.effects.none) return;
  tx.effects.carryWithin(`${queue}~${shard.toString(36)}`, (effect) => apply(tx, effect), limits.batch);
}

/** Whether something was put off and nobody went on with it. */
export function isUnfinished(tx: Transaction): boolean {
  return tx.db.rows('after.outbox', 1).length > 0;
}

/** Goes on with what was put off, a bounded part of it. Answers how many effects it began with. */
export function carryOn(tx: Transaction): number {
  for (const [n, kind, from, to, last] of tx.db.rows('after.outbox', tx.room)) {
    if (tx.room <= 0) break;
    if (to === null) tellDependents(tx, from as string, kind as 'completed' | 'ended', last as number);
    else tx.effects.raise({ kind: kind as Effect['kind'], from: from as string, to: to as string });
    if (to !== null) tx.room--;
    // While there is room these were all its dependents.
    if (to !== null || tx.room > 0) tx.db.run('after.done', n);
  }
  const begun = limits.batch - tx.room;
  tx.unfinished = tx.room <= 0;
  carry(tx);
  return begun;
}

/** What those that wait for others have become meanwhile. */
export function statesNow(tx: Transaction, jobs: NewJob[], answers: EnqueueAnswer[]): EnqueueAnswer[] {
  return answers.map((answer, i) => {
    if (!jobs[i]!.after?.length || !answer.created) return answer;
    return { ...answer, state: tx.find(answer.id)?.job.state ?? answer.state };
  });
}

function apply(tx: Transaction, { kind, from, to }: Effect): void {
  if (kind === 'link') link(tx, from, to);
  else arrive(tx, to, from, kind === 'completed');
}

/** The parent remembers its child until it ends; one that has ended, or is not known, says so at once. */
function link(tx: Transaction, child: string, parent: string): void {
  const job = tx.find(parent)?.job;
  if (job && !isFinal(job.state)) remember(tx, job, child);
  else tx.effects.raise({ kind: job?.state === 'completed' ? 'completed' : 'ended', from: parent, to: child });
}

/** A child that waits no longer for this parent, or not at all, has heard it before. */
function arrive(tx: Transaction, child: string, parent: string, completed: boolean): void {
  const found = tx.find(child);
  const waits = found?.job.state === 'blocked' && tx.db.row('after.waiting', found.job.n, parent);
  if (!found || !waits) return;
  const { lane, job } = found;
  const anyEnding = waits[0] === 1;
  if (completed || anyEnding) unblock(tx, lane, job, parent);
  else finish(tx, lane, job, 'cancelled', { reason: 'dependency' });
}

/** `parent` has completed, or ended where any ending will do; after the last one the job goes where it would have gone without them. */
function unblock(tx: Transaction, lane: Lane, job: Job, parent: string): void {
  tx.db.run('after.unwait', job.n, parent);
  if (tx.db.row('after.left', job.n)) return tx.hintJob(job.id);
  job.trail &= ~trails.waits;
  makeDue(tx, lane, job, job.dueAt, 'delay');
}
