import { at, defineTasks, Schedules, type Store, task, type TaskContext } from 'millrace';
import { memory } from 'millrace/testing';
import { closeAll, mill } from './mill.js';

class ClockTasks extends defineTasks('clock', {
  run: task({ queue: 'mill' }),
}) {}

const day = 86_400_000;

afterEach(closeAll);

/** A store on the machine's own clock, and how often it was asked. */
function countedStore() {
  const store = memory();
  const calls = { schedules: 0, exchange: 0 };
  const counted: Store = {
    ...store,
    schedules: (query) => (calls.schedules++, store.schedules(query)),
    exchange: (request) => (calls.exchange++, store.exchange(request)),
  };
  return { store: counted, calls };
}

describe('time', () => {
  it('S4: what is due in more than 24.8 days neither starts early nor keeps anybody busy', async () => {
    const { store, calls } = countedStore();
    const ran: string[] = [];
    const run = (_: void, ctx: TaskContext) => void ran.push(ctx.job.tags[0] ?? '');
    const m = await mill({ handlers: [[ClockTasks.run, run]], store, realTime: true });
    await m.app.get(Schedules).put('far', { task: ClockTasks.run, trigger: at(Date.now() + 30 * day) });
    await m.queue.enqueue(ClockTasks.run, undefined, { delay: '30d', tags: ['far'] });
    const near = await m.queue.enqueue(ClockTasks.run, undefined, { delay: '900ms', tags: ['near'] });

    await near.result({ timeout: '10s' });

    expect(ran).toEqual(['near']);
    expect(await m.app.get(Schedules).get('far')).toMatchObject({ counts: { enqueued: 0 } });
    expect(calls.schedules).toBeLessThan(10);
    expect(calls.exchange).toBeLessThan(20);
  });

  it('S6: no job starts before its time, on a clock that runs', async () => {
    const early: number[] = [];
    const run = (_: void, ctx: TaskContext) => {
      const ahead = ctx.scheduledFor! - Date.now();
      if (ahead > 0) early.push(ahead);
    };
    const m = await mill({
      handlers: [[ClockTasks.run, run]],
      store: memory(),
      realTime: true,
      worker: { queues: { mill: 50 } },
    });

    const jobs = await Promise.all(
      Array.from({ length: 200 }, (_, i) => m.queue.enqueue(ClockTasks.run, undefined, { delay: 20 + 3 * i })),
    );
    await Promise.all(jobs.map((job) => job.result({ timeout: '10s' })));

    expect(early).toEqual([]);
  });
});
