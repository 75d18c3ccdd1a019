import { formatDuration, type Trigger } from 'millrace';
import { iso } from '../http/iso.js';

/** A stored trigger as callers write it: instants as ISO 8601 in UTC, durations with their unit. */
export function triggerDto(trigger: Trigger): object {
  return Object.fromEntries(Object.entries(trigger).map(([name, value]) => [name, written(name, value)]));
}

function written(name: string, value: unknown): unknown {
  switch (name) {
    case 'at':
    case 'from':
    case 'until':
      return iso(value as number);
    case 'every':
    case 'within':
      return formatDuration(value as number);
    case 'anyOf':
    case 'allOf':
      return (value as Trigger[]).map(triggerDto);
    default:
      return value;
  }
}
