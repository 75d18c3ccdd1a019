import { limits } from '../../job/limits.js';
import type { Note } from '../store.js';
import type { Transaction } from './transaction.js';

/** What a running attempt leaves behind. Only the attempt that holds the job may write. */
export function note(tx: Transaction, id: string, fence: number, left: Note): 'noted' | 'stale' {
  const job = tx.find(id)?.job;
  if (job?.state !== 'active' || job.fence !== fence) return 'stale';
  tx.db.run('note.leave', left.progress, left.checkpoint, left.log?.length || left.step ? 1 : 0, job.n);
  if (left.log?.length) {
    for (const line of left.log.slice(-limits.log)) tx.db.run('note.log', job.n, line);
    tx.db.run('note.trim_log', job.n, limits.log);
  }
  if (left.step) tx.db.run('note.step', job.n, left.step.name, left.step.result);
  tx.hintJob(id);
  return 'noted';
}
