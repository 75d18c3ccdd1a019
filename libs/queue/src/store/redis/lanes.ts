import { limits } from '../../job/limits.js';
import type { Clock } from '../../time/clock.js';
import type { Lane } from '../store.js';
import type { Connection } from './connection.js';
import { KeyNames } from './keys.js';
import type { ScriptName } from './scripts.js';
import { argumentsForNew } from './settings.js';
import { addressOf } from './wire.js';
import { parseJobId } from '../../job/id.js';

/** The lanes of a namespace: where their keys are, which exist, and how a verb is spoken to one of them. */
export class Lanes {
  readonly keys: KeyNames;
  private readonly known = new Set<string>();

  constructor(
    readonly connection: Connection,
    namespace: string,
    private readonly clock: Clock | undefined,
  ) {
    this.keys = new KeyNames(namespace);
  }

  /** What a script gets as "now": '' for the server's own time. */
  get now(): number | '' {
    return this.clock ? this.clock.now() : '';
  }

  /** Runs a verb on a lane. `more` are keys beyond those of every lane. Errors are the driver's. */
  send(name: ScriptName, lane: Lane, args: (string | number)[], more: string[] = []): Promise<unknown> {
    const keys = this.keys.lane(lane);
    return this.connection.run(name, more.length > 0 ? [...keys, ...more] : keys, [this.now, ...args]);
  }

  /** As `send`, with errors of ours. */
  async run<T>(name: ScriptName, lane: Lane, args: (string | number)[], more?: string[]): Promise<T> {
    try {
      return (await this.send(name, lane, args, more)) as T;
    } catch (error) {
      throw this.connection.translated(error);
    }
  }

  /** Before a lane is first written to, the registry learns of it, and the lane of the settings of its queue. Errors are the driver's. */
  async know(lane: Lane): Promise<void> {
    const { queue, shard } = lane;
    const name = `${queue}~${shard}`;
    if (this.known.has(name)) return;
    const registry = [this.keys.queues, this.keys.settings];
    const settings = (await this.connection.run('know', registry, [queue, shard + 1])) as string | null;
    if (settings !== null) await this.send('configure', lane, argumentsForNew(settings));
    this.known.add(name);
  }

  /** Whether anything ever happened in the lane of a job. */
  async exists(id: string): Promise<boolean> {
    const { queue, shard } = addressOf(id);
    if (this.known.has(`${queue}~${shard}`)) return true;
    const shards = await this.connection.ask((client) => client.hget(this.keys.queues, queue));
    return Number(shards) > shard;
  }

  /** Writes a field of the registry. */
  async write(key: string, field: string, text: string): Promise<void> {
    await this.connection.ask(() => this.connection.run('registry', [key], [field, text]));
  }

  /** A server that was away may have forgotten: the registry is told again. */
  forget(): void {
    this.known.clear();
  }

  /** Queues with the number of their shards, by name; one of them when it is named. */
  async queues(only?: string): Promise<{ queue: string; shards: number }[]> {
    const all = await this.connection.ask((client) => client.hgetall(this.keys.queues));
    return Object.entries(all)
      .filter(([queue]) => only === undefined || queue === only)
      .map(([queue, shards]) => ({ queue, shards: Number(shards) }))
      .sort((a, b) => (a.queue < b.queue ? -1 : 1));
  }

  /** The same with what was said of them, at one command for both: idle workers ask again and again. */
  async described(): Promise<{ queue: string; shards: number; settings: string | undefined }[]> {
    const registry = [this.keys.queues, this.keys.settings];
    const answer = await this.connection.ask(() => this.connection.run('queues', registry, []));
    const [shards, settings] = (answer as string[][]).map(pairs);
    return [...shards!]
      .map(([queue, count]) => ({ queue, shards: Number(count), settings: settings!.get(queue) }))
      .sort((a, b) => (a.queue < b.queue ? -1 : 1));
  }

  /** Every lane, by queue and number. */
  async all(queue?: string): Promise<Lane[]> {
    const queues = await this.queues(queue);
    return queues.flatMap(({ queue, shards }) => Array.from({ length: shards }, (_, shard) => ({ queue, shard })));
  }
}

/** Items grouped by the lane of their id, with their places in the call. */
export function byLane<T>(
  items: T[],
  id: (item: T) => string,
): { lane: Lane; items: T[]; locals: string[]; places: number[] }[] {
  const groups: { lane: Lane; items: T[]; locals: string[]; places: number[] }[] = [];
  items.forEach((item, place) => {
    const { queue, shard, local } = addressOf(id(item));
    // Few lanes in one call, mostly one.
    let group = groups.find(({ lane }) => lane.queue === queue && lane.shard === shard);
    if (!group) groups.push((group = { lane: { queue, shard }, items: [], locals: [], places: [] }));
    group.items.push(item);
    group.locals.push(local);
    group.places.push(place);
  });
  return groups;
}

/** One answer per id, in order; `unknown` for what is no id. `ask` gets the ids of one lane at a time. */
export async function perLane<A>(
  ids: string[],
  unknown: (id: string) => A,
  ask: (lane: Lane, locals: string[], ids: string[]) => Promise<A[]>,
): Promise<A[]> {
  const answers: A[] = ids.map((id) => unknown(id));
  const places = ids.flatMap((id, place) => (parseJobId(id) ? [{ id, place }] : []));
  // One lane after the other: what follows from one stands in line before what follows from the next.
  for (const { lane, items, locals } of byLane(places, ({ id }) => id)) {
    // No script touches more than a page of jobs.
    for (let from = 0; from < items.length; from += limits.page) {
      const page = items.slice(from, from + limits.page);
      const found = await ask(lane, locals.slice(from, from + limits.page), page.map(({ id }) => id)); // prettier-ignore
      page.forEach(({ place }, i) => (answers[place] = found[i]!));
    }
  }
  return answers;
}

function pairs(flat: string[]): Map<string, string> {
  return new Map(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1]!] as const] : [])));
}
