import type { NewJob } from '../store.js';
import { type Job, trails } from './row.js';
import type { Transaction } from './transaction.js';

/** What is written down of jobs that wait for each other. A job without such links has nothing here, and asks for nothing. */

/** A new job waits for those in `after`; each will be asked to remember it. */
export function waitFor(tx: Transaction, { id, after = [], anyEnding = false }: NewJob): void {
  const parents = [...new Set(after)];
  tx.db.run('after.block', id, JSON.stringify(parents), anyEnding ? 1 : 0);
  for (const parent of parents) tx.effects.raise({ kind: 'link', from: id, to: parent });
}

/** Whether others wait for `job`, or it for others. */
export function isLinked({ trail }: Job): boolean {
  return (trail & (trails.dependents | trails.waits)) !== 0;
}

/** `parent`, which has not ended, tells `child` when it does. */
export function remember(tx: Transaction, parent: Job, child: string): void {
  tx.db.run('after.remember', parent.id, child);
  if ((parent.trail & trails.dependents) === 0) tx.db.run('after.mark', trails.dependents, parent.id);
}

/** `job` ends or vanishes: it waits for nobody any more, and whoever waits for it will be told. */
export function unlink(tx: Transaction, job: Job, kind: 'completed' | 'ended'): void {
  if ((job.trail & trails.waits) !== 0) tx.db.run('after.forget_waits', job.n);
  if ((job.trail & trails.dependents) !== 0) {
    const last = tx.db.row('after.last_dependent', job.id)![0] as number;
    tellDependents(tx, job.id, kind, last);
    if (tx.room <= 0) {
      tx.db.run('after.put_off', kind, job.id, undefined, last);
      tx.unfinished = true;
    }
  }
  job.trail &= ~(trails.dependents | trails.waits);
}

/** Raises what the dependents with a number up to `last` will be told: as many as there is room for, and nobody twice. */
export function tellDependents(tx: Transaction, parent: string, kind: 'completed' | 'ended', last: number): void {
  if (tx.room <= 0) return;
  const rows = tx.db.rows('after.dependents', parent, last, tx.room);
  for (const [, child] of rows) tx.effects.raise({ kind, from: parent, to: child as string });
  if (rows.length > 0) tx.db.run('after.forget_dependents', parent, rows.at(-1)![0]);
  tx.room -= rows.length;
}
