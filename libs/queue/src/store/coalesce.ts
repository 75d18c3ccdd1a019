import type { NewJob } from './store.js';

/** Made for a job that holds a key and waits: it goes into that one, or nowhere. */
export function isForHolder({ keys, onDuplicate, replaces }: NewJob): boolean {
  return !!replaces && !!keys?.length && (onDuplicate === 'replace' || onDuplicate === 'follow');
}
