import * as fc from 'fast-check';
import { systemClock } from '../../time/clock.js';
import { ManualClock } from '../../time/manual-clock.js';
import { memory } from '../memory/index.js';
import type { Store } from '../store.js';
import { type Command, histories } from './commands.js';
import { alike, differences, show } from './alike.js';
import { type Call, Player } from './player.js';
import { scheduleOwners } from './schedule-player.js';
import type { MakeStore } from './stage.js';

export interface CompareOptions {
  /** Histories to play. Default 1 000 with `CI` set, 200 otherwise; `MILLRACE_HISTORIES` overrides. */
  runs?: number;
  /** Empties the store between histories, so that one may serve for all. Without it each history gets its own. */
  reset?: (store: Store) => Promise<void>;
}

/**
 * Plays random histories to the memory store and to another one, step by step on the same clock, and compares every
 * answer and everything that can be seen. `MILLRACE_SEED` repeats a run.
 */
export function compareWithMemory(name: string, make: MakeStore, options: CompareOptions = {}): void {
  const runs = Number(process.env['MILLRACE_HISTORIES'] ?? options.runs ?? (process.env['CI'] ? 1000 : 200));
  const seed = Number(process.env['MILLRACE_SEED'] ?? Math.floor(systemClock.random() * 2 ** 31));

  describe(`${name} store, compared with memory`, () => {
    it(
      `answers ${runs} random histories alike`,
      async () => {
        console.info(`${name}: ${runs} histories, MILLRACE_SEED=${seed}`);
        const difference = await findDifference(make, { ...options, runs, seed });
        if (difference) throw new Error(difference);
      },
      20 * 60_000,
    );
  });
}

/** The shrunk counterexample as text, or `undefined` when both stores agree. */
export async function findDifference(
  make: MakeStore,
  { reset, runs, seed, shrink = true }: CompareOptions & { runs: number; seed: number; shrink?: boolean },
): Promise<string | undefined> {
  const shared = reset && { clock: new ManualClock(), store: undefined as Store | undefined };
  const start = new ManualClock().now();
  try {
    const property = fc.asyncProperty(histories, async (history) => {
      const clock = shared?.clock ?? new ManualClock();
      clock.jump(start - clock.now());
      const store = shared?.store ?? (await make(clock));
      await store.open();
      if (shared) shared.store = store;
      try {
        await play(history, clock, memory({ clock }), store);
      } finally {
        if (reset) await reset(store);
        else await store.close();
      }
    });
    const outcome = await fc.check(property, { numRuns: runs, seed, endOnFailure: !shrink });
    return outcome.failed ? report(outcome) : undefined;
  } finally {
    await shared?.store?.close();
  }
}

/** The calls of the shortest history that shows it, and how to play it again. */
function report<T>({ errorInstance, seed, numRuns, numShrinks }: fc.RunDetails<T>): string {
  const found = `found in history ${numRuns}, shrunk ${numShrinks} times; play again with MILLRACE_SEED=${seed}`;
  return `${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}\n${found}`;
}

async function play(history: Command[], clock: ManualClock, model: Store, real: Store): Promise<void> {
  const player = new Player(clock);
  const done: string[] = [];
  for (const command of history) {
    for (const call of player.calls(command)) {
      done.push(`${call.verb}(${call.args.map((arg) => show(arg)).join(', ')})`);
      const expected = await ask(model, call);
      const found = await ask(real, call);
      // How much waits in an outbox, and when it is carried on, is a store's own business.
      if (call.verb !== 'relay') same(expected, found, call.verb, done);
      (call.learn as ((answer: unknown) => void) | undefined)?.(expected);
    }
    same(await look(model), await look(real), 'what can be seen', done);
    same([], await model.fsck(), 'fsck of memory', done);
    const { jobs: active } = await model.list({ states: ['active'], limit: 200 });
    same([], player.promises.broken(active), 'what is promised', done);
  }
  same(await lookClosely(model, player), await lookClosely(real, player), 'a closer look', done);
  same([], await real.fsck(), 'fsck', done);
}

/** The answer, or the code of the error. */
async function ask(store: Store, { verb, args }: Call): Promise<unknown> {
  try {
    return await (store[verb] as (...args: unknown[]) => Promise<unknown>)(...args);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'string') throw error;
    return { code };
  }
}

/** What changes with every step: where each job is and what is known of it, the counts, who works, and the schedules. */
async function look(store: Store): Promise<unknown> {
  const [page, counts, workers, schedules, due] = await Promise.all([
    store.list({ limit: 200 }),
    store.counts(),
    store.workers(),
    store.schedules({}),
    store.schedules({ due: true, limit: 3 }),
  ]);
  return { jobs: page.jobs, counts, workers, schedules, due };
}

async function lookClosely(store: Store, player: Player): Promise<unknown> {
  const jobs = await walk(async (cursor) => {
    const page = await store.list({ limit: 7, cursor });
    return { ids: page.jobs.map(({ id }) => id), cursor: page.cursor };
  });
  const schedules = [undefined, ...scheduleOwners].map((owner) =>
    walk(async (cursor) => {
      const page = await store.schedules({ owner, limit: 2, cursor });
      return { ids: page.schedules.map(({ id }) => id), cursor: page.cursor };
    }),
  );
  const records = await store.find([...player.ids.map((id) => ({ id })), ...player.names]);
  return { jobs, schedules: await Promise.all(schedules), records, history: await store.history({}) };
}

/** The ids of all pages, one after the other. */
async function walk(page: (cursor?: string) => Promise<{ ids: string[]; cursor?: string }>): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined, first = true; first || cursor; first = false) {
    const found = await page(cursor);
    ids.push(...found.ids);
    cursor = found.cursor;
  }
  return ids;
}

function same(expected: unknown, found: unknown, what: string, done: string[]): void {
  if (alike(expected, found)) return;
  throw new Error(`${what} differs after\n  ${done.join('\n  ')}\n${differences(expected, found).join('\n')}`);
}
