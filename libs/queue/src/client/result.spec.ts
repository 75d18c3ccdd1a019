import { JobFailed, StoreUnavailable } from '../job/errors.js';
import { memory } from '../store/memory/index.js';
import type { Store } from '../store/store.js';
import { TaskContext } from '../task/context.js';
import { ManualClock } from '../time/manual-clock.js';
import { counted, refusal, world } from './testdata/world.js';

/** A store in memory, changed; `open.listening` counts the listeners that are open. */
async function setup(change: (store: Store) => Partial<Store> = () => ({})) {
  const clock = new ManualClock();
  const real = memory({ clock });
  const { store, open } = counted(real, change(real));
  return { ...(await world({ store, clock })), clock, open };
}

/** Lets the waiter look, listen, and look again. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
};

describe('result', () => {
  it('RS3: is woken by a hint, without any time passing', async () => {
    const { queue, take, complete, clock } = await setup();
    const handle = await queue.enqueue('a.task');
    const result = handle.result();
    await settle();
    const [job] = await take();
    await complete(job!, { at: new Date(5), n: 5n });
    expect(await result).toEqual({ at: new Date(5), n: 5n });
    expect(clock.monotonic()).toBe(0);
  });

  it('RS3: looks every second, should hints be lost', async () => {
    const { queue, take, complete, clock } = await setup(() => ({ listen: async () => ({ stop: async () => {} }) }));
    const handle = await queue.enqueue('a.task');
    const result = handle.result();
    await settle();
    const [job] = await take();
    await complete(job!, 'done');
    await clock.advance('1s');
    expect(await result).toBe('done');
  });

  it('RS3: does not need a store that can be listened to', async () => {
    const deaf = { listen: () => Promise.reject(new StoreUnavailable('x')) };
    const { queue, take, complete, clock } = await setup(() => deaf);
    const result = (await queue.enqueue('a.task')).result();
    const [job] = await take();
    await complete(job!, 'done');
    await clock.advance('1s');
    expect(await result).toBe('done');
  });

  it('RS3: throws JobFailed with name, message, code and cause of the error', async () => {
    const { queue, take, fail } = await setup();
    const handle = await queue.enqueue('a.task');
    const [job] = await take();
    const cause = new Error('socket closed');
    await fail(job!, Object.assign(new TypeError('no answer', { cause }), { code: 'E_DOWN' }));
    const error = await refusal(() => handle.result());
    expect(error).toBeInstanceOf(JobFailed);
    expect(error).toMatchObject({
      code: 'JOB_FAILED',
      jobId: handle.id,
      task: 'a.task',
      reason: 'exhausted',
      error: { name: 'TypeError', message: 'no answer', code: 'E_DOWN', cause: { message: 'socket closed' } },
    });
  });

  it('RS3: throws JobCancelled with the reason', async () => {
    const { queue } = await setup();
    const handle = await queue.enqueue('a.task');
    const waiting = refusal(() => handle.result());
    await settle();
    await handle.cancel({ reason: 'changed my mind' });
    expect(await waiting).toMatchObject({ code: 'JOB_CANCELLED', reason: 'changed my mind' });
  });

  it('RS3: throws ResultTimeout after its time, 30 s by default; the job goes on', async () => {
    const { queue, clock } = await setup();
    const handle = await queue.enqueue('a.task');
    const short = refusal(() => handle.result({ timeout: '5s' }));
    const long = refusal(() => handle.result());
    await settle();
    await clock.advance('5s');
    expect(await short).toMatchObject({ code: 'RESULT_TIMEOUT', jobId: handle.id, waited: 5000, state: 'ready' });
    await clock.advance('25s');
    expect(await long).toMatchObject({ code: 'RESULT_TIMEOUT', waited: 30_000 });
    expect((await handle.refresh())?.state).toBe('ready');
  });

  it('RS3: stops with its signal; the job goes on', async () => {
    const { queue } = await setup();
    const handle = await queue.enqueue('a.task');
    const controller = new AbortController();
    const waiting = handle.result({ signal: controller.signal });
    await settle();
    controller.abort(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    await expect(handle.result({ signal: controller.signal })).rejects.toThrow('closed');
    expect((await handle.refresh())?.state).toBe('ready');
  });

  it('RS3: removes listener and timers on every exit', async () => {
    const { queue, clock, take, complete, open } = await setup();
    const handles = await Promise.all([1, 2, 3, 4].map(() => queue.enqueue('a.task')));
    const controller = new AbortController();
    const waits = handles.map((handle, i) =>
      refusal(() =>
        handle.result({ timeout: i === 0 ? '1s' : '10s', signal: i === 1 ? controller.signal : undefined }),
      ),
    );
    await settle();
    expect(open.listening).toBe(1);
    controller.abort();
    await handles[2]!.cancel();
    const jobs = await take();
    await clock.advance('1s');
    await complete(
      jobs.find((job) => job.id === handles[3]!.id)!,
      1,
    );
    await Promise.all(waits);
    await clock.advance('1s');
    expect(open.listening).toBe(0);
    expect(clock.waiting).toBe(0);
  });

  it('RS3: throws inside a task, as a worker may wait for itself, unless told otherwise', async () => {
    const { queue, take, complete } = await setup();
    const handle = await queue.enqueue('a.task');
    const [job] = await take();
    await complete(job!, 5);
    await TaskContext.run(TaskContext.fake(), async () => {
      expect(await refusal(() => handle.result())).toMatchObject({ code: 'CONFIG_INVALID', option: 'insideTask' });
      expect(await refusal(() => queue.run('a.task'))).toMatchObject({ option: 'insideTask' });
      expect(await handle.result({ insideTask: true })).toBe(5);
    });
    expect((await queue.list()).jobs).toHaveLength(1);
  });

  it('throws JobNotFound for a job that is gone, also while it waits', async () => {
    const { queue, clock } = await setup();
    const handle = await queue.enqueue('a.task');
    const waiting = refusal(() => handle.result());
    await settle();
    await handle.remove();
    await clock.advance('1s');
    expect(await waiting).toMatchObject({ code: 'JOB_NOT_FOUND', jobId: handle.id });
    expect(await refusal(() => handle.result())).toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('survives a store that is away for a while, and says so when it stays away', async () => {
    let away = true;
    const { queue, clock, take, complete } = await setup((real) => ({
      find: (keys, options) => (away ? Promise.reject(new StoreUnavailable('x')) : real.find(keys, options)),
    }));
    const handle = await queue.enqueue('a.task');
    const lost = refusal(() => handle.result({ timeout: '2s' }));
    const found = handle.result();
    await clock.advance('2s');
    expect(await lost).toMatchObject({ code: 'STORE_UNAVAILABLE' });
    away = false;
    const [job] = await take();
    await complete(job!, 'back');
    await clock.advance('1s');
    expect(await found).toBe('back');
  });

  it('RS6: a returned Error is a result', async () => {
    const { queue, take, complete } = await setup();
    const handle = await queue.enqueue('a.task');
    const [job] = await take();
    await complete(job!, new RangeError('as data'));
    expect(await handle.result()).toMatchObject({ name: 'RangeError', message: 'as data' });
  });
});

describe('run', () => {
  it('keeps its listener for the next call that waits', async () => {
    const { queue, take, complete, open, clock } = await setup();
    for (let i = 0; i < 3; i++) {
      const result = queue.run('a.task');
      await settle();
      await complete((await take())[0]!, i);
      expect(await result).toBe(i);
      expect(open.listening).toBe(1);
    }
    await clock.advance('1s');
    expect(open.listening).toBe(0);
  });

  it('EN8: enqueues and waits for the result', async () => {
    const { queue, take, complete } = await setup();
    const result = queue.run('a.task', { n: 1 });
    await settle();
    const [job] = await take();
    await complete(job!, 2);
    expect(await result).toBe(2);
  });
});

describe('keepResult', () => {
  it('RS4: failures are kept by their own bound', async () => {
    const { queue, take, fail, clock } = await setup();
    const handle = await queue.enqueue('a.task', {}, { keepResult: 0 });
    const [job] = await take();
    await fail(job!, new Error('boom'));
    await clock.advance('6d');
    expect((await handle.refresh())?.state).toBe('failed');
  });
});
