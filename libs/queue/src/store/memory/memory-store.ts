import { type Clock, systemClock } from '../../time/clock.js';
import type { Store } from '../store.js';
import { carry } from './after.js';
import { cancel, configure, remove, reschedule, retry } from './control.js';
import { enqueue } from './enqueue.js';
import { exchange } from './exchange.js';
import { fsck } from './fsck.js';
import { list } from './list.js';
import { counts, find, history, workers } from './look.js';
import { note } from './note.js';
import { prune } from './prune.js';
import { fire, putSchedule, removeSchedule, schedules } from './schedules.js';
import { reap, reconcile, register, retire } from './workers.js';
import { World } from './world.js';

export interface MemoryOptions {
  /** What "now" is. Default: the machine's clock. */
  clock?: Clock;
}

/**
 * A store in this process: for tests, for trying things out, and as the readable specification of the contract. The
 * other stores are compared with it, step by step. Everything is gone with the object.
 *
 * Each verb is a function in the file of its name, `register`, `retire`, `reconcile` and `reap` in `workers.ts`, those
 * of an operator in `control.ts`, those that only look in `look.ts`. None of them waits, so each is atomic.
 */
export function memory({ clock = systemClock }: MemoryOptions = {}): Store {
  const world = new World(clock);
  async function whole<T>(verb: () => T): Promise<T> {
    const answer = verb();
    carry(world);
    return answer;
  }
  return {
    kind: 'memory',
    flights: 1,
    url: 'memory:',
    open: async () => {},
    close: async () => world.hints.close(),
    time: async () => world.now(),

    enqueue: async (jobs) => enqueue(world, jobs),
    exchange: (request) => whole(() => exchange(world, request)),
    register: async (worker) => register(world, worker),
    retire: (worker) => whole(() => retire(world, worker)),
    reconcile: (worker, lane, held) => whole(() => reconcile(world, worker, lane, held)),
    reap: (request) => whole(() => reap(world, request)),
    prune: async (request) => prune(world, request),
    note: async (id, fence, left) => note(world, id, fence, left),

    cancel: (ids, options) => whole(() => cancel(world, ids, options)),
    retry: async (ids) => retry(world, ids),
    reschedule: async (ids, due) => reschedule(world, ids, due),
    remove: (ids) => whole(() => remove(world, ids)),
    configure: async (queue, change) => configure(world, queue, change),

    find: async (keys, options) => find(world, keys, options?.watch ?? false),
    list: async (query) => list(world, query),
    counts: async () => counts(world),
    workers: async () => workers(world),
    history: async (query) => history(world, query),

    putSchedule: async (schedule, seen) => putSchedule(world, schedule, seen),
    removeSchedule: async (id, seen) => removeSchedule(world, id, seen),
    schedules: async (query) => schedules(world, query),
    fire: async (firings) => fire(world, firings),

    listen: async (topics, hear) => world.hints.listen(topics, hear),
    // All shards are at hand: nothing ever waits in an outbox.
    relay: async () => 0,
    fsck: async () => fsck(world),
  };
}
