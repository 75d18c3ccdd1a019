import { limits } from '../../job/limits.js';
import type { JobState } from '../../job/state.js';
import type { HistoryBucket, JobKey, JobRecord, Lane, QueueRecord } from '../store.js';
import { settingsOf } from './settings.js';
import { escapeWorker } from './keys.js';
import type { Lanes } from './lanes.js';
import type { WorkerEntry } from './workers.js';
import { type Found, lookUp, recordOf } from './wire.js';

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

export async function find(lanes: Lanes, keys: JobKey[], watch: boolean): Promise<(JobRecord | undefined)[]> {
  const answers = new Array<JobRecord | undefined>(keys.length).fill(undefined);
  const asked = new Map<string, { lane: Lane; names: string[]; places: number[] }>();
  const ask = (lane: Lane, name: string, place: number) => {
    const at = `${lane.queue}~${lane.shard}`;
    const group = asked.get(at) ?? { lane, names: [], places: [] };
    group.names.push(name);
    group.places.push(place);
    asked.set(at, group);
  };
  const named = keys.filter((key): key is Extract<JobKey, { name: string }> => !('id' in key));
  const everywhere = named.length > 0 ? await lanes.all() : [];
  keys.forEach((key, place) => {
    const address = 'id' in key ? lookUp(key.id) : undefined;
    if (address) ask(address, address.local, place);
    else if (!('id' in key)) {
      const inQueue = everywhere.filter(({ queue }) => key.queue === undefined || queue === key.queue);
      for (const lane of inQueue) ask(lane, `=${key.name}`, place);
    }
  });
  await Promise.all(
    [...asked.values()].map(async ({ lane, names, places }) => {
      const found = await findIn(lanes, lane, names, watch);
      found.forEach((record, i) => {
        const before = answers[places[i]!];
        if (record && (!before || isNewer(record, before))) answers[places[i]!] = record;
      });
    }),
  );
  return answers;
}

/** By enqueue; of two at once the one of the first queue. */
function isNewer(a: JobRecord, b: JobRecord): boolean {
  return a.enqueuedAt > b.enqueuedAt || (a.enqueuedAt === b.enqueuedAt && a.id < b.id);
}

/** Records of one lane, by local id or `=name`. */
export async function findIn(
  lanes: Lanes,
  lane: Lane,
  names: string[],
  watch = false,
): Promise<(JobRecord | undefined)[]> {
  if (names.length === 0) return [];
  const found: (Found | null)[] = [];
  for (let from = 0; from < names.length; from += limits.page) {
    const page = names.slice(from, from + limits.page);
    found.push(...(await lanes.run<(Found | null)[]>('find', lane, [watch ? '1' : '', ...page])));
  }
  return found.map((one) => one ? recordOf(lane, one) : undefined); // prettier-ignore
}

/** How many jobs of a lane are in each state. */
export async function countsIn(lanes: Lanes, lane: Lane): Promise<Record<JobState, number>> {
  const answer = await lanes.run<number[]>('counts', lane, []);
  const [scheduled, ready, active, completed, failed, cancelled] = answer;
  return { scheduled, blocked: answer[14], ready, active, completed, failed, cancelled } as Record<JobState, number>;
}

export async function counts(lanes: Lanes): Promise<QueueRecord[]> {
  const queues = await lanes.described();
  return Promise.all(
    queues.map(async ({ queue, shards, settings }) => {
      const all = await Promise.all(
        Array.from({ length: shards }, (_, shard) => lanes.run<(number | '')[]>('counts', { queue, shard }, [])),
      );
      const sum = (i: number) => all.reduce((total, lane) => total + Number(lane[i]), 0);
      const oldest = all.map((lane) => lane[7]).filter((at): at is number => typeof at === 'number');
      return {
        queue,
        shards,
        counts: {
          scheduled: sum(0),
          blocked: sum(14),
          ready: sum(1),
          active: sum(2),
          completed: sum(3),
          failed: sum(4),
          cancelled: sum(5),
        },
        ghosts: sum(6),
        settings: settingsOf(settings),
        oldestReadyAt: oldest.length > 0 ? Math.min(...oldest) : undefined,
        totals: {
          enqueued: sum(8),
          revived: sum(9),
          completed: sum(10),
          failed: sum(11),
          cancelled: sum(12),
          removed: sum(13),
        },
      };
    }),
  );
}

export async function workers(lanes: Lanes, now: number) {
  const records = await lanes.connection.ask((client) => client.hgetall(lanes.keys.workers));
  const every = Object.values(records).map((text) => JSON.parse(text) as WorkerEntry);
  const seen = await Promise.all(every.map((entry) => seenOf(lanes, entry, now)));
  return seen.filter((worker) => worker !== undefined).sort((a, b) => compare(a.id, b.id));
}

async function seenOf(lanes: Lanes, { record, served }: WorkerEntry, now: number) {
  const id = escapeWorker(record.id);
  const { connection, keys } = lanes;
  const ends = await connection.ask((client) =>
    Promise.all(served.map((lane) => client.zscore(keys.of(lane, 'w'), id))),
  );
  const running = ends.map(Number).filter((end) => end > 0 && end >= now);
  if (running.length === 0) return undefined;
  const held = await connection.ask((client) => Promise.all(served.map((lane) => client.hlen(keys.holds(lane, id)))));
  return { ...record, leaseUntil: Math.max(...running), held: held.reduce((sum, n) => sum + n, 0) };
}

export async function history(
  lanes: Lanes,
  { queue, since }: { queue?: string; since?: number },
): Promise<HistoryBucket[]> {
  const buckets = new Map<string, HistoryBucket>();
  for (const lane of await lanes.all(queue)) {
    const minutes = await lanes.connection.ask((client) => client.hgetall(lanes.keys.of(lane, 'y')));
    for (const [minute, text] of Object.entries(minutes)) {
      const at = Number(minute) * 60_000;
      if (at < (since ?? -Infinity)) continue;
      const [completed, failed, cancelled, retry] = text.split(',').map(Number) as [number, number, number, number];
      const name = `${at} ${lane.queue}`;
      const bucket = buckets.get(name) ?? { queue: lane.queue, at, completed: 0, failed: 0, cancelled: 0, retry: 0 };
      bucket.completed += completed;
      bucket.failed += failed;
      bucket.cancelled += cancelled;
      bucket.retry += retry;
      buckets.set(name, bucket);
    }
  }
  return [...buckets.values()].sort((a, b) => a.at - b.at || compare(a.queue, b.queue));
}
