import { isPlainObject } from '../../job/plain.js';
import { refuse, refuseWhole } from './refusal.js';

const most = { values: 1000, characters: 16_384, depth: 16 };
const allowed = `JSON of at most ${most.values} values, ${most.characters} characters and ${most.depth} levels`;

/** A copy of plain data from outside. Stops at the first thing that JSON cannot hold, or that is too much. */
export function jsonOf(value: unknown, field: string): unknown {
  const left = { values: most.values, characters: most.characters };
  const text = (each: string) => {
    if ((left.characters -= each.length) < 0) refuseWhole(field, 'is too long', allowed);
    return each;
  };
  const copy = (each: unknown, depth: number): unknown => {
    if (--left.values < 0 || depth > most.depth) refuseWhole(field, 'is too much', allowed);
    if (typeof each === 'string') return text(each);
    if (each === null || typeof each === 'boolean') return each;
    // JSON has no -0.
    if (typeof each === 'number' && Number.isFinite(each)) return each + 0;
    if (Array.isArray(each)) return Array.from(each, (item) => copy(item, depth + 1));
    if (typeof each !== 'object' || !isPlainObject(each)) return refuse(field, each, 'is not plain data', allowed);
    const fields = Object.entries(each).filter(([, item]) => item !== undefined);
    return Object.fromEntries(fields.map(([name, item]) => [nameOf(name), copy(item, depth + 1)]));
  };
  const nameOf = (name: string) => {
    if (name === '__proto__' || name === 'toJSON') refuse(field, name, 'is not allowed as a name', allowed);
    return text(name);
  };
  return copy(value, 0);
}
