import type { Store } from '../store/store.js';
import { exit, type ExitCode } from './exit.js';
import { json, type Terminal } from './terminal.js';

/** Reads the whole store and names every invariant that does not hold: 0 when all do, else 3. */
export async function doctor(store: Store, options: { json?: boolean }, terminal: Terminal): Promise<ExitCode> {
  const violations = await store.fsck();
  if (options.json) terminal.out(json({ ok: violations.length === 0, store: store.url, violations }));
  else if (violations.length === 0) terminal.out(`${store.url}: every invariant holds`);
  else for (const { invariant, says, jobs } of violations) terminal.out(`${invariant}: ${says} (${jobs.join(', ')})`);
  return violations.length === 0 ? exit.done : exit.breached;
}
