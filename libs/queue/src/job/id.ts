import { randomFillSync } from 'node:crypto';
import { limits } from './limits.js';

/**
 * A job id says where the job lives: `<queue>~<shard>~<time><random>`.
 *
 * Any lookup is therefore one hop. The tail is 8 characters of time (milliseconds), 4 that count the ids of this process in
 * that millisecond, so that ids sort in the order they were made, and 12 of randomness (60 bits, so that ids cannot be
 * guessed), in lower-case Crockford base 32. Ids are made by the client: nothing is asked of the server, and a repeated
 * enqueue is recognised by its id.
 */
export interface JobAddress {
  queue: string;
  shard: number;
  /** The tail: unique by itself within a shard. */
  local: string;
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const epoch = Date.UTC(2024, 0, 1);
const tailLength = 24;
const tail = /^[0-9a-hjkmnp-tv-z]{24}$/;
const shape = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63})~([0-9a-z]{1,2})~([0-9a-hjkmnp-tv-z]{24})$/;

let last = { head: '?', queue: '', shard: 0 };

/** Two characters for every ten bits. */
const pairs = Array.from({ length: 1024 }, (_, bits) => alphabet[bits >>> 5]! + alphabet[bits & 31]!);
const pool = Buffer.alloc(4000);
let used = pool.length;
let stampedAt = -1;
let stamp = '';
let made = 0;

/** A new id for `queue`; `now` is epoch milliseconds. */
export function createJobId(queue: string, shard: number, now: number): string {
  return `${queue}~${shard.toString(36)}~${stampOf(now)}${countTail()}${randomTail()}`;
}

/** The parts of an id, or `undefined` when `text` is not one (then it may be a caller's own `jobId`). */
export function parseJobId(text: string): JobAddress | undefined {
  const { head, queue, shard } = last;
  const length = text.length - tailLength;
  if (length === head.length && text.startsWith(head)) {
    // Most ids come in crowds of one lane.
    const local = text.slice(length);
    if (tail.test(local)) return { queue, shard, local };
  }
  const match = shape.exec(text);
  if (!match) return undefined;
  last = { head: text.slice(0, length), queue: match[1]!, shard: parseInt(match[2]!, 36) };
  return { queue: last.queue, shard: last.shard, local: match[3]! };
}

function stampOf(now: number): string {
  if (now !== stampedAt) {
    stampedAt = now;
    made = 0;
    let rest = Math.max(0, Math.floor(now - epoch));
    let text = '';
    for (let i = 0; i < 8; i++) {
      text = alphabet[rest % 32]! + text;
      rest = Math.floor(rest / 32);
    }
    stamp = text;
  }
  return stamp;
}

function countTail(): string {
  const count = made++;
  return pairs[(count >>> 10) & 1023]! + pairs[count & 1023]!;
}

function randomTail(): string {
  if (used + 8 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  // Eight bytes are six pairs of characters, and four bits left over.
  const high = pool.readUInt32BE(used);
  const low = pool.readUInt32BE(used + 4);
  used += 8;
  return (
    pairs[high >>> 22]! +
    pairs[(high >>> 12) & 1023]! +
    pairs[(high >>> 2) & 1023]! +
    pairs[low >>> 22]! +
    pairs[(low >>> 12) & 1023]! +
    pairs[(low >>> 2) & 1023]!
  );
}

const loneSurrogate = /\p{Surrogate}/u;

/**
 * A name that a caller may choose, for a job, a key or a tag: 1 to `limits.key` characters of well-formed text. Lone
 * surrogates cannot be written as UTF-8, so some stores would take two such names for one.
 */
export function isOwnName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= limits.key && !loneSurrogate.test(name);
}

/** What is wrong with the key of a group or an order, or nothing. */
export function gateKeyProblem(key: unknown): string | undefined {
  if (typeof key !== 'string') return `must be a text, not ${key === null ? 'null' : `of type ${typeof key}`}`;
  if (key === '') return 'is empty';
  if (loneSurrogate.test(key)) return 'is no well-formed text: it holds half a character';
  const bytes = Buffer.byteLength(key);
  return bytes > limits.gateKey ? `takes ${bytes} bytes, more than ${limits.gateKey}` : undefined;
}

const queueName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const taskName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** 1–64 characters: letters, digits, `_`, `.`, `-`. Two names never share a key of the store. */
export function isQueueName(name: string): boolean {
  return queueName.test(name);
}

/** 1–128 characters: letters, digits, `_`, `.`, `-`. */
export function isTaskName(name: string): boolean {
  return taskName.test(name);
}
