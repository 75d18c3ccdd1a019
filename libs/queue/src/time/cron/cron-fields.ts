import { refuse } from '../refusal.js';
import type { FieldName, FieldTexts } from './fields.js';

/**
 * The object form: `{ hour: 3 }` is 03:00:00 once a day. Fields after the last one given, in the order below, are their
 * minimum (week and weekday: any), those before it any. All fields must agree, and ranges may wrap: `'22-2'`.
 */
export interface CronFields {
  /** 1970 to 9999. */
  year?: number | string;
  /** 1 to 12, or JAN to DEC. */
  month?: number | string;
  /** Of the month: 1 to 31, `L`, `15W`, `LW`. */
  day?: number | string;
  /** ISO week, 1 to 53. */
  week?: number | string;
  /** 0 to 7, where 0 and 7 are Sunday, or SUN to SAT, `MON#1`, `FRI#L`. */
  weekday?: number | string;
  hour?: number | string;
  minute?: number | string;
  second?: number | string;
}

/** From the coarsest to the finest. */
export const cronFieldNames = [
  'year',
  'month',
  'day',
  'week',
  'weekday',
  'hour',
  'minute',
  'second',
] as const satisfies FieldName[];
const minimum: FieldTexts = { month: '1', day: '1', hour: '0', minute: '0', second: '0' };

/** The object form as text per field, and as one line. */
export function readFields(fields: CronFields): { source: string; texts: FieldTexts } {
  refuseStrangers(fields);
  const last = cronFieldNames.findLastIndex((name) => fields[name] !== undefined);
  if (last < 0) refuse('expression', '{}', 'names no field', cronFieldNames.join(', '));
  const texts: FieldTexts = {};
  cronFieldNames.forEach((name, place) => {
    const text = place > last ? minimum[name] : textOf(name, fields[name]);
    if (text !== undefined) texts[name] = text;
  });
  const given = cronFieldNames.filter((name) => fields[name] !== undefined);
  return { source: given.map((name) => `${name}=${texts[name]}`).join(' '), texts };
}

function textOf(name: FieldName, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : refuse(name, value, 'is not understood', 'a number or a text');
}

function refuseStrangers(fields: unknown): void {
  if (fields instanceof Date) refuse('expression', fields.toString(), 'is a date', 'the trigger at(date)');
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    refuse(
      'expression',
      fields,
      'is not a cron expression',
      "a text such as '0 3 * * *' or fields such as { hour: 3 }",
    );
  }
  const stranger = Object.keys(fields).find((key) => !(cronFieldNames as readonly string[]).includes(key));
  if (stranger !== undefined) refuse('expression', stranger, 'is not a field', cronFieldNames.join(', '));
}
