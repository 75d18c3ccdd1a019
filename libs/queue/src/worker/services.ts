import type { Codec } from '../job/envelope.js';
import { decode, encode } from '../job/text.js';
import { storeError } from '../job/stored-error.js';
import type { Events } from '../events/events.js';
import type { Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import type { Deadlines } from '../time/deadlines.js';
import type { WorkerHooks, WorkerLogger } from './options.js';

/** What every part of one worker shares. */
export interface Services {
  store: Store;
  clock: Clock;
  events: Events;
  deadlines: Deadlines;
  texts: Texts;
  hooks: readonly WorkerHooks[];
  logger?: WorkerLogger;
  resultLimit?: number;
}

/** Values and errors as the texts a store keeps. */
export class Texts {
  constructor(readonly codec?: Codec) {}

  /** Throws `NotPlain`. Instances of classes are written by their fields only where a schema has shaped them. */
  write(value: unknown, instances = false): string {
    return encode(value, { codec: this.codec, instances });
  }

  /** Throws `Undecodable`. */
  read(text: string): unknown {
    return decode(text, this.codec);
  }

  /** Never throws: when the codec fails, its own error is kept, in the clear, in the place of what it should hide. */
  writeError(error: unknown): string {
    try {
      return encode(storeError(error), { codec: this.codec });
    } catch (failure) {
      return encode(storeError(failure));
    }
  }
}
