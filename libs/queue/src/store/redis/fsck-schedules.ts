import { checkSchedules } from '../fsck-rules/schedules.js';
import type { Violation } from '../store.js';
import type { Lanes } from './lanes.js';
import { ownerText, scheduleOf } from './schedule-wire.js';

type Place = 'schedules' | 'heads' | 'due' | 'ids' | 'owners';

/** I9, and that every schedule is found by its id and by who declares it. What waits in the outbox is only late. */
export async function checkBook(lanes: Lanes): Promise<Violation[]> {
  const bodies = new Map(await pairs(lanes, 'schedules'));
  const heads = await pairs(lanes, 'heads');
  const due = new Map((await pairs(lanes, 'due')).map(([id, next]) => [id, Number(next)]));
  const ids = new Set((await pairs(lanes, 'ids')).map(([id]) => id));
  const owners = new Set((await pairs(lanes, 'owners')).map(([name]) => name));

  const whole = heads.filter(([id]) => bodies.has(id));
  const known = whole.map(([id, head]) => scheduleOf(id, head, bodies.get(id)!, null));
  const declared = known.flatMap(({ id, owner }) => (owner === undefined ? [] : [`${ownerText(owner)} ${id}`]));
  return [
    ...checkSchedules(known, due),
    ...differ('texts', known.length, Math.max(bodies.size, heads.length)),
    ...differ('ids', known.filter(({ id }) => ids.has(id)).length, ids.size, known.length),
    ...differ('owners', declared.filter((name) => owners.has(name)).length, owners.size, declared.length),
  ];
}

function differ(what: string, both: number, ...each: number[]): Violation[] {
  if (each.every((n) => n === both)) return [];
  return [{ invariant: 'I9', says: `the ${what} of the schedules are not those there are`, jobs: [] }];
}

/** Field and text, or member and score, in pages. */
async function pairs(lanes: Lanes, place: Place): Promise<[string, string][]> {
  const key = lanes.keys.inBook(place);
  const found = new Map<string, string>();
  let cursor = '0';
  do {
    const [next, flat] = await lanes.connection.ask((client) =>
      place === 'schedules' || place === 'heads'
        ? client.hscan(key, cursor, 'COUNT', 1000)
        : client.zscan(key, cursor, 'COUNT', 1000),
    );
    for (let i = 0; i < flat.length; i += 2) found.set(flat[i]!, flat[i + 1]!);
    cursor = next;
  } while (cursor !== '0');
  return [...found];
}
