import type { JobState } from '../../job/state.js';
import type { Rank } from '../listing.js';
import type { Lane } from '../store.js';
import type { LanePart } from './keys.js';
import type { Lanes } from './lanes.js';

/** Where a job stands: score and id in an ordered set, list and index among the ready (or, parked, its name there), fence and id while active. */
export interface Place {
  local: string;
  position: Rank;
}

/** Ids looked up at a time. */
const page = 200;

/** The next ids of a state in their order, after `after`; none when there are no more. */
export async function places(lanes: Lanes, lane: Lane, state: JobState, after?: Rank): Promise<Place[]> {
  switch (state) {
    case 'scheduled':
      return ordered(lanes, lane, 'd', 1, after);
    case 'ready':
      return ready(lanes, lane, after);
    case 'active':
      return active(lanes, lane, after);
    case 'completed': {
      // Two lines, told apart by how long they are kept; both by time of finish.
      const both = await Promise.all([ordered(lanes, lane, 'c', -1, after), ordered(lanes, lane, 'k', -1, after)]);
      return both.flat().sort(newestFirst).slice(0, page);
    }
    case 'failed':
      return ordered(lanes, lane, 'e', -1, after);
    case 'cancelled':
      return ordered(lanes, lane, 'x', -1, after);
    case 'blocked':
      return ordered(lanes, lane, 'b', 1, after);
  }
}

function newestFirst({ position: [a, x] }: Place, { position: [b, y] }: Place): number {
  return b - a || (x < y ? 1 : -1);
}

/** From an ordered set, upwards (1) or downwards (-1), by score and id. */
async function ordered(lanes: Lanes, lane: Lane, part: LanePart, way: 1 | -1, after?: Rank): Promise<Place[]> {
  const key = lanes.keys.of(lane, part);
  return lanes.connection.ask(async (client) => {
    const range = async (from: number, n: number) => {
      const to = String(from + n - 1);
      const pairs =
        way === 1 ? client.zrange(key, from, to, 'WITHSCORES') : client.zrevrange(key, from, to, 'WITHSCORES');
      // Flat, or in pairs, as the protocol of a given client has it.
      return (await pairs).flat<string[]>();
    };
    const isPast = (score: number, local: string) => {
      const order = score - after![0] || (local < after![1] ? -1 : local > after![1] ? 1 : 0);
      return order * way > 0;
    };
    // Where to go on: past all that lies before the cursor, found by halving.
    let from = 0;
    if (after) {
      let to = await client.zcard(key);
      while (from < to) {
        const middle = (from + to) >> 1;
        const [local, score] = await range(middle, 1);
        if (local === undefined || isPast(Number(score), local)) to = middle;
        else from = middle + 1;
      }
    }
    const flat = await range(from, page);
    const found: Place[] = [];
    for (let i = 0; i < flat.length; i += 2) found.push({ local: flat[i]!, position: [Number(flat[i + 1]), flat[i]!] });
    return found;
  });
}

const lines: LanePart[] = ['r0', 'r1', 'r2', 'r3', 'q'];

/** From the bands, the most urgent first, then the suspects, then those that are parked. */
async function ready(lanes: Lanes, lane: Lane, after: Rank = [0, -1]): Promise<Place[]> {
  for (let line = after[0], index = Number(after[1]) + 1; line < lines.length; line++, index = 0) {
    const key = lanes.keys.of(lane, lines[line]!);
    const locals = await lanes.connection.ask((client) => client.lrange(key, index, index + page - 1));
    if (locals.length === 0) continue;
    const found = locals.map((local, i): Place => ({ local, position: [line, index + i] }));
    return withoutGhosts(lanes, lane, line, found);
  }
  return parked(lanes, lane, after[0] === lines.length ? String(after[1]) : undefined);
}

/** Those that wait for a place of their limit. */
async function parked(lanes: Lanes, lane: Lane, after: string | undefined): Promise<Place[]> {
  const from = after === undefined ? '-' : `(${after}`;
  const key = lanes.keys.of(lane, 'l');
  const names = await lanes.connection.ask((client) => client.zrangebylex(key, from, '+', 'LIMIT', 0, page));
  return names.map((name) => ({ local: localOfParked(name), position: [lines.length, name] }));
}

/** The end of `<key> <band><number> <id>`. */
export function localOfParked(name: string): string {
  return name.slice(name.lastIndexOf(' ') + 1);
}

/** Of an id's entries in a list the first ones are its ghosts. The very last place stays, whatever it is, as the mark to go on from. */
async function withoutGhosts(lanes: Lanes, lane: Lane, line: number, found: Place[]): Promise<Place[]> {
  const key = lanes.keys.of(lane, 'g');
  const fields = found.map(({ local }) => `${line}${local}`);
  const ghosts = await lanes.connection.ask((client) => client.hmget(key, ...fields));
  const kept = await Promise.all(
    found.map(async (place, i) => {
      if (ghosts[i] === null) return place;
      const list = lanes.keys.of(lane, lines[line]!);
      const index = Number(place.position[1]);
      // Up to this entry: a list may be a million long.
      const entries = await lanes.connection.ask((client) => client.lpos(list, place.local, 'COUNT', 0, 'MAXLEN', index + 1)); // prettier-ignore
      if (entries.length > Number(ghosts[i])) return place;
      return i === found.length - 1 ? { local: '', position: place.position } : undefined;
    }),
  );
  return kept.filter((place) => place !== undefined);
}

/** What every worker with a lease here holds, by fence. */
async function active(lanes: Lanes, lane: Lane, after: Rank = [0, '']): Promise<Place[]> {
  return lanes.connection.ask(async (client) => {
    const workers = await client.zrange(lanes.keys.of(lane, 'w'), 0, '-1');
    const held = await Promise.all(workers.map((worker) => client.hgetall(lanes.keys.holds(lane, worker))));
    return held
      .flatMap((holds) => Object.entries(holds))
      .map(([local, fence]): Place => ({ local, position: [Number(fence), local] }))
      .filter(({ position: [fence] }) => fence > after[0])
      .sort((a, b) => a.position[0] - b.position[0])
      .slice(0, page);
  });
}
