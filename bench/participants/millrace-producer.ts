import { fromUrl, Queue, type Store, type TaskClient } from 'millrace';
import type { Payload } from '../support/payload.js';
import type { Producer } from './participant.js';

/** How a task's jobs are added, whichever task it is. */
export async function millraceProducer(
  url: string,
  clientOf: (queue: Queue) => TaskClient<Payload, number>,
): Promise<Producer> {
  const store = await openStore(url);
  const queue = new Queue({ store });
  const task = clientOf(queue);
  return {
    add: (payload) => task.enqueue(payload),
    addBulk: (payloads) => task.enqueueMany(payloads.map((payload) => ({ payload }))),
    addDelayed: (payloads) => task.enqueueMany(payloads.map((payload) => ({ payload, runAt: payload.at }))),
    run: (payload) => task.run(payload),
    left: () => leftIn(store),
    async close() {
      queue.close();
      await store.close();
    },
  };
}

const stores = new Map<string, Promise<Store>>();

/** One store per process and URL, so that a producer and a worker of one process share it. */
export function openStore(url: string): Promise<Store> {
  const known = stores.get(url) ?? open(url);
  stores.set(url, known);
  return known;
}

async function open(url: string): Promise<Store> {
  const store = await fromUrl(url);
  await store.open();
  return store;
}

async function leftIn(store: Store): Promise<number> {
  const queues = await store.counts();
  return queues.reduce((sum, { counts }) => sum + counts.ready + counts.active + counts.scheduled, 0);
}
