import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { parseDuration } from '../time/duration.js';
import { checkDuration, checkOneOf, refuse } from './check-value.js';

/** What `UniqueOptions` may hold, whatever its payload. */
interface Unique {
  key?: unknown;
  until?: unknown;
  onDuplicate?: unknown;
  maxWait?: unknown;
  merge?: unknown;
}

/** Each option by itself, as a call may say part of them. */
export function checkUnique(where: string, unique: object): void {
  checkOptions(where, unique, ['key', 'until', 'onDuplicate', 'maxWait', 'merge']);
  const { key, until, onDuplicate, maxWait, merge }: Unique = unique;
  if (key !== undefined && typeof key !== 'string' && typeof key !== 'function') {
    refuse(`${where}.key`, 'must be a text or a function of the payload');
  }
  if (until !== undefined && !['started', 'settled', 'kept'].includes(until as string)) {
    if (parseDuration(until) === undefined) {
      const shown = typeof until === 'string' ? `'${until}'` : `a value of type ${typeof until}`;
      refuse(`${where}.until`, `must be 'started', 'settled', 'kept' or a duration, not ${shown}`);
    }
    checkDuration(`${where}.until`, until, 1);
  }
  if (onDuplicate !== undefined) {
    checkOneOf(`${where}.onDuplicate`, onDuplicate, ['return', 'replace', 'extend', 'follow', 'error']);
  }
  if (maxWait !== undefined && checkDuration(`${where}.maxWait`, maxWait, 1) > limits.delay) {
    refuse(`${where}.maxWait`, 'is at most a year');
  }
  if (merge !== undefined && typeof merge !== 'function') {
    refuse(`${where}.merge`, 'must be a function of the two payloads');
  }
}

/** All that is said of a task or a call together: what only makes sense with something else. */
export function checkUniqueWhole(where: string, { until, onDuplicate, maxWait, merge }: Unique): void {
  if (onDuplicate === 'follow' && until !== undefined && until !== 'settled') {
    refuse(`${where}.until`, `onDuplicate 'follow' needs 'settled', as one job follows when the other has ended`);
  }
  if (maxWait !== undefined && onDuplicate !== 'replace' && onDuplicate !== 'extend') {
    refuse(`${where}.maxWait`, `needs onDuplicate 'replace' or 'extend', as nothing else puts a job off`);
  }
  if (merge !== undefined && onDuplicate !== 'replace' && onDuplicate !== 'follow') {
    refuse(`${where}.merge`, `needs onDuplicate 'replace' or 'follow', as nothing else changes a payload`);
  }
}
