import { ConfigInvalid } from './errors.js';

/**
 * Refuses what is no plain options object, and names nobody knows, with the nearest known one.
 * `where` is the dotted place of `value`, empty at the top.
 */
export function checkOptions(where: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigInvalid(where, `${where || 'The options'} must be an object.`);
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const option = where ? `${where}.${key}` : key;
    const nearest = nearestName(key, known);
    throw new ConfigInvalid(
      option,
      `Unknown option '${option}'.${nearest ? ` Did you mean '${nearest}'?` : ` Known are: ${known.join(', ')}.`}`,
    );
  }
}

/** The known name that a slip of the hand most likely meant, if one is near enough. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const steps = distance(name.toLowerCase(), candidate.toLowerCase());
    if (steps < least) {
      best = candidate;
      least = steps;
    }
  }
  return best;
}

/** Letters to insert, drop or change (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const change = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
