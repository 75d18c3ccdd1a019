import { priorities } from '../../job/state.js';
import { checkGates } from '../fsck-rules/gates.js';
import type { Lane, Violation } from '../store.js';
import type { Job } from './fsck.js';
import { nameOfGate } from './gate-wire.js';
import type { Lanes } from './lanes.js';
import { entries, members } from './pages.js';
import { localOfParked } from './places.js';
import { settingsOf } from './settings.js';
import { passedBy } from './wire.js';

/** I13, that the count of parked jobs is right, and that the gates that wake are found when it is time. */
export async function checkGatesOf(lanes: Lanes, lane: Lane, jobs: Map<string, Job>): Promise<Violation[]> {
  const places = new Map((await members(lanes, lane, 'l')).map((name) => [localOfParked(name), name]));
  const gated = [...jobs].map(([local, { header, ...job }]) => {
    const passed = passedBy(header);
    return { ...job, dueAt: header.dueAt, passed, ticket: ticketOf(job, passed, places.get(local)) };
  });
  const gates = await readGates(lanes, lane);
  const settings = await lanes.connection.ask((client) => client.hget(lanes.keys.settings, lane.queue));
  const { parked, wake } = await lanes.connection.ask((client) => client.hgetall(lanes.keys.of(lane, 'm')));
  const wakes = await readWakes(lanes, lane);
  const woken = gates.filter((gate) => gate.wake !== undefined);
  const known = woken.length === wakes.size && woken.every((gate) => wakes.get(gate.name) === gate.wake);
  const first = wakes.size > 0 ? Math.min(...wakes.values()) : 0;
  return [
    // What is paused does not depend on the time.
    ...checkGates(gated, gates, settingsOf(settings), 0),
    ...unless(Number(parked ?? 0) === places.size, 'the count of parked jobs is wrong'),
    ...unless(known, 'gates are looked at by the clock at another time than theirs'),
    ...unless(Number(wake ?? 0) === first, 'the first gate is looked at by the clock at another time than its own'),
  ];
}

/** As a gate orders those that wait: without its name, and with the id in full. */
function ticketOf({ id, gates }: Pick<Job, 'id' | 'gates'>, passed: number, place: string | undefined) {
  const gate = gates[passed];
  if (place === undefined || !gate || !place.startsWith(`${nameOfGate(gate)} `)) return place;
  return `${place.slice(place.indexOf(' ') + 1, place.lastIndexOf(' '))} ${id}`;
}

async function readGates(lanes: Lanes, lane: Lane) {
  const gates = [];
  for await (const [name, text] of entries(lanes, lane, 'i')) {
    const [taken, tat, until, wake, , ...bands] = text.split(',') as [string, string, string, string, ...string[]];
    const [queued, waits] = [priorities.map(() => 0), priorities.map(() => 0)];
    for (const figures of bands) {
      const [band, ready, parked] = figures.split(':').map(Number) as [number, number, number];
      [queued[band], waits[band]] = [ready, parked];
    }
    const counted = { name, taken: Number(taken), queued, waits, tat: Number(tat), until: Number(until) };
    gates.push({ ...counted, wake: wake === '' ? undefined : Number(wake) });
  }
  return gates;
}

async function readWakes(lanes: Lanes, lane: Lane): Promise<Map<string, number>> {
  const names = await members(lanes, lane, 's');
  const times = await Promise.all(
    names.map((name) => lanes.connection.ask((client) => client.zscore(lanes.keys.of(lane, 's'), name))),
  );
  return new Map(names.map((name, i) => [name, Number(times[i])]));
}

function unless(holds: boolean, says: string): Violation[] {
  return holds ? [] : [{ invariant: 'I13', says, jobs: [] }];
}
