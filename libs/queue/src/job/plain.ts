import { types } from 'node:util';
import { type Issue, type StoredError } from './errors.js';
import { limits } from './limits.js';
import { restoreError, storeError } from './stored-error.js';

/**
 * Values as text: JSON, and beside it a list that says which places hold more than JSON can tell: Date, bigint,
 * Uint8Array, Map, Set, URL, Error, `undefined` in arrays, NaN and the like. The JSON stays readable for anyone, keys
 * need no escaping, and reading a value without such places costs one `JSON.parse` and no walk.
 */
export interface Plain {
  /** JSON. */
  text: string;
  /** Innermost first. */
  tags?: Tag[];
}

/** What a place holds, and the way to it. */
export type Tag = [kind: TagKind, ...path: (string | number)[]];

type TagKind = 'date' | 'bigint' | 'bytes' | 'map' | 'set' | 'url' | 'error' | 'number' | 'undefined';

export interface PlainOptions {
  /** Instances of classes become plain objects of their own fields, as a schema has vetted them. Otherwise they are refused. */
  instances?: boolean;
}

/** What cannot be stored, and where. The caller says whether that was a payload or a result. */
export class NotPlain extends Error {
  constructor(readonly issues: Issue[]) {
    super(issues.map((issue) => `${issue.path || 'the value'} ${issue.message}`).join('; '));
    this.name = 'NotPlain';
  }
}

/** A stored text that is not what was written. */
export class Undecodable extends Error {
  constructor(cause: unknown) {
    super(`The stored text cannot be decoded: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'Undecodable';
  }
}

/** Throws `NotPlain` at the first thing that cannot be stored: it is refused, never bent into something else. */
export function toPlain(value: unknown, options: PlainOptions = {}): Plain {
  const walk = new Walk(options.instances ?? false);
  const shaped = walk.visit(value);
  const text = JSON.stringify(shaped);
  return walk.tags.length > 0 ? { text, tags: walk.tags } : { text };
}

/** The value, from its parsed JSON. Changes `parsed` in place. */
export function fromPlain(parsed: unknown, tags: unknown): unknown {
  if (tags === undefined) return parsed;
  if (!Array.isArray(tags)) throw new Undecodable('its list of tags is no list');
  const root = { value: parsed };
  for (const tag of tags as unknown[]) revive(root, tag);
  return root.value;
}

/** `{}` and its like, of any realm: what has no class. */
export function isPlainObject(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === null || Object.getPrototypeOf(proto) === null;
}

/** One pass: checks, and copies from where the first tag stands upwards only. */
class Walk {
  readonly tags: Tag[] = [];
  private readonly path: (string | number)[] = [];
  private readonly above: object[] = [];
  private seen = 0;

  constructor(private readonly instances: boolean) {}

  /** Answers what `JSON.stringify` shall write: the value itself wherever that is right. */
  visit(value: unknown): unknown {
    // Every value takes a byte at least, so more values than bytes are too many. Bounds graphs that share branches.
    if (++this.seen > limits.payloadCeiling) this.refuse('holds more values than can be stored');
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : this.tag('number', Object.is(value, -0) ? '-0' : String(value));
      case 'bigint':
        return this.tag('bigint', value.toString());
      case 'undefined':
        return this.tag('undefined', null);
      case 'object':
        return value === null ? null : this.object(value);
      default:
        return this.refuse(`is a ${typeof value}`);
    }
  }

  private object(value: object): unknown {
    if (this.above.includes(value)) this.refuse('refers to itself');
    if (this.above.length >= limits.depth) this.refuse(`is nested deeper than ${limits.depth}`);
    this.above.push(value);
    const shaped = Array.isArray(value) ? this.array(value) : this.plainOrSpecial(value);
    this.above.pop();
    return shaped;
  }

  private plainOrSpecial(value: object): unknown {
    if (isPlainObject(value)) return this.fields(value as Record<string, unknown>);
    if (types.isDate(value)) {
      return Number.isNaN(value.getTime()) ? this.refuse('is an invalid Date') : this.tag('date', value.toISOString());
    }
    if (types.isUint8Array(value)) {
      return this.tag('bytes', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
    }
    if (types.isMap(value)) return this.tag('map', this.array([...value].map((pair) => pair as unknown)));
    if (types.isSet(value)) return this.tag('set', this.array([...value]));
    if (value instanceof URL) return this.tag('url', value.href);
    if (value instanceof Error || types.isNativeError(value)) return this.tag('error', storeError(value));
    return this.instance(value);
  }

  private instance(value: object): unknown {
    const name = value.constructor?.name || 'a class';
    if (!this.instances || typeof (value as PromiseLike<unknown>).then === 'function') {
      this.refuse(`is an instance of ${name}; pass plain data, or its id`);
    }
    return this.fields(value as Record<string, unknown>, true);
  }

  private array(value: readonly unknown[]): unknown {
    let copy: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      this.path.push(i);
      const shaped = this.visit(value[i]);
      this.path.pop();
      if (!copy && shaped !== value[i]) copy = value.slice();
      if (copy) copy[i] = shaped;
    }
    return copy ?? value;
  }

  private fields(value: Record<string, unknown>, always = false): unknown {
    // A copy also keeps a `toJSON` of the value from being called.
    let copy = always || 'toJSON' in value ? { ...value } : undefined;
    for (const key of Object.keys(value)) {
      const field = value[key];
      if (field === undefined) continue;
      this.path.push(key);
      if (key === '__proto__' || key === 'toJSON') this.refuse('is not allowed as a name');
      const shaped = this.visit(field);
      this.path.pop();
      if (shaped !== field) (copy ??= { ...value })[key] = shaped;
    }
    return copy ?? value;
  }

  private tag<T>(kind: TagKind, shaped: T): T {
    this.tags.push([kind, ...this.path]);
    return shaped;
  }

  private refuse(message: string): never {
    throw new NotPlain([{ path: this.path.join('.'), message }]);
  }
}

function revive(root: { value: unknown }, tag: unknown): void {
  const [kind, ...path] = Array.isArray(tag) ? (tag as unknown[]) : [];
  let holder: object = root;
  let last = 'value';
  for (const step of path) {
    holder = own(holder, last) as object;
    last = String(step);
  }
  const value = own(holder, last);
  if (typeof kind !== 'string' || !Object.hasOwn(revivers, kind))
    throw new Undecodable(`unknown tag '${String(kind)}'`);
  (holder as Record<string, unknown>)[last] = revivers[kind as TagKind](value as never);
}

/** A tag leads only through what was written: never to a prototype. */
function own(holder: unknown, name: string): unknown {
  if (typeof holder !== 'object' || holder === null || name === '__proto__' || !Object.hasOwn(holder, name)) {
    throw new Undecodable('a tag leads nowhere');
  }
  return (holder as Record<string, unknown>)[name];
}

const revivers: { [K in TagKind]: (value: never) => unknown } = {
  date: (text: string) => new Date(text),
  bigint: (text: string) => BigInt(text),
  bytes: (text: string) => new Uint8Array(Buffer.from(text, 'base64')),
  map: (pairs: [unknown, unknown][]) => new Map(pairs),
  set: (items: unknown[]) => new Set(items),
  url: (text: string) => new URL(text),
  error: (stored: StoredError) => restoreError(stored),
  number: (text: string) => Number(text),
  undefined: () => undefined,
};
