import { MillraceError, type QueueFull, StoreUnavailable } from '../job/errors.js';
import { limits } from '../job/limits.js';
import type { EnqueueAnswer, NewJob, Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { keepAlive } from '../time/keep-alive.js';
import { within } from '../time/within.js';
import { BackPressure } from './back-pressure.js';
import type { Draft } from './job-maker.js';

/** Jobs of one call and one queue, and whom to tell. */
interface Order {
  jobs: NewJob[];
  bytes: number;
  resolve(answers: EnqueueAnswer[]): void;
  reject(error: unknown): void;
}

/** Jobs, and bytes, that are sent without waiting for the turn to end. */
const full = { jobs: 256, bytes: 256 * 1024 };
/** Milliseconds between two tries while the store is away. */
const pause = 200;
/** Milliseconds beyond its patience until a store that says nothing at all is given up. */
const silence = 250;

/**
 * Gathers the enqueues of one turn of the event loop into one call to the store per queue, or of a part of it when no
 * call is on its way. Ids are made before, so a
 * call whose answer was lost is repeated without harm.
 */
export class Producer {
  private readonly lanes = new Map<string, { orders: Order[]; jobs: number; bytes: number }>();
  private flushing = false;
  /** Calls without an answer yet. */
  private calls = 0;
  private readonly pressure: BackPressure;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    /** Milliseconds an enqueue may take while the store is away. */
    private readonly patience: number,
  ) {
    this.pressure = new BackPressure(store, clock);
  }

  /** Stores drafts of one call, an answer each in order; those of one queue all or nothing, up to `limits.batch` of them. */
  async add(drafts: readonly Draft[]): Promise<EnqueueAnswer[]> {
    const portions = inPortions(drafts);
    if (portions.length === 1) return this.order(drafts);
    const answers = new Array<EnqueueAnswer>(drafts.length);
    const orders = portions.map(async (places) => {
      const given = await this.order(places.map((place) => drafts[place]!));
      places.forEach((place, i) => (answers[place] = given[i]!));
    });
    await Promise.all(orders);
    return answers;
  }

  private order(drafts: readonly Draft[]): Promise<EnqueueAnswer[]> {
    const bytes = drafts.reduce((sum, draft) => sum + draft.bytes, 0);
    const { queue } = drafts[0]!;
    return new Promise((resolve, reject) => {
      const lane = this.laneOf(queue, drafts.length, bytes);
      lane.orders.push({ jobs: drafts.map((draft) => draft.job), bytes, resolve, reject });
      lane.jobs += drafts.length;
      lane.bytes += bytes;
      if (lane.jobs >= full.jobs || lane.bytes >= full.bytes) this.flush(queue);
      else this.flushSoon();
    });
  }

  /** The open batch of a queue; a batch that would grow beyond what one call may carry is sent first. */
  private laneOf(queue: string, jobs: number, bytes: number) {
    const open = this.lanes.get(queue);
    if (open && open.jobs + jobs <= limits.batch && open.bytes + bytes <= limits.batchBytes) return open;
    if (open) this.flush(queue);
    const lane = { orders: [], jobs: 0, bytes: 0 };
    this.lanes.set(queue, lane);
    return lane;
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    const flush = () => {
      this.flushing = false;
      for (const queue of [...this.lanes.keys()]) this.flush(queue);
    };
    // Whoever is alone does not wait for company; in a crowd those of the whole turn go together.
    if (this.calls === 0) queueMicrotask(flush);
    else setImmediate(flush);
  }

  private flush(queue: string): void {
    const lane = this.lanes.get(queue);
    if (!lane) return;
    this.lanes.delete(queue);
    void this.send(lane.orders);
  }

  /** Never rejects: every order hears how it went. A full queue refuses the batch, so then each caller is asked for alone. */
  private async send(orders: Order[]): Promise<void> {
    this.calls++;
    try {
      const jobs = orders.length === 1 ? orders[0]!.jobs : orders.flatMap((order) => order.jobs);
      const answers = await this.persist(jobs);
      let from = 0;
      for (const order of orders) order.resolve(answers.slice(from, (from += order.jobs.length)));
    } catch (error) {
      const full = MillraceError.is(error, 'QUEUE_FULL');
      if (orders.length === 1 && full) {
        orders[0]!.reject(await this.pressure.advised(error as QueueFull, orders[0]!.jobs.length));
      } else if (full) {
        for (const order of orders) await this.send([order]);
      } else for (const order of orders) order.reject(error);
    } finally {
      this.calls--;
    }
  }

  /** Tries again while the store is away, until `patience` is over. */
  private async persist(jobs: NewJob[]): Promise<EnqueueAnswer[]> {
    const deadline = this.clock.monotonic() + this.patience;
    let release: (() => void) | undefined;
    try {
      for (;;) {
        try {
          return await this.within(deadline + silence, this.store.enqueue(jobs, deadline - this.clock.monotonic()));
        } catch (error) {
          const left = deadline - this.clock.monotonic();
          if (!MillraceError.is(error, 'STORE_UNAVAILABLE') || left <= 0) throw error;
          release ??= keepAlive();
          await this.clock.sleep(Math.min(pause, left));
          // After the refusal nothing may be sent: its caller is told that nothing was stored.
          if (this.clock.monotonic() >= deadline) throw error;
        }
      }
    } finally {
      release?.();
    }
  }

  /** A store that does not answer at all is away as well: it keeps its patience itself, and a little later nobody waits any more. */
  private within<T>(deadline: number, answer: Promise<T>): Promise<T> {
    const late = () => new StoreUnavailable(this.store.url);
    return within(this.clock, answer, deadline - this.clock.monotonic(), late);
  }
}

/** Places of drafts that go together: of one queue, and as many as one call to the store may carry. */
function inPortions(drafts: readonly Draft[]): number[][] {
  const portions: number[][] = [];
  const open = new Map<string, { places: number[]; bytes: number }>();
  drafts.forEach(({ queue, bytes }, place) => {
    let portion = open.get(queue);
    if (!portion || portion.places.length === limits.batch || portion.bytes + bytes > limits.batchBytes) {
      portion = { places: [], bytes: 0 };
      open.set(queue, portion);
      portions.push(portion.places);
    }
    portion.places.push(place);
    portion.bytes += bytes;
  });
  return portions;
}
