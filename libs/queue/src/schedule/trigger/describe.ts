import { describeCalendar, parseCalendar } from '../../time/calendar/index.js';
import { describeCron, parseCron } from '../../time/cron/index.js';
import { checkTrigger } from './check-trigger.js';
import type { Bounds, NormalTrigger, Trigger } from './trigger.js';

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
] as const;
const mostData = 80;

/** A trigger in English, for dashboards: `every 15 minutes`, `at 03:00, Monday to Friday, Europe/Paris`. */
export function describeTrigger(trigger: Trigger): string {
  return words(checkTrigger(trigger));
}

function words(trigger: NormalTrigger): string {
  if ('cron' in trigger) return bounded(describeCron(parseCron(trigger.cron, trigger)), trigger);
  if ('every' in trigger) {
    return bounded(`every ${stepWords(trigger.every)}`, trigger) + (trigger.first ? ', the first at once' : '');
  }
  if ('at' in trigger) return `once, at ${moment(trigger.at)}`;
  if ('calendar' in trigger) {
    return bounded(describeCalendar(parseCalendar(trigger.calendar, trigger.timeZone)), trigger);
  }
  if ('anyOf' in trigger) return trigger.anyOf.map(member).join(' or ');
  if ('allOf' in trigger) {
    const within = trigger.within ?? 1000;
    return `${trigger.allOf.map(member).join(' and ')}, ${within === 0 ? 'at the same time' : `within ${spanWords(within)}`}`;
  }
  return trigger.data === undefined ? `by ${trigger.trigger}` : `by ${trigger.trigger} with ${shortened(trigger.data)}`;
}

/** Members in brackets, as their own words hold commas. */
function member(trigger: NormalTrigger): string {
  return `(${words(trigger)})`;
}

function bounded(what: string, { from, until }: Bounds<number>): string {
  return (
    what +
    (from === undefined ? '' : `, from ${moment(from)}`) +
    (until === undefined ? '' : `, until ${moment(until)}`)
  );
}

/** `2027-03-01 09:00 UTC`, with seconds and milliseconds where there are any. */
function moment(instant: number): string {
  const text = new Date(instant).toISOString().replace('T', ' ').replace('Z', '');
  return `${text.replace(/\.000$/, '').replace(/:00$/, '')} UTC`;
}

function stepWords(ms: number): string {
  const span = spanWords(ms);
  return span.replace(/^1 /, '');
}

/** In the largest unit that comes out even: `90 minutes`. */
function spanWords(ms: number): string {
  const [unit, size] = units.find(([, each]) => ms % each === 0)!;
  return ms === size ? `1 ${unit}` : `${ms / size} ${unit}s`;
}

function shortened(data: unknown): string {
  const text = JSON.stringify(data);
  return text.length > mostData ? `${text.slice(0, mostData)}…` : text;
}
