import {
  checkTrigger,
  type Duration,
  formatDuration,
  milliseconds,
  ScheduleInvalid,
  slotsOf,
  type Trigger,
} from 'millrace';
import { iso } from '../http/iso.js';

/** Slots looked at. Within one cron pattern or interval the first few show the shortest distance there is. */
const looked = 100;

/**
 * Throws `ScheduleInvalid` when two of the next slots lie closer than `least`, when there is none, or when the trigger is
 * none. Each member of an `anyOf` is looked at by itself too, as its time may come later than the first slots of the whole.
 * So is a trigger refused whose slots are not found within `patience` milliseconds: workers would have to look for them too.
 */
export function checkPace(trigger: Trigger, least: Duration, now: number, patience = 500): void {
  const deadline = performance.now() + patience;
  const whole = checkTrigger(trigger);
  for (const [field, part] of partsOf(whole, 'trigger')) {
    const { first, next } = slotsOf(part);
    let slot = first(now, now);
    if (slot === null && part === whole) refuse(field, 'it has no slot from now on, so it would never fire.');
    for (let n = 1; slot !== null && n < looked; n++) {
      const later = next(slot, now);
      if (later !== null && later - slot < milliseconds(least)) refuse(field, tooClose(slot, later, least));
      if (performance.now() > deadline) refuse(field, 'its slots take too long to find. Combine fewer triggers.');
      slot = later;
    }
  }
}

/** The whole first. */
function partsOf(trigger: Trigger, field: string): [field: string, part: Trigger][] {
  const members = 'anyOf' in trigger ? trigger.anyOf : [];
  return [[field, trigger], ...members.flatMap((member, i) => partsOf(member, `${field}.anyOf.${i}`))];
}

function tooClose(one: number, other: number, least: Duration): string {
  const apart = formatDuration(other - one);
  return `its slots ${iso(one)} and ${iso(other)} are ${apart} apart. At least ${least} must lie between two of them.`;
}

function refuse(field: string, says: string): never {
  throw new ScheduleInvalid(field, `${field}: ${says}`);
}
