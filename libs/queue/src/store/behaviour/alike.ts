import { inspect } from 'node:util';

/** An absent flag may be `false` as well. */
const flags = new Set(['gone', 'signalled', 'replaced', 'alone', 'cancelling']);

/**
 * Whether two answers mean the same. An absent field is one that is `undefined`, a flag that is down may be absent,
 * and ghosts are a store's own business.
 */
export function alike(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  for (const key in a) if (!alike(field(a, key), field(b, key))) return false;
  for (const key in b) if (field(b, key) !== undefined && field(a, key) === undefined) return false;
  return true;
}

/** The paths at which they differ. */
export function differences(a: unknown, b: unknown, path = ''): string[] {
  if (alike(a, b)) return [];
  if (!isObject(a) || !isObject(b)) return [`${path}: memory ${show(a)}, other ${show(b)}`];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(field(a, key), field(b, key), `${path}.${key}`));
}

/** For people, in one line. */
export function show(value: unknown): string {
  return inspect(value, { depth: 6, breakLength: Infinity, compact: true, maxArrayLength: 20 });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function field(value: Record<string, unknown>, key: string): unknown {
  const found = value[key];
  return key === 'ghosts' || (found === false && flags.has(key)) ? undefined : found;
}
