import { Events } from '../../events/events.js';
import { encode } from '../../job/text.js';
import { storeError } from '../../job/stored-error.js';
import { memory } from '../../store/memory/index.js';
import type { ClaimedJob, Settlement, Store } from '../../store/store.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { QueueOptions } from '../options.js';
import { Queue } from '../queue.js';

type Ending = Settlement extends infer S ? (S extends unknown ? Omit<S, 'id' | 'fence'> : never) : never;

/** A queue client on a memory store, a clock to turn by hand, and a worker that does exactly what it is told. */
export async function world(options: Partial<QueueOptions> = {}) {
  const clock = new ManualClock();
  const store = options.store ?? memory({ clock });
  await store.open();
  const events = new Events(clock);
  const queue = new Queue({ store, clock, events, ...options });
  return { clock, store, events, queue, ...puppet(store) };
}

/** The store, changed, and how many listeners of it are open. */
export function counted(real: Store, change: Partial<Store> = {}) {
  const open = { listening: 0 };
  const listen: Store['listen'] = async (topics, hear) => {
    const listener = await real.listen(topics, hear);
    open.listening++;
    return { stop: () => (open.listening--, listener.stop()) };
  };
  return { open, store: { ...real, listen, ...change } };
}

/** Takes and settles by hand. */
export function puppet(store: Store, name = 'puppet', tasks = ['demo.greet']) {
  const registered = new Set<string>();
  async function exchange(queue: string, settle: Settlement[], want: number) {
    const lane = { queue, shard: 0 };
    const worker = `${name}-${queue}`;
    if (!registered.has(queue)) {
      registered.add(queue);
      const about = { name, host: 'host', pid: 1, version: '0', startedAt: 0, tasks, concurrency: 10 };
      await store.register({ ...about, id: worker, queues: [queue], lanes: [lane], lease: 1e9 });
    }
    return store.exchange({ worker, lane, settle, want, lease: 1e9 });
  }
  const queueOf = (job: ClaimedJob) => job.id.split('~')[0]!;
  const settle = async (job: ClaimedJob, ending: Ending) => {
    await exchange(queueOf(job), [{ id: job.id, fence: job.fence, ...ending }], 0);
  };
  return {
    worker: (queue = 'default') => `${name}-${queue}`,
    take: async (queue = 'default', want = 10) => (await exchange(queue, [], want)).jobs,
    settle,
    complete: (job: ClaimedJob, result?: unknown) => settle(job, { outcome: 'completed', result: encode(result) }),
    fail: (job: ClaimedJob, error: unknown, reason = 'exhausted') =>
      settle(job, { outcome: 'failed', reason, error: encode(storeError(error)) }),
  };
}

/** The options of whatever is thrown: its class, code and named option. */
export async function refusal(
  call: () => Promise<unknown>,
): Promise<{ code?: string; option?: string; message?: string }> {
  try {
    await call();
  } catch (error) {
    return error as { code?: string };
  }
  return {};
}
