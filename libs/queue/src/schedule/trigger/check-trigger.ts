import { ScheduleInvalid } from '../../job/errors.js';
import { isTaskName } from '../../job/id.js';
import { nearestName } from '../../job/options.js';
import { type CalendarFields, calendarUnits, parseCalendar } from '../../time/calendar/index.js';
import { type CronFields, cronFieldNames, type DayMatch, parseCron } from '../../time/cron/index.js';
import { cutQuote } from '../../time/refusal.js';
import { jsonOf } from './json.js';
import { boundsOf, durationOf, instantOf } from './moments.js';
import { reading, refuse, refuseWhole } from './refusal.js';
import type { NormalTrigger } from './trigger.js';

/** What goes with the key that says the kind. */
const keysOf = {
  cron: ['timeZone', 'dayMatch', 'from', 'until'],
  every: ['from', 'until', 'first'],
  at: [],
  calendar: ['timeZone', 'from', 'until'],
  anyOf: [],
  allOf: ['within'],
  trigger: ['data'],
} as const satisfies Record<string, readonly string[]>;

type Kind = keyof typeof keysOf;
type Fields = Record<string, unknown>;

const kinds = Object.keys(keysOf) as Kind[];
const known = new Set([...kinds, ...Object.values(keysOf).flat()] as string[]);
const mostTriggers = 32;
const deepest = 8;

/** Where in the whole the present trigger stands. */
interface Place {
  /** Dotted. */
  field: string;
  /** Combinations around it. */
  depth: number;
  /** Shared by the whole: how many triggers it may still hold. */
  left: { triggers: number };
}

/**
 * The trigger that `value` is, with durations and instants as milliseconds and defaults left out; what was checked once
 * stays as it is. For data that nobody vouches for: at most 32 triggers, combined at most 8 deep, texts bounded.
 * Throws `ScheduleInvalid`, whose field is dotted from `field` on: `trigger.anyOf.1.every`.
 */
export function checkTrigger(value: unknown, field = 'trigger'): NormalTrigger {
  return check(value, { field, depth: 0, left: { triggers: mostTriggers } });
}

function check(value: unknown, place: Place): NormalTrigger {
  if (--place.left.triggers < 0) refuseWhole(place.field, 'is one trigger too many', `${mostTriggers} triggers in all`);
  const fields = fieldsOf(value, place.field);
  const kind = kindOf(fields, place.field);
  const stranger = Object.keys(fields).find(
    (key) => fields[key] !== undefined && key !== kind && !(keysOf[kind] as readonly string[]).includes(key),
  );
  if (stranger) refuse(`${place.field}.${stranger}`, stranger, `does not go with ${kind}`, listed(keysOf[kind]));
  return checks[kind](fields, place);
}

const checks: { [K in Kind]: (fields: Fields, place: Place) => NormalTrigger } = {
  cron(fields, { field }) {
    const timeZone = fields['timeZone'] as string | undefined;
    const dayMatch = fields['dayMatch'] as DayMatch | undefined;
    const written = fields['cron'] as string | CronFields;
    const pattern = reading(
      () => parseCron(written, { timeZone, dayMatch }),
      (part) => `${field}.${part === 'expression' ? 'cron' : part}`,
    );
    return {
      cron: typeof written === 'string' ? pattern.source : given(cronFieldNames, written),
      ...zoneOf(fields),
      ...(dayMatch !== undefined && dayMatch !== (typeof written === 'string' ? 'or' : 'and') && { dayMatch }),
      ...boundsOf(fields, field),
    };
  },

  every(fields, { field }) {
    const every = durationOf(fields['every'], `${field}.every`, '1s', '18262d');
    const bounds = boundsOf(fields, field);
    const first = fields['first'];
    if (first !== undefined && first !== 'now') refuse(`${field}.first`, first, 'is not understood', "'now'");
    return { every, ...bounds, ...(first === 'now' && bounds.from === undefined && { first }) };
  },

  at: (fields, { field }) => ({ at: instantOf(fields['at'], `${field}.at`) }),

  calendar(fields, { field }) {
    const written = fields['calendar'] as CalendarFields;
    const pattern = reading(
      () => parseCalendar(written, fields['timeZone'] as string | undefined),
      (part) => `${field}.${part === 'calendar' || part === 'timeZone' ? part : `calendar.${part}`}`,
    );
    const { at, overflow } = written;
    return {
      calendar: {
        ...given(calendarUnits, written, 0),
        ...(pattern.time > 0 && { at: at!.replace(/^(.{5}):00$/, '$1') as typeof at }),
        ...(overflow === 'clip' && { overflow }),
      },
      ...zoneOf(fields),
      ...boundsOf(fields, field),
    };
  },

  anyOf: (fields, place) => ({ anyOf: membersOf(fields['anyOf'], place, 'anyOf') }),

  allOf(fields, place) {
    const allOf = membersOf(fields['allOf'], place, 'allOf');
    if (fields['within'] === undefined) return { allOf };
    const within = durationOf(fields['within'], `${place.field}.within`, 0, '366d');
    return { allOf, ...(within !== 1000 && { within }) };
  },

  trigger(fields, { field }) {
    const name = fields['trigger'];
    if (typeof name !== 'string' || !isTaskName(name)) {
      refuse(`${field}.trigger`, name, 'is not the name of a trigger', "1 to 128 letters, digits, '_', '.' and '-'");
    }
    const data = fields['data'];
    return { trigger: name, ...(data !== undefined && { data: jsonOf(data, `${field}.data`) }) };
  },
};

function membersOf(value: unknown, { field, depth, left }: Place, kind: 'anyOf' | 'allOf'): NormalTrigger[] {
  const at = `${field}.${kind}`;
  if (!Array.isArray(value)) refuse(at, value, 'is not a list of triggers', 'one trigger or more');
  if (value.length === 0) refuseWhole(at, 'is an empty list', 'one trigger or more');
  if (value.length > mostTriggers) refuseWhole(at, 'is too long a list', `${mostTriggers} triggers in all`);
  if (depth >= deepest) refuseWhole(at, 'is nested too deep', `anyOf and allOf at most ${deepest} deep`);
  return Array.from(value, (each: unknown, i) => check(each, { field: `${at}.${i}`, depth: depth + 1, left }));
}

/** Refuses what has no fields, and names nobody knows. */
function fieldsOf(value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Date) {
    refuse(field, value, 'is not a trigger', `an object with one of ${kinds.join(', ')}`);
  }
  const stranger = Object.keys(value).find((key) => !known.has(key));
  if (stranger !== undefined) refuseStranger(stranger, field);
  return value as Fields;
}

function refuseStranger(stranger: string, place: string): never {
  const name = cutQuote(stranger);
  const field = `${place}.${name}`;
  const nearest = name === stranger ? nearestName(stranger, known) : undefined;
  const hint = nearest ? `Did you mean '${nearest}'?` : `Known are: ${[...known].join(', ')}.`;
  throw new ScheduleInvalid(field, `Unknown field '${field}'. ${hint}`);
}

function kindOf(fields: Fields, field: string): Kind {
  const named = kinds.filter((each) => Object.hasOwn(fields, each));
  const given = named.filter((each) => fields[each] !== undefined);
  // One that is undefined is taken for a slip of who wrote it, unless there is another.
  const [kind, other] = given.length > 0 ? given : named;
  if (kind === undefined) return refuseWhole(field, 'says no kind', `one of ${kinds.join(', ')}`);
  if (other !== undefined) refuseWhole(field, `says two kinds, ${kind} and ${other}`, `one of ${kinds.join(', ')}`);
  return kind;
}

function zoneOf({ timeZone }: Fields): { timeZone?: string } {
  return timeZone === undefined || timeZone === 'UTC' ? {} : { timeZone: timeZone as string };
}

/** The fields that are given, in one order; those with the value that says nothing are left out. */
function given<T extends object>(names: readonly (keyof T & string)[], fields: T, nothing?: unknown): T {
  const held = names.filter((name) => fields[name] !== undefined && fields[name] !== nothing);
  return Object.fromEntries(held.map((name) => [name, fields[name]])) as T;
}

function listed(names: readonly string[]): string {
  return names.length > 0 ? names.join(', ') : 'nothing else';
}
