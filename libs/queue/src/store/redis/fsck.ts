import type { JobState } from '../../job/state.js';
import { checkAfter } from '../fsck-rules/after.js';
import { checkLedger } from '../fsck-rules/ledger.js';
import { checkUnique } from '../fsck-rules/unique.js';
import type { Gate, Lane, UniqueKey, Violation } from '../store.js';
import { checkGatesOf } from './fsck-gates.js';
import { checkBook } from './fsck-schedules.js';
import type { Lanes } from './lanes.js';
import { counts } from './look.js';
import { entries, members } from './pages.js';
import { localOfParked } from './places.js';
import { type Header, idOf, idOfName, idsOfNames, keysOf, parseBirth, parseHeader } from './wire.js';

export interface Job {
  id: string;
  state: JobState;
  header: Header;
  keys: UniqueKey[];
  task: string;
  priority: number;
  enqueuedAt: number;
  startedAt?: number;
  gates: Gate[];
  waitsFor?: string[];
  dependents?: ReadonlySet<string>;
}

/** Every invariant that can be read off the keys, lane by lane, in pages. Only a store at rest is judged fairly. */
export async function fsck(lanes: Lanes): Promise<Violation[]> {
  const found: Violation[] = [];
  const everything = new Map<string, Job>();
  let resting = true;
  for (const lane of await lanes.all()) {
    const jobs = await readJobs(lanes, lane);
    found.push(...(await checkLane(lanes, lane, jobs)));
    for (const job of jobs.values()) everything.set(job.id, job);
    resting &&= (await lanes.connection.ask((client) => client.llen(lanes.keys.of(lane, 'o')))) === 0;
  }
  // While an outbox holds something, whoever is not told yet may still be.
  if (resting) found.push(...checkAfter(everything.values(), (id) => everything.get(id)));
  return [...found, ...(await counts(lanes)).flatMap(checkLedger), ...(await checkBook(lanes))];
}

async function checkLane(lanes: Lanes, lane: Lane, jobs: Map<string, Job>): Promise<Violation[]> {
  const held = await readHolds(lanes, lane);
  return [
    ...(await checkPlaces(lanes, lane, jobs, held)),
    ...(await checkHolds(lanes, lane, jobs, held)),
    ...checkUnique(jobs.values()),
    ...(await checkGatesOf(lanes, lane, jobs)),
    ...(await checkKeys(lanes, lane, jobs)),
  ];
}

/** I1: every job is in the place of its state and in no other. */
async function checkPlaces(lanes: Lanes, lane: Lane, jobs: Map<string, Job>, held: Map<string, Map<string, string>>) {
  const places = new Map<string, JobState[]>();
  const put = (local: string, state: JobState) => places.set(local, [...(places.get(local) ?? []), state]);
  for (const local of await waiting(lanes, lane)) put(local, 'ready');
  for (const name of await members(lanes, lane, 'l')) put(localOfParked(name), 'ready');
  for (const local of await members(lanes, lane, 'd')) put(local, 'scheduled');
  for (const holds of held.values()) for (const local of holds.keys()) put(local, 'active');
  for (const local of await members(lanes, lane, 'b')) put(local, 'blocked');
  for (const part of ['c', 'k'] as const) for (const local of await members(lanes, lane, part)) put(local, 'completed');
  for (const local of await members(lanes, lane, 'e')) put(local, 'failed');
  for (const local of await members(lanes, lane, 'x')) put(local, 'cancelled');

  const misplaced = [...jobs].filter(([local, { state }]) => {
    const found = places.get(local) ?? [];
    return found.length !== 1 || found[0] !== state;
  });
  const strangers = [...places.keys()].filter((local) => !jobs.has(local));
  const active = [...jobs.values()].filter(({ state }) => state === 'active').length;
  const counted = Number(await lanes.connection.ask((client) => client.hget(lanes.keys.of(lane, 'm'), 'active')));
  return [
    ...violation('I1', 'not in exactly the place of their state', misplaced.map(([, { id }]) => id)),
    ...violation('I1', 'in a place without a record', strangers.map((local) => idOf(lane, local))),
    ...(active === counted ? [] : [{ invariant: 'I1', says: 'the count of active jobs is wrong', jobs: [] }]),
  ]; // prettier-ignore
}

/** I2: holders have a lease and the job says the same. I3: fences differ, and none is ahead of the counter. */
async function checkHolds(lanes: Lanes, lane: Lane, jobs: Map<string, Job>, held: Map<string, Map<string, string>>) {
  const wrong: string[] = [];
  const ahead: string[] = [];
  const fences = new Set<number>();
  const last = Number(await lanes.connection.ask((client) => client.hget(lanes.keys.of(lane, 'm'), 'fence')));
  let total = 0;
  for (const holds of held.values()) {
    for (const [local, fence] of holds) {
      total++;
      fences.add(Number(fence));
      if (jobs.get(local)?.header.fence !== Number(fence)) wrong.push(idOf(lane, local));
      if (Number(fence) > last) ahead.push(idOf(lane, local));
    }
  }
  const orphans = [...jobs.values()].filter(
    ({ state, header }) => state === 'active' && !held.has(header.worker ?? ''),
  );
  return [
    ...violation('I2', 'held by a worker without a lease', orphans.map(({ id }) => id)),
    ...violation('I2', 'held under another fence than their own', wrong),
    ...violation('I3', 'with a fence that was never given', ahead),
    ...(fences.size === total ? [] : [{ invariant: 'I3', says: 'attempts share a fence', jobs: [] }]),
  ]; // prettier-ignore
}

/** I8: no key outlives the record it points to, unless its time is not over. */
async function checkKeys(lanes: Lanes, lane: Lane, jobs: Map<string, Job>): Promise<Violation[]> {
  const strays: Violation[] = [];
  const timed = new Set(await members(lanes, lane, 'v'));
  for await (const [key, entry] of entries(lanes, lane, 'u')) {
    if (jobs.has(entry.slice(0, entry.indexOf(','))) || timed.has(key)) continue;
    strays.push({ invariant: 'I8', says: `the key ${key} points to nothing`, jobs: [] });
  }
  return strays;
}

async function readJobs(lanes: Lanes, lane: Lane): Promise<Map<string, Job>> {
  const headers = new Map<string, string>();
  for await (const [local, text] of entries(lanes, lane, 'h')) headers.set(local, text);
  const jobs = new Map<string, Job>();
  for await (const [local, birth] of entries(lanes, lane, 'j')) {
    const header = parseHeader(headers.get(local) ?? '');
    const { task, priority, enqueuedAt } = parseBirth(birth);
    const about = {
      id: idOf(lane, local),
      state: header.state,
      task,
      priority,
      enqueuedAt,
      startedAt: header.startedAt,
    };
    const job: Job = { ...about, header, keys: keysOf(birth), gates: header.gates };
    if (header.flags.includes('A')) job.waitsFor = idsOfNames((await facet(lanes, lane, `A${local}`)) || undefined);
    if (header.flags.includes('D')) job.dependents = await readDependents(lanes, lane, local);
    jobs.set(local, job);
  }
  return jobs;
}

/** The jobs that wait for this one: page by page, see `lua/lane.lua`. */
async function readDependents(lanes: Lanes, lane: Lane, local: string): Promise<Set<string>> {
  const [head, ...names] = (await facet(lanes, lane, `D${local}`)).split(' ');
  const [number, pages] = head!.split(',');
  for (let page = 0; page < Number(pages); page++) {
    names.push(...(await facet(lanes, lane, `d${number}:${page}`)).trim().split(' '));
  }
  return new Set(names.map(idOfName));
}

async function facet(lanes: Lanes, lane: Lane, field: string): Promise<string> {
  return (await lanes.connection.ask((client) => client.hget(lanes.keys.of(lane, 'f'), field))) ?? '';
}

/** Worker → what it holds: id → fence. */
async function readHolds(lanes: Lanes, lane: Lane): Promise<Map<string, Map<string, string>>> {
  const held = new Map<string, Map<string, string>>();
  for (const worker of await members(lanes, lane, 'w')) {
    const holds = await lanes.connection.ask((client) => client.hgetall(lanes.keys.holds(lane, worker)));
    held.set(worker, new Map(Object.entries(holds)));
  }
  return held;
}

/** Ids in the ready lists and among the suspects, ghosts left out: of an id's entries in a band the first ones are the dead. */
async function waiting(lanes: Lanes, lane: Lane): Promise<string[]> {
  const ghosts = new Map<string, number>();
  for await (const [field, n] of entries(lanes, lane, 'g')) ghosts.set(field, Number(n));
  const found: string[] = [];
  for (const [band, part] of (['r0', 'r1', 'r2', 'r3', 'q'] as const).entries()) {
    for (let from = 0, page = ['']; page.length > 0; from += page.length) {
      page = await lanes.connection.ask((client) => client.lrange(lanes.keys.of(lane, part), from, from + 999));
      for (const local of page) {
        const dead = ghosts.get(`${band}${local}`) ?? 0;
        if (dead > 0) ghosts.set(`${band}${local}`, dead - 1);
        else found.push(local);
      }
    }
  }
  return found;
}

function violation(invariant: string, says: string, jobs: string[]): Violation[] {
  return jobs.length > 0 ? [{ invariant, says, jobs }] : [];
}
