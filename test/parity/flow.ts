import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Duration,
  type JobHandle,
  milliseconds,
  type QueueModuleOptions,
  type Store,
  type TaskContext,
  type TaskRef,
  type WorkerModuleOptions,
} from 'millrace';
import { redis } from 'millrace/redis';
import { sqlite } from 'millrace/sqlite';
import { ManualClock, memory } from 'millrace/testing';
import { redisAvailable, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { eventually } from '../support/eventually.js';
import { afterwards, mill, promised } from './mill.js';

/** What the jobs of these tests carry: a name to be told by, and whom they belong to. */
export interface Piece {
  name: string;
  key?: string;
}

/** An attempt that began. */
export interface Begun extends Piece {
  /** Epoch milliseconds on the clock of the test. */
  at: number;
  attempt: number;
  worker: number;
  /** Rises with every attempt that the store lets begin. */
  fence: number;
  id: string;
}

/** A way to reach one and the same store again and again, as several processes do. */
type Reach = () => Store;

type Place = (clock: ManualClock) => Promise<Reach> | Reach;

/** Every store, on a clock that the test turns. */
const places: Record<string, Place> = {
  memory: (clock) => {
    const store = memory({ clock });
    return () => store;
  },
  SQLite: (clock) => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-flow-'));
    afterwards(() => rmSync(folder, { recursive: true, force: true }));
    return () => sqlite({ path: join(folder, 'queue.db'), clock });
  },
  ...(redisAvailable() && {
    Redis: async (clock: ManualClock) => {
      const server = await startRedis();
      afterwards(() => server.stop());
      return () => redis({ url: server.url, clock, onWarning: () => {} });
    },
  }),
};

export const everyPlace = Object.entries(places).filter(([name]) => !process.env.PLACE || process.env.PLACE === name);

interface Plan {
  reach?: Reach;
  clock?: ManualClock;
  tasks: readonly (TaskRef<never> | TaskRef)[];
  /** Applications with a worker each. Default 1. */
  workers?: number;
  worker?: WorkerModuleOptions;
  queue?: Omit<QueueModuleOptions, 'store' | 'clock'>;
  /** Jobs wait until they are told to end. Default: they end at once. */
  hold?: boolean;
  /** Runs instead of ending well. */
  run?: (piece: Piece, context: TaskContext) => unknown;
}

/** A factory floor: several workers of one store, whose every attempt is written down, and goes on when the test says so. */
export async function floor(place: Place, plan: Plan) {
  const { clock = new ManualClock(), tasks, workers = 1, worker, queue, hold = false, run } = plan;
  const reach = plan.reach ?? (await place(clock));
  const begun: Begun[] = [];
  const running = new Map<string, ReturnType<typeof promised<unknown>>>();
  /** The most that ran at a time, of all and by key. */
  const most = new Map<string, number>();
  const now = new Map<string, number>();

  const count = (whose: string, by: 1 | -1) => {
    const jobs = (now.get(whose) ?? 0) + by;
    now.set(whose, jobs);
    most.set(whose, Math.max(jobs, most.get(whose) ?? 0));
  };

  const handle = (number: number) => async (piece: Piece, context: TaskContext) => {
    const { job, attempt, fence, signal } = context;
    begun.push({ ...piece, at: clock.now(), attempt, worker: number, fence, id: job.id });
    const whose = ['*', job.task, ...(piece.key === undefined ? [] : [`key ${piece.key}`])];
    for (const one of whose) count(one, 1);
    try {
      if (hold) {
        const end = promised<unknown>();
        const stop = () => end.breakIt(signal.reason);
        signal.addEventListener('abort', stop);
        running.set(piece.name, end);
        await end.promise.finally(() => running.delete(piece.name));
      } else {
        await new Promise((resolve) => setImmediate(resolve));
      }
      return await run?.(piece, context);
    } finally {
      for (const one of whose) count(one, -1);
    }
  };

  const open = (number: number, options: WorkerModuleOptions | false) =>
    mill({
      handlers: options ? tasks.map((ref) => [ref, handle(number) as never] as const) : undefined,
      ...{ store: reach(), clock, queue, worker: options },
    });
  const desk = await open(0, false);
  desk.queue.declare(...tasks);
  const hands: Awaited<ReturnType<typeof mill>>[] = [];

  const self = {
    ...{ clock, reach, begun, running, most, hands },
    /** Enqueues and looks; has no worker. */
    queue: desk.queue,
    store: desk.store,
    look: desk.look,

    /** One worker more. */
    async hire(options: WorkerModuleOptions = {}) {
      const hand = await open(hands.length + 1, { concurrency: 10, prefetch: 0, lease: '6s', ...worker, ...options });
      hands.push(hand);
      return hand;
    },

    /** Jobs of these names, in one call. */
    async add(ref: TaskRef<never> | TaskRef, ...pieces: readonly (string | Piece)[]): Promise<JobHandle[]> {
      const items = pieces.map((piece) => ({ payload: typeof piece === 'string' ? { name: piece } : piece }));
      return desk.queue.enqueueMany(ref as TaskRef<never>, items as never);
    },

    /** The same in the order in which the store let them begin: of two workers one may be late to hear of it. */
    claims: () => begun.slice().sort((a, b) => a.fence - b.fence),

    /** Names of the attempts that began, in their order. */
    names: () => self.claims().map(({ name }) => name),

    /** When the store let them begin, on its own clock, of all or of one key: a worker may hear of it later. */
    async starts(key?: string): Promise<number[]> {
      const ids = new Set(begun.filter((one) => key === undefined || one.key === key).map(({ id }) => id));
      const views = await Promise.all([...ids].map((id) => desk.look(id)));
      return views.flatMap(({ attempts, startedAt }) => attempts.map((one) => one.startedAt ?? startedAt!)).sort();
    },

    /** What runs, sorted. */
    inHand: () => [...running.keys()].sort(),

    /** A job that runs ends well, or as told. */
    end(...names: string[]) {
      for (const name of names) self.held(name).keep(undefined);
    },

    /** Whatever runs, and what comes after it, until all has ended but what is due in an hour. */
    async endAll() {
      await self.until(async () => {
        self.end(...self.inHand());
        const { jobs } = await desk.queue.list({ state: ['ready', 'active', 'blocked', 'scheduled'] });
        return jobs.every(({ runAt }) => runAt !== null && runAt > clock.now() + 1_800_000);
      }, 'the end of all');
    },

    fail(name: string, error: unknown = new Error('no')) {
      self.held(name).breakIt(error);
    },

    /** It ends by this promise, and counts as ended from now on. */
    held(name: string) {
      const end = running.get(name);
      if (!end) throw new Error(`'${name}' does not run; ${self.inHand().join(', ') || 'nothing'} does`);
      running.delete(name);
      return end;
    },

    /** Turns the clock in steps, and leaves a store with a time of its own the time it needs. */
    async turn(by: Duration, step: Duration = '100ms') {
      const last = clock.now() + milliseconds(by);
      const stride = milliseconds(step);
      do {
        await clock.advance(Math.min(stride, Math.max(0, last - clock.now())));
        await breathe();
      } while (clock.now() < last);
    },

    /** Turns the clock until it holds. */
    async until(holds: () => unknown, what?: string) {
      await eventually(async () => (await holds()) || (await self.turn('100ms'), false), {
        within: 20_000,
        every: 1,
        what,
      });
    },

    /** Long enough for all to begin that would begin without anybody's doing: more than two looks of a worker. */
    async calm() {
      await self.turn('2500ms');
    },

    /** Until all that was asked for has ended. */
    async rest() {
      await self.until(async () => {
        const counts = (await desk.queue.counts()).map((record) => record.counts);
        return counts.every(({ ready, active, scheduled, blocked }) => ready + active + scheduled + blocked === 0);
      }, 'the last job');
    },

    /** Why a job waits. */
    async why(job: { id: string }) {
      return (await desk.queue.job(job.id))!.whyWaiting();
    },

    /** Nobody works any more, and the store finds nothing wrong with itself. */
    async sound() {
      for (const hand of hands) await hand.close();
      expect(await desk.store.fsck()).toEqual([]);
    },
  };

  const breathe = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    if (place !== places.memory) await new Promise((resolve) => setTimeout(resolve, 2));
  };

  for (let n = 0; n < workers; n++) await self.hire();
  return self;
}
