import { cron, ScheduleInvalid, type Trigger } from 'millrace';

/**
 * The trigger, with `timeZone` for the cron patterns and calendars in it that say none. Of the rest of it nothing is known
 * yet. Throws `ScheduleInvalid` for a zone nobody knows, or that nothing takes.
 */
export function inZone(trigger: Trigger, timeZone: string | undefined): Trigger {
  if (timeZone === undefined) return trigger;
  checkZone(timeZone);
  const zone = { timeZone, taken: false };
  const zoned = apply(trigger, zone) as Trigger;
  if (zone.taken) return zoned;
  throw new ScheduleInvalid(
    'timeZone',
    'timeZone: nothing takes it. Allowed: with a cron or calendar trigger that names no timeZone itself.',
  );
}

function checkZone(timeZone: string): void {
  try {
    cron('@daily', { timeZone });
  } catch (error) {
    throw new ScheduleInvalid('timeZone', (error as Error).message.replace(/^trigger\./, ''));
  }
}

function apply(value: unknown, zone: { timeZone: string; taken: boolean }): unknown {
  if (Array.isArray(value)) return value.map((each) => apply(each, zone));
  if (typeof value !== 'object' || value === null) return value;
  const { anyOf, allOf } = value as Record<string, unknown>;
  if (anyOf !== undefined) return { ...value, anyOf: apply(anyOf, zone) };
  if (allOf !== undefined) return { ...value, allOf: apply(allOf, zone) };
  if (!('cron' in value || 'calendar' in value) || 'timeZone' in value) return value;
  zone.taken = true;
  return { ...value, timeZone: zone.timeZone };
}
