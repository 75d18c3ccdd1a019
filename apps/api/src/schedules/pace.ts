import {
  checkTrigger,
  type Duration,
  formatDuration,
  milliseconds,
  preview,
  ScheduleInvalid,
  type Trigger,
} from 'millrace';
import { iso } from '../http/iso.js';

/** Slots looked at. Within one cron pattern or interval the first few show the shortest distance there is. */
const looked = 100;

/**
 * Throws `ScheduleInvalid` when two of the next slots lie closer than `least`, when there is none, or when the trigger is
 * none. Each member of an `anyOf` is looked at by itself too, as its time may come later than the first slots of the whole.
 */
export function checkPace(trigger: Trigger, least: Duration, now: number): void {
  const checked = checkTrigger(trigger);
  if (preview(checked, 1, { from: now }).length === 0) {
    throw new ScheduleInvalid('trigger', 'trigger: it has no slot from now on, so it would never fire.');
  }
  for (const [field, part] of partsOf(checked, 'trigger')) {
    const slots = preview(part, looked, { from: now });
    const hasty = slots.findIndex((slot, i) => i > 0 && slot - slots[i - 1]! < milliseconds(least));
    if (hasty > 0) throw tooClose(field, slots[hasty - 1]!, slots[hasty]!, least);
  }
}

function tooClose(field: string, one: number, other: number, least: Duration): ScheduleInvalid {
  const apart = formatDuration(other - one);
  const says = `its slots ${iso(one)} and ${iso(other)} are ${apart} apart. At least ${least} must lie between two of them.`;
  return new ScheduleInvalid(field, `${field}: ${says}`);
}

function partsOf(trigger: Trigger, field: string): [field: string, part: Trigger][] {
  const members = 'anyOf' in trigger ? trigger.anyOf : [];
  return [[field, trigger], ...members.flatMap((member, i) => partsOf(member, `${field}.anyOf.${i}`))];
}
