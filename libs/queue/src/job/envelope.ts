import type { Backoff } from '../time/backoff.js';

/**
 * What travels with a job and no store looks into: the payload, and those options that only the worker reads.
 * Grows only: an older worker ignores what it does not know.
 */
export interface Envelope {
  payload: unknown;
  headers?: Record<string, string>;
  /** What the call said; the rest comes from the worker's own contract. */
  retry?: { attempts?: number; backoff?: Backoff };
  /** Milliseconds. */
  timeout?: { after: number; grace?: number };
  /** Slot of the schedule that made the job, epoch milliseconds. */
  slot?: number;
  workflow?: string;
}

/** Changes sealed texts on their way to the store and back: compression, encryption. */
export interface Codec {
  encode(text: string): string;
  /** Throws when the text is not its own. */
  decode(text: string): string;
}
