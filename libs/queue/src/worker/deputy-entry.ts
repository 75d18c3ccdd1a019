import { parentPort, workerData } from 'node:worker_threads';
import type { Store } from '../store/store.js';
import { systemClock } from '../time/clock.js';
import type { Charge, DeputyOrders } from './deputy.js';
import { DeputyLoop } from './deputy-loop.js';

const orders = workerData as DeputyOrders;
const port = parentPort!;

const loop = new DeputyLoop(systemClock, orders, open, (why) => port.postMessage(why));
port.on('message', (told: Charge | 'stop') => {
  if (told === 'stop') void loop.stop().finally(() => port.close());
  else loop.charge = told;
});
loop.start();

async function open(): Promise<Store> {
  const { module, make, options } = orders.recipe;
  const doors = (await import(module)) as Record<string, (options: object) => Store>;
  // The worker has heard what there is to be warned of.
  const store = doors[make]!({ ...options, onWarning: () => undefined });
  try {
    await store.open();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}
