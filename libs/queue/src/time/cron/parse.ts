import { refuse } from '../refusal.js';
import { zoneNamed } from '../zone/zone.js';
import { type CronFields, readFields } from './cron-fields.js';
import { daysOf, weekdaysOf } from './days.js';
import { readExpression } from './expression.js';
import type { FieldName, FieldTexts } from './fields.js';
import { itemsOf, rangeOf, sorted, valuesOf } from './items.js';
import type { CronPattern, CronRange, DayMatch } from './pattern.js';

export interface CronOptions {
  /** IANA name. Default `'UTC'`. */
  timeZone?: string;
  /**
   * With both day fields restricted: `'or'` when one of them is enough, `'and'` when both must agree. Default `'or'` for
   * expressions, as in POSIX, and `'and'` for the object form. A `+` before the weekday field is `'and'`.
   */
  dayMatch?: DayMatch;
}

/**
 * Reads `'0 3 * * *'` (5 fields, 6 with seconds first, 7 with years last), `'@daily'` or `{ hour: 3 }`.
 * Throws with the code `SCHEDULE_INVALID`, naming the field, the part and what is allowed, in time bounded by the limits
 * of 128 characters and 64 items per field. Whether a pattern ever fires is asked of `nextCron`.
 */
export function parseCron(written: string | CronFields, options: CronOptions = {}): CronPattern {
  const { timeZone = 'UTC', dayMatch } = options;
  zoneNamed(timeZone);
  if (dayMatch !== undefined && dayMatch !== 'or' && dayMatch !== 'and') {
    refuse('dayMatch', dayMatch, 'is not understood', "'or', 'and'");
  }
  if (typeof written !== 'string') {
    const { source, texts } = readFields(written);
    return { source, timeZone, dayMatch: dayMatch ?? 'and', ...patternOf(texts, true) };
  }
  const { source, texts, bothDays } = readExpression(written);
  return { source, timeZone, dayMatch: bothDays ? 'and' : (dayMatch ?? 'or'), ...patternOf(texts, false) };
}

function patternOf(texts: FieldTexts, wraps: boolean): Omit<CronPattern, 'source' | 'timeZone' | 'dayMatch'> {
  const {
    second = '*',
    minute = '*',
    hour = '*',
    day = '*',
    month = '*',
    weekday = '*',
    year = '*',
    week = '*',
  } = texts;
  const list = (field: FieldName, text: string) => listOf(field, text, wraps);
  return {
    flowing: [second, minute, hour].some((text) => text.startsWith('*')),
    seconds: list('second', second),
    minutes: list('minute', minute),
    hours: list('hour', hour),
    months: list('month', month),
    ...given('days', daysOf(day, wraps)),
    ...given('weekdays', weekdaysOf(weekday, wraps)),
    ...given('years', year === '*' ? undefined : rangesOf('year', year, wraps)),
    ...given('weeks', week === '*' ? undefined : list('week', week)),
  };
}

/** Nothing at all for what is absent, so that a pattern equals its copy from JSON. */
function given<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}

function listOf(field: FieldName, text: string, wraps: boolean): number[] {
  return sorted(rangesOf(field, text, wraps).flatMap((range) => valuesOf(field, range)));
}

function rangesOf(field: FieldName, text: string, wraps: boolean): CronRange[] {
  return itemsOf(field, text).map((item) => rangeOf(field, item, wraps));
}
