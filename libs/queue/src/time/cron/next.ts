import { dayMs } from '../zone/dates.js';
import { earliest, horizonOf, latest } from '../zone/horizon.js';
import { type Zone, zoneNamed } from '../zone/zone.js';
import { nextLocal, nextSecond } from './local.js';
import type { CronPattern } from './pattern.js';

/**
 * How a pattern meets a clock that is set. A fixed pattern names times of the day: each is kept once a day, at the first
 * instant the clock shows it or has jumped over it. That is the first pass where times come twice, and the end of the
 * gap where they do not come; on a date the zone left out there is nothing to keep. A flowing pattern (`*` in the second,
 * minute or hour) asks every instant what the clock shows, in both passes, and never sees a gap.
 */

/** Longer than any clock was ever set back. */
const twoDays = 2 * dayMs;

/**
 * The first slot strictly later than `after`; both epoch milliseconds. `null` when there is none within 50 years, or when
 * `after` lies outside the years 1000 to 9999.
 */
export function nextCron(pattern: CronPattern, after: number): number | null {
  if (!(after >= earliest && after <= latest)) return null;
  const zone = zoneNamed(pattern.timeZone);
  const limit = horizonOf(after + zone.stretchAt(after).offset);
  return pattern.flowing ? nextFlowing(pattern, zone, after, limit) : nextFixed(pattern, zone, after, limit);
}

function nextFixed(pattern: CronPattern, zone: Zone, after: number, limit: number): number | null {
  let shown = zone.latestShown(after);
  for (;;) {
    const local = nextLocal(pattern, shown, limit);
    if (local === null) return null;
    const midnight = Math.floor(local / dayMs) * dayMs;
    if (zone.hasDate(midnight)) return zone.firstShowing(local);
    shown = midnight + dayMs - 1;
  }
}

function nextFlowing(pattern: CronPattern, zone: Zone, after: number, limit: number): number | null {
  let at = nextSecond(after);
  // Until then a clock set back may show again what it showed before `after`; later, nothing before `local` can come.
  const settled = at + twoDays;
  for (;;) {
    const { until, offset } = zone.stretchAt(at);
    const local = nextLocal(pattern, at + offset - 1, limit);
    if (local !== null && local - offset < until) return local - offset;
    at = until;
    if (at < settled) continue;
    if (local === null) return null;
    at = Math.max(at, local - twoDays);
  }
}
