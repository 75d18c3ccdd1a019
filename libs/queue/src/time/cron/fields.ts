const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

export interface FieldRule {
  min: number;
  max: number;
  /** How many different values there are: the largest step, and where a wrapping range begins again. */
  size: number;
  /** Three letters each; the first stands for `min`. */
  names?: readonly string[];
  /** For refusals. */
  allowed: string;
}

/** What each field may hold. */
export const fieldRules = {
  second: { min: 0, max: 59, size: 60, allowed: '0 to 59' },
  minute: { min: 0, max: 59, size: 60, allowed: '0 to 59' },
  hour: { min: 0, max: 23, size: 24, allowed: '0 to 23' },
  day: { min: 1, max: 31, size: 31, allowed: '1 to 31, L, 1W to 31W, LW, ?' },
  month: { min: 1, max: 12, size: 12, names: months, allowed: '1 to 12, JAN to DEC' },
  weekday: {
    min: 0,
    max: 7,
    size: 7,
    names: weekdays,
    allowed: '0 to 7 (0 and 7 are Sunday), SUN to SAT, MON#1 to MON#5, FRI#L, ?',
  },
  year: { min: 1970, max: 9999, size: 8030, allowed: '1970 to 9999' },
  week: { min: 1, max: 53, size: 53, allowed: 'ISO weeks 1 to 53' },
} as const satisfies Record<string, FieldRule>;

export type FieldName = keyof typeof fieldRules;

/** The text of each field; one that is absent allows any value. */
export type FieldTexts = Partial<Record<FieldName, string>>;

/** What a refusal shows: the values of a field and the forms they may take. */
export function allowedIn(field: FieldName): string {
  return `${fieldRules[field].allowed}; as *, n, a-b, */s, a-b/s, separated by commas`;
}
