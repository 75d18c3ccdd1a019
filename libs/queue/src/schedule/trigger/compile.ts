import { nextCalendar, parseCalendar } from '../../time/calendar/index.js';
import { nextCron, parseCron } from '../../time/cron/index.js';
import { allOfSearch, anyOfSearch } from './combine.js';
import { askCode, needCode } from './custom.js';
import { type Search, searchBy, sinceAnchor } from './search.js';
import type { EveryTrigger, NormalTrigger } from './trigger.js';

const mostSteps = 10_000;

/** The search for a trigger that was checked. Each `allOf` gets its share of the steps, so that many cost no more than one. */
export function compile(trigger: NormalTrigger): Search {
  return searchOf(trigger, 'trigger', Math.floor(mostSteps / Math.max(1, outermost(trigger))));
}

/** How many `allOf` stand in no other one. */
function outermost(trigger: NormalTrigger): number {
  if ('anyOf' in trigger) return trigger.anyOf.reduce((count, member) => count + outermost(member), 0);
  return 'allOf' in trigger ? 1 : 0;
}

function searchOf(trigger: NormalTrigger, field: string, steps: number): Search {
  if ('cron' in trigger) {
    const pattern = parseCron(trigger.cron, trigger);
    return searchBy((after) => nextCron(pattern, after), trigger);
  }
  if ('every' in trigger) return searchBy(stepsOf(trigger), trigger);
  if ('at' in trigger) {
    const { at } = trigger;
    return { first: () => at, next: (after) => (at > after ? at : null) };
  }
  if ('calendar' in trigger) {
    const pattern = parseCalendar(trigger.calendar, trigger.timeZone);
    return searchBy((after, anchor) => nextCalendar(pattern, after, trigger.from ?? anchor), trigger);
  }
  if ('anyOf' in trigger) {
    const members = trigger.anyOf.map((member, i) => {
      const search = searchOf(member, `${field}.anyOf.${i}`, steps);
      return 'at' in member || 'anyOf' in member ? search : sinceAnchor(search);
    });
    return anyOfSearch(members);
  }
  if ('allOf' in trigger) {
    const members = trigger.allOf.map((member, i) => searchOf(member, `${field}.allOf.${i}`, steps));
    return allOfSearch(members, trigger.within ?? 1000, steps);
  }
  const { trigger: name, data } = trigger;
  needCode(name, field);
  frozen(data);
  return searchBy((after) => askCode(name, data, after, field));
}

/** `from` + k · interval, k from 0; else the anchor + k · interval, k from 1 unless the first is now. */
function stepsOf({ every, from, first }: EveryTrigger<number, number>): Search['next'] {
  const least = from !== undefined || first === 'now' ? 0 : 1;
  return (after, anchor) => {
    const start = from ?? anchor;
    return start + Math.max(least, Math.floor((after - start) / every) + 1) * every;
  };
}

/** The data is shared by all calls, so a code that changes it meets an error and not its own traces. */
function frozen(data: unknown): void {
  if (typeof data !== 'object' || data === null) return;
  Object.freeze(data);
  Object.values(data).forEach(frozen);
}
