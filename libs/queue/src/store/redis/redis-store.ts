import { limits } from '../../job/limits.js';
import type { ExchangeRequest, Firing, Hold, JobKey, Lane, ListQuery, NewJob, NewSchedule, Note, PruneRequest, ReapRequest, ScheduleQuery, SettingsChange, Store, StoreRecipe, Topics, WorkerRecord, Due, Hint } from '../store.js'; // prettier-ignore
import { emitWarning } from '../warning.js';
import { inspect } from './boot.js';
import { Connection } from './connection.js';
import { cancel, remove, reschedule, retry } from './control.js';
import { exchange } from './exchange.js';
import { fsck } from './fsck.js';
import { Hints } from './hints.js';
import { Lanes } from './lanes.js';
import { list } from './list.js';
import { counts, find, history, workers } from './look.js';
import { note } from './note.js';
import type { RedisOptions } from './options.js';
import { Producer } from './producer.js';
import { relay } from './relay.js';
import { fire, putSchedule, removeSchedule, schedules } from './schedules.js';
import { configure } from './settings.js';
import { reap, reconcile, register, retire } from './workers.js';

/**
 * Jobs on Redis or Valkey, 6.2 or newer, alone, behind Sentinel or as a cluster. Each verb is one script per lane, in the
 * file of its name under `lua/`; this class only says which function speaks for it.
 */
export class RedisStore implements Store {
  readonly kind = 'redis';
  readonly flights = 2;
  readonly recipe?: StoreRecipe;
  readonly url: string;
  private readonly connection: Connection;
  private readonly lanes: Lanes;
  private readonly hints: Hints;
  private readonly producer: Producer;
  private opened?: Promise<void>;

  constructor(private readonly options: RedisOptions) {
    const { namespace = 'millrace', clock, enqueueTimeout = 5000 } = options;
    this.connection = new Connection(options);
    this.url = this.connection.url;
    this.recipe = recipeOf(options);
    this.lanes = new Lanes(this.connection, namespace, clock);
    this.hints = new Hints(this.lanes);
    this.producer = new Producer(this.lanes, enqueueTimeout);
  }

  open(): Promise<void> {
    this.opened ??= this.connect().catch(async (error: unknown) => {
      this.opened = undefined;
      await this.connection.close();
      throw error;
    });
    return this.opened;
  }

  async close(): Promise<void> {
    this.opened = undefined;
    this.hints.close();
    await this.connection.close();
  }

  async time(): Promise<number> {
    const [seconds, micros] = await this.connection.ask((client) => client.time());
    return this.options.clock?.now() ?? Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  }

  enqueue(jobs: NewJob[], patience?: number) {
    return this.producer.enqueue(jobs, patience);
  }
  exchange(request: ExchangeRequest) {
    return exchange(this.lanes, request);
  }
  register(worker: WorkerRecord) {
    return register(this.lanes, worker);
  }
  retire(worker: string) {
    return retire(this.lanes, worker);
  }
  reconcile(worker: string, lane: Lane, held: Hold[]) {
    return reconcile(this.lanes, worker, lane, held);
  }
  reap(request: ReapRequest) {
    return reap(this.lanes, request);
  }
  prune({ lane, page = limits.page, keepCount = limits.keepCount }: PruneRequest) {
    return this.lanes.run<number>('prune', lane, [page, keepCount]);
  }
  note(id: string, fence: number, left: Note) {
    return note(this.lanes, id, fence, left);
  }

  cancel(ids: string[], options?: { reason?: string; force?: boolean }) {
    return cancel(this.lanes, ids, options);
  }
  retry(ids: string[]) {
    return retry(this.lanes, ids);
  }
  reschedule(ids: string[], due: Due | undefined) {
    return reschedule(this.lanes, ids, due);
  }
  remove(ids: string[]) {
    return remove(this.lanes, ids);
  }
  configure(queue: string, change: SettingsChange) {
    return configure(this.lanes, queue, change);
  }

  find(keys: JobKey[], options?: { watch?: boolean }) {
    return find(this.lanes, keys, options?.watch ?? false);
  }
  list(query: ListQuery) {
    return list(this.lanes, query);
  }
  counts() {
    return counts(this.lanes);
  }
  async workers() {
    return workers(this.lanes, await this.time());
  }
  history(query: { queue?: string; since?: number }) {
    return history(this.lanes, query);
  }
  listen(topics: Topics, hear: (hint: Hint) => void) {
    return this.hints.listen(topics, hear);
  }

  putSchedule(schedule: NewSchedule, seen: number) {
    return putSchedule(this.lanes, schedule, seen);
  }
  removeSchedule(id: string, seen?: number) {
    return removeSchedule(this.lanes, id, seen);
  }
  schedules(query: ScheduleQuery) {
    return schedules(this.lanes, query);
  }
  fire(firings: Firing[]) {
    return fire(this.lanes, firings);
  }

  relay(lane: Lane) {
    return relay(this.lanes, lane);
  }
  fsck() {
    return fsck(this.lanes);
  }

  private async connect(): Promise<void> {
    const warn = this.options.onWarning ?? emitWarning;
    this.lanes.forget();
    await this.connection.open();
    await inspect(this.connection, this.lanes.keys, warn);
    this.hints.speak(this.connection.sharded);
    this.connection.onReady = () => this.lanes.forget();
  }
}

/** A client of the user's is his alone, and functions among the options cannot be handed to another thread. */
function recipeOf({ onWarning: _, ...options }: RedisOptions): StoreRecipe | undefined {
  if (options.client || options.clock) return undefined;
  try {
    return { module: new URL('./index.js', import.meta.url).href, make: 'redis', options: structuredClone(options) };
  } catch {
    return undefined;
  }
}
