import type { Backoff } from '../time/backoff.js';
import { fromPlain, type Plain, toPlain, Undecodable } from './plain.js';

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
  /** Milliseconds the record of a completed job is kept, where the call said so. */
  keep?: number | 'forever';
  /** Somebody waits for the result: the record stays a while, however short it is kept otherwise. */
  awaited?: true;
  /** Slot of the schedule that made the job, epoch milliseconds. */
  slot?: number;
  /** Id of that schedule. */
  schedule?: string;
  workflow?: string;
  /** Of a merged payload: id of the job that was to be enqueued, so that no two texts are alike by chance. */
  enqueue?: string;
}

/** Changes sealed texts on their way to the store and back: compression, encryption. */
export interface Codec {
  encode(text: string): string;
  /** Throws when the text is not its own. */
  decode(text: string): string;
}

/** The text that is stored. Throws `NotPlain` when the payload cannot be. */
export function seal(envelope: Envelope, codec?: Codec): string {
  const { payload, ...rest } = envelope;
  return sealPlain(toPlain(payload), rest, codec);
}

/** `seal`, for a payload that was encoded already. */
export function sealPlain({ text, tags }: Plain, rest: Omit<Envelope, 'payload'>, codec?: Codec): string {
  let whole = `{"payload":${text}`;
  if (tags) whole += `,"tags":${JSON.stringify(tags)}`;
  for (const key in rest) {
    const value = rest[key as keyof typeof rest];
    if (value !== undefined) whole += `,"${key}":${JSON.stringify(value)}`;
  }
  return codec ? codec.encode(`${whole}}`) : `${whole}}`;
}

/** A text sealed without a codec, as the job of one slot of a schedule. */
export function sealSlot(text: string, at: Pick<Envelope, 'slot' | 'schedule'>, codec?: Codec): string {
  const whole = `${text.slice(0, -1)},${JSON.stringify(at).slice(1)}`;
  return codec ? codec.encode(whole) : whole;
}

/** What `seal` was given, from one `JSON.parse`. Throws `Undecodable`. */
export function open(body: string, codec?: Codec): Envelope {
  try {
    const parsed: unknown = JSON.parse(codec ? codec.decode(body) : body);
    if (typeof parsed !== 'object' || parsed === null || !Object.hasOwn(parsed, 'payload')) {
      throw new Undecodable('it is no envelope');
    }
    const envelope = parsed as Envelope & { tags?: unknown };
    if (envelope.tags === undefined) return envelope;
    envelope.payload = fromPlain(envelope.payload, envelope.tags);
    delete envelope.tags;
    return envelope;
  } catch (error) {
    throw error instanceof Undecodable ? error : new Undecodable(error);
  }
}
