import { refuse } from '../refusal.js';
import { dayMs } from './dates.js';

/** A time during which a zone keeps its offset: from `from` to before `until`, within one day of UTC. */
export interface Stretch {
  from: number;
  until: number;
  /** Milliseconds that local time is ahead of UTC. */
  offset: number;
}

/** Longer than any clock was ever set back, and than any zone is away from UTC. */
const twoDays = 2 * dayMs;
const mostDays = 4096;
const zones = new Map<string, Zone>();

const problem = 'is not a time zone';
const allowed = "IANA names such as 'UTC', 'Europe/Paris', 'America/New_York'";

/** The zone of that IANA name, any case; one instance per name. Refuses names that `Intl` does not know. */
export function zoneNamed(name: string): Zone {
  // Newer runtimes also take '+02:00'; what is stored must mean the same to all of them.
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_+/-]*$/i.test(name)) refuse('timeZone', name, problem, allowed);
  const key = name.toLowerCase();
  const zone = zones.get(key) ?? new Zone(formatOf(name));
  zones.set(key, zone);
  return zone;
}

/**
 * What the clocks of a place show. `Intl` only answers the offset of an instant, so changes are found by halving the
 * day on which the offset differs. Two changes within one day that cancel each other would be missed; no zone has them.
 * Local times are milliseconds as if they were UTC.
 */
export class Zone {
  private readonly days = new Map<number, Stretch[]>();

  constructor(private readonly format: Intl.DateTimeFormat) {}

  /** The stretch that `instant` lies in. */
  stretchAt(instant: number): Stretch {
    const day = Math.floor(instant / dayMs);
    return this.stretchesOf(day).find(({ until }) => instant < until)!;
  }

  /** The latest local time shown so far, at or before `instant`; above the present one after a clock was set back. */
  latestShown(instant: number): number {
    let latest = -Infinity;
    for (let at = instant - twoDays; at <= instant;) {
      const { until, offset } = this.stretchAt(at);
      latest = Math.max(latest, Math.min(until - 1, instant) + offset);
      at = until;
    }
    return latest;
  }

  /** The first instant whose local time is `local` or, where a clock was set forward over it, later. */
  firstShowing(local: number): number {
    let stretch = this.stretchAt(local - twoDays);
    while (stretch.until + stretch.offset <= local) stretch = this.stretchAt(stretch.until);
    return Math.max(stretch.from, local - stretch.offset);
  }

  /** Whether the date of a local midnight was ever shown: some were left out when a zone moved over the date line. */
  hasDate(midnight: number): boolean {
    return this.firstShowing(midnight) < this.firstShowing(midnight + dayMs);
  }

  private stretchesOf(day: number): Stretch[] {
    const known = this.days.get(day);
    if (known) return known;
    if (this.days.size >= mostDays) this.days.clear();
    const stretches = this.split(day * dayMs, (day + 1) * dayMs);
    this.days.set(day, stretches);
    return stretches;
  }

  private split(from: number, until: number): Stretch[] {
    const offset = this.offsetAt(from);
    if (this.offsetAt(until - 1000) === offset) return [{ from, until, offset }];
    const change = this.changeBetween(from, until - 1000, offset);
    return [...this.split(from, change), ...this.split(change, until)];
  }

  /** The first second after `low` whose offset is another one; `high` has another one. */
  private changeBetween(low: number, high: number, offset: number): number {
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (this.offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  private offsetAt(instant: number): number {
    const [, sign, hours, minutes, seconds = 0] =
      /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(this.format.format(instant)) ?? [];
    if (sign === undefined) return 0;
    const offset = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000;
    return sign === '-' ? -offset : offset;
  }
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    return refuse('timeZone', name, problem, allowed);
  }
}
