import { zoneNamed } from '../time/zone/zone.js';

const day = 86_400_000;

/** `2027-03-28T01:00:00Z`, with milliseconds where there are any. */
export function utc(instant: number): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

/** What the clocks of a zone show: `2027-03-28T03:00:00+02:00`. */
export function local(instant: number, timeZone: string): string {
  const { offset } = zoneNamed(timeZone).stretchAt(instant);
  return utc(instant + offset).replace('Z', offsetText(offset));
}

/** What is odd about a local time, as the clocks are set forward or back there; `null` for nothing. */
export function oddity(instant: number, timeZone: string): string | null {
  const zone = zoneNamed(timeZone);
  const { from, offset } = zone.stretchAt(instant);
  const before = zone.stretchAt(from - 1).offset;
  if (instant === from && before < offset) {
    return `the clock skips from ${timeOf(instant + before)} to ${timeOf(instant + offset)}`;
  }
  for (const near of [instant - day, instant + day]) {
    const other = zone.stretchAt(near).offset;
    const twin = instant + offset - other;
    if (other === offset || zone.stretchAt(twin).offset !== other) continue;
    return `this local time comes twice: the ${twin > instant ? 'first' : 'second'} of the two`;
  }
  return null;
}

function timeOf(shown: number): string {
  return utc(shown).slice(11, 16);
}

function offsetText(offset: number): string {
  const text = utc(Math.abs(offset)).slice(11, 19).replace(/:00$/, '');
  return `${offset < 0 ? '-' : '+'}${text}`;
}
