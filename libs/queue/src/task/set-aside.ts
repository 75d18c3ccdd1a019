import { types } from 'node:util';
import type { Issue } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { isPlainObject } from '../job/plain.js';

type Aside = { path: string[]; was: object; kind: 'value' | 'instance' };

/**
 * Prepares a value for class-transformer, which would call the constructor of whatever it meets: answers a copy made of
 * plain objects and arrays only. `restore` then puts dates, URLs, maps and the like back where they were, and names
 * every class instance that no `@Type` has claimed.
 */
export function setAside(value: object): { issues: Issue[] } | { plain: object; restore: (shaped: object) => Issue[] } {
  const asides: Aside[] = [];
  const issues: Issue[] = [];
  const plain = copy(value, [], asides, issues);
  if (issues.length > 0) return { issues };
  return { plain: plain as object, restore: (shaped) => asides.flatMap((aside) => putBack(shaped, aside)) };
}

function copy(value: unknown, path: string[], asides: Aside[], issues: Issue[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (path.length > limits.depth) {
    if (issues.length === 0) {
      issues.push({
        path: path.slice(0, 4).join('.'),
        message: `is nested deeper than ${limits.depth}, or refers to itself`,
      });
    }
    return undefined;
  }
  if (issues.length > 0) return undefined;
  if (Array.isArray(value)) return value.map((item, i) => copy(item, [...path, String(i)], asides, issues));
  if (types.isDate(value)) return value;
  if (isValue(value)) {
    asides.push({ path, was: value, kind: 'value' });
    return undefined;
  }
  if (!isPlainObject(value) && path.length > 0) asides.push({ path, was: value, kind: 'instance' });
  const plain: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (key === '__proto__') issues.push({ path: [...path, key].join('.'), message: 'is not allowed as a name' });
    else plain[key] = copy(field, [...path, key], asides, issues);
  }
  return plain;
}

/** Values with a meaning of their own, which are kept whole. */
function isValue(value: object): boolean {
  return (
    types.isUint8Array(value) ||
    value instanceof URL ||
    types.isMap(value) ||
    types.isSet(value) ||
    value instanceof Error
  );
}

function putBack(shaped: object, { path, was, kind }: Aside): Issue[] {
  const holder = path.slice(0, -1).reduce<unknown>((at, step) => field(at, step), shaped);
  if (typeof holder !== 'object' || holder === null) return [];
  const last = path.at(-1)!;
  if (kind === 'value') {
    (holder as Record<string, unknown>)[last] = was;
    return [];
  }
  const now = field(holder, last);
  const claimed = typeof now === 'object' && now !== null && !isPlainObject(now);
  if (claimed && was instanceof (now.constructor as new () => object)) return [];
  return [{ path: path.join('.'), message: `is an instance of ${was.constructor.name}; pass plain data, or its id` }];
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}
