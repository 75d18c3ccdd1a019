import { refuse } from '../refusal.js';
import { allowedIn, type FieldName, type FieldRule, fieldRules } from './fields.js';
import type { CronRange } from './pattern.js';

const longestField = 128;
const mostItems = 64;

/** The items of a list. Refuses a field that is too long before looking at it. */
export function itemsOf(field: FieldName, text: string): string[] {
  if (text.length > longestField) refuse(field, text, 'is too long', `${longestField} characters per field`);
  const items = text.split(',');
  if (items.length > mostItems) refuse(field, text, 'has too many items', `${mostItems} items per field`);
  if (items.includes('')) refuse(field, text, 'has an empty item', allowedIn(field));
  return items;
}

/** `*`, `n`, `a-b`, `*\/s` or `a-b/s`. A range that `wraps` may end below its beginning: it goes on past the maximum. */
export function rangeOf(field: FieldName, item: string, wraps: boolean): CronRange {
  const [span, stepText, ...more] = item.split('/') as [string, ...string[]];
  if (more.length > 0) refuse(field, item, 'has two steps', allowedIn(field));
  const { from, to } = spanOf(field, item, span, wraps);
  if (stepText === undefined) return { from, to, step: 1 };
  if (span !== '*' && !span.includes('-')) refuse(field, item, 'has a step without a range', allowedIn(field));
  return { from, to, step: stepOf(field, item, stepText) };
}

/** The values of a range, brought back below the maximum where it wraps; Sunday as 7 becomes 0. */
export function valuesOf(field: FieldName, { from, to, step }: CronRange): number[] {
  const { min, size } = fieldRules[field];
  const values: number[] = [];
  for (let value = from; value <= to; value += step) values.push(min + ((value - min) % size));
  return values;
}

/** The number that `text` stands for, a name included. */
export function valueOf(field: FieldName, item: string, text: string): number {
  const { min, max, names }: FieldRule = fieldRules[field];
  const named = /^[a-z]{3}$/i.test(text) ? (names?.indexOf(text.toUpperCase()) ?? -1) : -1;
  if (named >= 0) return min + named;
  if (!/^[0-9]+$/.test(text)) refuse(field, item, 'is not understood', allowedIn(field));
  const value = Number(text);
  if (value < min || value > max) refuse(field, item, 'is out of range', allowedIn(field));
  return value;
}

/** Sorted, each once. */
export function sorted(values: Iterable<number>): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

function spanOf(field: FieldName, item: string, span: string, wraps: boolean): { from: number; to: number } {
  const { min, max, size } = fieldRules[field];
  if (span === '*') return { from: min, to: field === 'weekday' ? max - 1 : max };
  const [first, last, ...more] = span.split('-') as [string, ...string[]];
  if (more.length > 0) refuse(field, item, 'is not understood', allowedIn(field));
  const from = valueOf(field, item, first);
  if (last === undefined) return { from, to: from };
  const to = valueOf(field, item, last);
  if (to >= from) return { from, to };
  // FRI-SUN: by its name, Sunday is also the end of the week.
  if (wraps && field !== 'year') return { from, to: to + size };
  if (last.toUpperCase() === 'SUN') return { from, to: max };
  return refuse(field, item, 'is a reversed range', allowedIn(field));
}

function stepOf(field: FieldName, item: string, text: string): number {
  const { size } = fieldRules[field];
  const step = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (step < 1 || step > size) refuse(field, item, 'has a step out of range', `steps from 1 to ${size}`);
  return step;
}
