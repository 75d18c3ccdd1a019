import type { Lane } from '../store.js';
import type { LanePart } from './keys.js';
import type { Lanes } from './lanes.js';

/** The whole of an ordered set, in its order. */
export async function members(lanes: Lanes, lane: Lane, part: LanePart): Promise<string[]> {
  const found: string[] = [];
  for (let from = 0, page = ['']; page.length > 0; from += page.length) {
    page = await lanes.connection.ask((client) => client.zrange(lanes.keys.of(lane, part), from, String(from + 999)));
    found.push(...page);
  }
  return found;
}

/** Fields and texts of a hash, in no order. */
export async function* entries(lanes: Lanes, lane: Lane, part: LanePart): AsyncGenerator<[string, string]> {
  let cursor = '0';
  do {
    const [next, flat] = await lanes.connection.ask((client) =>
      client.hscan(lanes.keys.of(lane, part), cursor, 'COUNT', 1000),
    );
    for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!];
    cursor = next;
  } while (cursor !== '0');
}
