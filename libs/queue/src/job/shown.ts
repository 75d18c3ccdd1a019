import { toPlain } from './plain.js';

/** Characters of a value, or of an error's message, that logs and pages show. */
export const shownAtMost = 1024;

const hidden = '[hidden]';

/**
 * A value for the eye, as JSON of at most 1 KiB. Fields named in `redact` are hidden at any depth; a name with dots is
 * a path from the top. What cannot be written as data is shown as `[unreadable]`.
 */
export function shown(value: unknown, redact: readonly string[] = []): string {
  if (value === undefined) return '-';
  try {
    const plain: unknown = JSON.parse(toPlain(value, { instances: true }).text);
    return cut(JSON.stringify(redact.length > 0 ? without(plain, new Set(redact), '') : plain));
  } catch {
    return '[unreadable]';
  }
}

export function cut(text: string): string {
  return text.length > shownAtMost ? `${text.slice(0, shownAtMost - 1)}…` : text;
}

function without(value: unknown, names: ReadonlySet<string>, path: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => without(item, names, path));
  const fields = Object.entries(value).map(([name, field]): [string, unknown] => {
    const at = path ? `${path}.${name}` : name;
    return [name, names.has(name) || names.has(at) ? hidden : without(field, names, at)];
  });
  return Object.fromEntries(fields);
}
