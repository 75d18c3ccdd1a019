import type { Store } from '../store/store.js';
import { formatDuration } from '../time/duration.js';
import { exit, type ExitCode } from './exit.js';
import { json, type Terminal } from './terminal.js';

export interface CheckOptions {
  queue?: string;
  /** Milliseconds. */
  maxAge: number;
  json?: boolean;
}

/** Whether a live worker serves a queue, by the age of its last heartbeat: 0 when one does, else 3. */
export async function check(store: Store, options: CheckOptions, terminal: Terminal): Promise<ExitCode> {
  const [workers, now] = await Promise.all([store.workers(), store.time()]);
  const serving = workers
    .filter(({ queues }) => options.queue === undefined || queues.includes(options.queue))
    .map(({ id, queues, leaseUntil, lease }) => ({ id, queues, age: Math.max(0, now - (leaseUntil - lease)) }))
    .filter(({ age }) => age <= options.maxAge);
  const ok = serving.length > 0;
  if (options.json) terminal.out(json({ ok, queue: options.queue ?? null, workers: serving }));
  else terminal.out(sentence(ok, serving, options));
  return ok ? exit.done : exit.breached;
}

function sentence(ok: boolean, serving: { id: string; age: number }[], { queue, maxAge }: CheckOptions): string {
  const what = queue === undefined ? 'any queue' : `queue ${queue}`;
  if (!ok) return `No worker with a heartbeat of the last ${formatDuration(maxAge)} serves ${what}`;
  const shown = serving.map(({ id, age }) => `${id} (${formatDuration(age)} ago)`);
  return `${shown.join(', ')} serve${serving.length === 1 ? 's' : ''} ${what}`;
}
