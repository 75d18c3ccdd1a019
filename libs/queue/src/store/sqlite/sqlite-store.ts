import { MillraceError } from '../../job/errors.js';
import { type Clock, systemClock } from '../../time/clock.js';
import type { Store } from '../store.js';
import { carry, carryOn, isUnfinished, statesNow } from './after.js';
import { cancel, configure, remove, reschedule, retry } from './control.js';
import { Database } from './database.js';
import { enqueue } from './enqueue.js';
import { exchange } from './exchange.js';
import { fsck } from './fsck.js';
import { Hints } from './hints.js';
import { LogWatch } from './log-watch.js';
import { list } from './list.js';
import { counts, find, history } from './look.js';
import { note } from './note.js';
import { prune } from './prune.js';
import { fire, putSchedule, removeSchedule, schedules } from './schedules.js';
import { Transaction } from './transaction.js';
import { Wakeup } from './wakeup.js';
import { reap, reconcile, register, retire, workers } from './workers.js';

export interface SqliteOptions {
  /** The file; it and its folder are made when missing. `':memory:'` lives as long as the store is open. */
  path: string;
  /** What "now" is. Default: the machine's clock. */
  clock?: Clock;
  /** `normal`: a power cut may cost the last commits, a crashed process nothing. `full`: a power cut costs nothing either. Default `'normal'`. */
  synchronous?: 'normal' | 'full';
  /** Milliseconds a verb waits while another process writes, before it throws `StoreUnavailable`. Default 5000. */
  busyTimeout?: number;
  /** Told what is not wrong but may surprise: a file on a network file system. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
}

/**
 * A store in one file, for any number of processes of one machine.
 *
 * Each verb is one transaction and a function in the file of its name: `register`, `retire`, `reconcile` and `reap` in
 * `workers.ts`, those of an operator in `control.ts`, those that only look in `look.ts`. Nothing is remembered between
 * two verbs but prepared statements, so a verb that fails leaves nothing half done, in the file or in memory.
 */
export function sqlite({
  path,
  clock = systemClock,
  synchronous = 'normal',
  busyTimeout = 5000,
  onWarning,
}: SqliteOptions): Store {
  const db = new Database({ path, synchronous, busyTimeout, onWarning });
  const recipe = { module: import.meta.url, make: 'sqlite', options: { path, synchronous, busyTimeout } };
  return { ...storeOn(db, clock), recipe: db.inMemory || clock !== systemClock ? undefined : recipe };
}

/** The same on a connection that was made elsewhere. */
export function storeOn(db: Database, clock: Clock): Store {
  const wakeup = new Wakeup(db, () => hints.tell([{ topic: 'any' }]), new LogWatch(db.path));
  const hints = new Hints((somebodyListens) => {
    if (somebodyListens && !db.inMemory) wakeup.start();
    else wakeup.stop();
  });

  /** With all that follows from it in other jobs; what is left undone when the file fails meanwhile, `relay` finds. */
  async function write<T>(verb: (tx: Transaction) => T): Promise<T> {
    const first = await db.insist(() => step(verb));
    try {
      for (let more = first.more; more;) ({ more } = await db.insist(() => step(carryOn)));
    } catch (error) {
      if (!MillraceError.is(error, 'STORE_UNAVAILABLE')) throw error;
    }
    return first.answer;
  }

  /** One transaction. */
  function step<T>(verb: (tx: Transaction) => T): { answer: T; more: boolean } {
    const tx = new Transaction(db, clock.now(), hints.heard);
    const answer = db.write(() => {
      const answer = verb(tx);
      carry(tx);
      tx.save();
      return answer;
    });
    if (tx.newsworthy) wakeup.active();
    else wakeup.beat();
    hints.tell(tx.hints);
    return { answer, more: tx.unfinished };
  }

  async function read<T>(verb: (tx: Transaction) => T): Promise<T> {
    return db.insist(() => db.read(() => verb(new Transaction(db, clock.now(), false))));
  }

  return {
    kind: 'sqlite',
    flights: 1,
    url: `sqlite:${db.path}`,
    open: async () => db.open(),
    close: async () => {
      hints.close();
      db.close();
    },
    time: () => read((tx) => (db.row('wakeup.version'), tx.now)),

    enqueue: async (jobs) => {
      const answers = await write((tx) => enqueue(tx, jobs));
      return jobs.some((job) => job.after?.length) ? read((tx) => statesNow(tx, jobs, answers)) : answers;
    },
    exchange: (request) => write((tx) => exchange(tx, request)),
    register: (worker) => write((tx) => register(tx, worker)),
    retire: (worker) => write((tx) => retire(tx, worker)),
    reconcile: (worker, lane, held) => write((tx) => reconcile(tx, worker, lane, held)),
    reap: (request) => write((tx) => reap(tx, request)),
    prune: (request) => write((tx) => prune(tx, request)),
    note: (id, fence, left) => write((tx) => note(tx, id, fence, left)),

    cancel: (ids, options) => write((tx) => cancel(tx, ids, options)),
    retry: (ids) => write((tx) => retry(tx, ids)),
    reschedule: (ids, due) => write((tx) => reschedule(tx, ids, due)),
    remove: (ids) => write((tx) => remove(tx, ids)),
    configure: (queue, change) => write((tx) => configure(tx, queue, change)),

    find: (keys) => read((tx) => find(tx, keys)),
    list: (query) => read((tx) => list(tx, query)),
    counts: () => read(counts),
    workers: () => read(workers),
    history: (query) => read((tx) => history(tx, query)),

    putSchedule: (schedule, seen) => write((tx) => putSchedule(tx, schedule, seen)),
    removeSchedule: (id, seen) => write((tx) => removeSchedule(tx, id, seen)),
    schedules: (query) => read((tx) => schedules(tx, query)),
    fire: (firings) => write((tx) => fire(tx, firings)),

    listen: async (topics, hear) => hints.listen(topics, hear),
    // All shards are in one file: only what was too much for one transaction may wait in the outbox.
    relay: async () => ((await read(isUnfinished)) ? write(carryOn) : 0),
    fsck: () => read(fsck),
  };
}
