import { limits } from '../../job/limits.js';
import type { Hold, Lane, ReapAnswer, ReapRequest, WorkerRecord } from '../store.js';
import { escapeWorker, unescapeWorker } from './keys.js';
import type { Lanes } from './lanes.js';
import { relayNow } from './relay.js';
import { addressOf, idOf } from './wire.js';

/** A worker in the registry: its record, and every lane where it may have a lease, also from an earlier record. */
export interface WorkerEntry {
  record: WorkerRecord;
  served: Lane[];
}

async function entryOf({ connection, keys }: Lanes, worker: string): Promise<WorkerEntry | undefined> {
  const text = await connection.ask((client) => client.hget(keys.workers, worker));
  return text ? (JSON.parse(text) as WorkerEntry) : undefined;
}

export async function register(lanes: Lanes, worker: WorkerRecord): Promise<void> {
  const { connection, keys } = lanes;
  const before = await entryOf(lanes, worker.id);
  const served = new Map(
    [...(before?.served ?? []), ...worker.lanes].map((lane) => [`${lane.queue}~${lane.shard}`, lane]),
  );
  const entry: WorkerEntry = { record: worker, served: [...served.values()] };
  await lanes.write(keys.workers, worker.id, JSON.stringify(entry));
  // A worker also registers because the store forgot it, and then the store may have forgotten its queues.
  lanes.forget();
  for (const lane of worker.lanes) await connection.ask(() => lanes.know(lane));
  await Promise.all(worker.lanes.map((lane) => lanes.run('register', lane, [escapeWorker(worker.id), worker.lease])));
}

export async function retire(lanes: Lanes, worker: string): Promise<void> {
  const { connection, keys } = lanes;
  const served = (await entryOf(lanes, worker))?.served ?? [];
  const id = escapeWorker(worker);
  await Promise.all(
    served.map(async (lane) => {
      for (let more = 1; more;) {
        const [posted, left] = await lanes.run<[number, number]>('retire', lane, [id], [keys.holds(lane, id)]);
        if (posted > 0) await relayNow(lanes, lane);
        more = left;
      }
    }),
  );
  await connection.ask((client) => client.hdel(keys.workers, worker));
}

export async function reconcile(lanes: Lanes, worker: string, lane: Lane, held: Hold[]): Promise<string[]> {
  const known = held.flatMap(({ id, fence }) => [addressOf(id).local, String(fence)]);
  const holds = [lanes.keys.holds(lane, escapeWorker(worker))];
  const released: string[] = [];
  for (let more = 1; more;) {
    const [page, posted, left] = await lanes.run<[string[], number, number]>('reconcile', lane, known, holds);
    if (posted > 0) await relayNow(lanes, lane);
    released.push(...page);
    more = left;
  }
  return released.map((local) => idOf(lane, local));
}

type Reaped = [
  grace: number,
  ended: string[],
  released: string[],
  failed: string[],
  cancelled: string[],
  lost: string[],
  more: number,
  posted: number,
];

export async function reap(lanes: Lanes, { lane, page = limits.page }: ReapRequest): Promise<ReapAnswer> {
  const id = (local: string) => idOf(lane, local);
  // The first call only says whose lease ran out; what these hold are keys, which the second call declares.
  let answer = await lanes.run<Reaped>('reap', lane, [page]);
  const ended = answer[1];
  if (ended.length > 0) {
    const holds = ended.map((worker) => lanes.keys.holds(lane, worker));
    answer = await lanes.run<Reaped>('reap', lane, [page, ...ended], holds);
  }
  const [grace, , released, failed, cancelled, lost, more, posted] = answer;
  if (posted > 0) await relayNow(lanes, lane);
  await Promise.all(lost.map((worker) => forgetWorker(lanes, unescapeWorker(worker))));
  return {
    released: released.map(id),
    failed: failed.flatMap((text, i) => (i % 2 === 0 ? [{ id: id(text), task: failed[i + 1]! }] : [])),
    cancelled: cancelled.map(id),
    lost: lost.map(unescapeWorker),
    more: more === 1,
    ...(grace > 0 && { graceUntil: grace }),
  };
}

/** A worker that no lane knows any more leaves the registry. */
async function forgetWorker(lanes: Lanes, worker: string): Promise<void> {
  const { connection, keys } = lanes;
  const { served = [] } = (await entryOf(lanes, worker)) ?? {};
  const id = escapeWorker(worker);
  const leases = await connection.ask((client) =>
    Promise.all(served.map((lane) => client.zscore(keys.of(lane, 'w'), id))),
  );
  if (leases.every((lease) => lease === null)) await connection.ask((client) => client.hdel(keys.workers, worker));
}
