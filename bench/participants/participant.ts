import type { Payload } from '../support/payload.js';
import type { Tally } from './tally.js';

/** How a contestant is opened. */
export interface Opening {
  url: string;
  /** Finished jobs stay, with their results. Default false: a completed job leaves nothing. */
  keep?: boolean;
}

/** The side that adds jobs. */
export interface Producer {
  /** One job, stored when it resolves. */
  add(payload: Payload): Promise<unknown>;
  /** Many jobs by the one call the library has for that. */
  addBulk(payloads: readonly Payload[]): Promise<unknown>;
  /** The same, each due at its `at`. */
  addDelayed(payloads: readonly Payload[]): Promise<unknown>;
  /** One job; resolves with its result. */
  run(payload: Payload): Promise<unknown>;
  /** Jobs that are not settled: waiting, scheduled or active. */
  left(): Promise<number>;
  close(): Promise<unknown>;
}

/** The side that runs them: the handler tells `tally`, and does nothing else. */
export interface Worker {
  close(): Promise<unknown>;
}

/** A library, set up as its documentation says, with its defaults. */
export interface Participant {
  producer(opening: Opening): Promise<Producer>;
  worker(opening: Opening & { concurrency: number }, tally: Tally): Promise<Worker>;
}

export const queueName = 'bench';
