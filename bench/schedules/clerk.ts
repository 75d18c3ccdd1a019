import { Events, Queue, Schedules, type Store, systemClock, type Trigger } from 'millrace';
import { timed } from '../support/time.js';
import { TickTasks } from './ticks.js';

const idOf = (n: number) => `schedule-${String(n).padStart(6, '0')}`;

/** Puts, lists and removes schedules, as an application does. */
export class Clerk {
  readonly queue: Queue;
  readonly schedules: Schedules;

  constructor(readonly store: Store) {
    this.queue = new Queue({ store });
    this.schedules = new Schedules({ store, queue: this.queue, clock: systemClock, events: new Events() });
  }

  /** One schedule; a job for every slot unless `misfire` says otherwise. */
  async put(id: string, trigger: Trigger, misfire: 'all' | 'latest' = 'all'): Promise<void> {
    await this.schedules.put(id, { task: TickTasks.tick, trigger, misfire });
  }

  /** So many that do not fire for years, awaited together in groups. Answers milliseconds. */
  putMany(from: number, count: number, together: number): Promise<number> {
    return this.inGroups(from, count, together, (n) =>
      this.put(idOf(n), { cron: `${n % 60} ${n % 24} ${1 + (n % 28)} 1 *`, from: '2100-01-01T00:00:00Z' }),
    );
  }

  removeMany(from: number, count: number, together: number): Promise<number> {
    return this.inGroups(from, count, together, (n) => this.schedules.remove(idOf(n)));
  }

  /** All, page by page. Answers milliseconds; rejects when they are not `count`. */
  async list(count: number): Promise<number> {
    let listed = 0;
    const took = await timed(async () => {
      let cursor: string | undefined;
      do {
        const page = await this.schedules.list({ cursor, limit: 1000 });
        listed += page.schedules.length;
        ({ cursor } = page);
      } while (cursor !== undefined);
    });
    if (listed !== count) throw new Error(`${listed} schedules were listed, not ${count}.`);
    return took;
  }

  async close(): Promise<void> {
    this.queue.close();
    await this.store.close();
  }

  private inGroups(from: number, count: number, together: number, act: (n: number) => Promise<unknown>) {
    return timed(async () => {
      for (let begin = from; begin < from + count; begin += together) {
        const size = Math.min(together, from + count - begin);
        await Promise.all(Array.from({ length: size }, (_, i) => act(begin + i)));
      }
    });
  }
}
