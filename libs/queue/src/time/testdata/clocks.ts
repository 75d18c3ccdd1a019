/**
 * What clocks show, asked of `Intl` as time really passes. For the oracles; shares no code with the engines. Dates are
 * days since 1970, what a clock shows is minutes since 1970.
 */

const minutesPerDay = 1440;

/** The days of UTC, from 1973 to 2037, on which a zone changes its offset. */
export function changesOf(timeZone: string): number[] {
  const days: number[] = [];
  const offset = (day: number) => wallMinute(timeZone, day * minutesPerDay) - day * minutesPerDay;
  let before = offset(1100);
  for (let day = 1100; day < 24_800; day++) {
    const after = offset(day + 1);
    if (after !== before) days.push(day);
    before = after;
  }
  return days;
}

/** A minute that really passes, since 1970, and what the clock shows in it. */
export interface Passing {
  minute: number;
  wall: number;
}

/** Every minute from two days before a date to two days after it, as zones are at most a day away from UTC. */
export function minutesAround(timeZone: string, date: number): Passing[] {
  const passing: Passing[] = [];
  for (let day = date - 2; day <= date + 2; day++) {
    wallOf(timeZone, day).forEach((wall, i) => passing.push({ minute: day * minutesPerDay + i, wall }));
  }
  return passing;
}

/** The minute in which the clock has jumped over `wall`. */
export function afterGap(passing: Passing[], wall: number): number {
  const place = passing.findIndex((each, i) => i > 0 && passing[i - 1]!.wall < wall && each.wall > wall);
  if (place < 0) throw new Error('A time is neither shown nor jumped over.');
  return passing[place]!.minute;
}

/** The first minute in which each time of a date is shown. Empty for a date that the zone left out. */
export function firstShowings(passing: readonly Passing[], date: number): Map<number, number> {
  const firstShown = new Map<number, number>();
  for (const { minute, wall } of passing) {
    if (Math.floor(wall / minutesPerDay) === date && !firstShown.has(wall)) firstShown.set(wall, minute);
  }
  return firstShown;
}

const walls = new Map<string, Int32Array>();
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the clock shows in each minute of a day of UTC, as minutes since 1970. */
export function wallOf(timeZone: string, day: number): Int32Array {
  const key = `${timeZone} ${day}`;
  const known = walls.get(key);
  if (known) return known;
  if (walls.size > 3000) walls.clear();
  const wall = new Int32Array(minutesPerDay);
  let first = wallMinute(timeZone, day * minutesPerDay);
  // An hour at whose end the clock shows an hour more is taken to have passed evenly.
  for (let i = 0; i < minutesPerDay; i += 60) {
    const start = day * minutesPerDay + i;
    const next = wallMinute(timeZone, start + 60);
    const even = next - first === 60;
    for (let k = 0; k < 60; k++) wall[i + k] = even ? first + k : wallMinute(timeZone, start + k);
    first = next;
  }
  walls.set(key, wall);
  return wall;
}

function wallMinute(timeZone: string, minute: number): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    const two = '2-digit';
    const parts = { year: 'numeric', month: two, day: two, hour: two, minute: two, second: two } as const;
    clocks.set(timeZone, (clock = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...parts })));
  }
  const [month, day, year, hour, min, second] = clock
    .format(minute * 60_000)
    .split(/\D+/)
    .map(Number) as [number, number, number, number, number, number];
  if (second !== 0) throw new Error(`${timeZone} does not change on whole minutes.`);
  return Date.UTC(year, month - 1, day, hour, min) / 60_000;
}
