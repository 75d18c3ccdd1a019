import { TaskContext } from '../task/context.js';
import { refusal, world } from './testdata/world.js';

describe('job', () => {
  it('RS1: finds by id or by the caller’s own jobId', async () => {
    const { queue } = await world();
    const handle = await queue.enqueue('a.task', { n: 1 }, { jobId: 'order:1' });
    expect((await queue.job(handle.id))?.id).toBe(handle.id);
    expect((await queue.job('order:1'))?.id).toBe(handle.id);
  });

  it('ST8: is undefined when there is no such job', async () => {
    const { queue } = await world();
    const { id } = await queue.enqueue('a.task');
    await queue.remove(id);
    for (const unknown of [id, 'order:1', '', '../etc', 'default~0~zzzz'])
      expect(await queue.job(unknown)).toBeUndefined();
  });

  it('RS2: has every field, null when not known', async () => {
    const { queue, clock } = await world();
    const handle = await queue.enqueue('a.task', { n: 1 });
    const { view } = (await queue.job(handle.id))!;
    expect(view).toEqual({
      id: handle.id,
      jobId: null,
      task: 'a.task',
      queue: 'default',
      state: 'ready',
      reason: null,
      payload: { n: 1 },
      priority: 'normal',
      progress: null,
      result: null,
      error: null,
      attempts: [],
      attempted: 0,
      crashes: 0,
      releases: 0,
      enqueuedAt: clock.now(),
      runAt: null,
      expires: null,
      startedAt: null,
      finishedAt: null,
      worker: null,
      cancelling: false,
      waitsFor: [],
      parentId: null,
      rootId: null,
      tags: [],
      headers: {},
      log: [],
    });
  });

  it('RS2 ST4: shows the attempt that runs, with its worker and progress', async () => {
    const { queue, take, store, worker, clock } = await world();
    const { id } = await queue.enqueue('a.task');
    const [held] = await take();
    await store.note(id, held!.fence, { progress: JSON.stringify({ percent: 60, detail: 'charged' }), log: ['hello'] });
    const job = (await queue.job(id))!;
    expect(job).toMatchObject({
      state: 'active',
      worker: worker(),
      startedAt: clock.now(),
      progress: { percent: 60, detail: 'charged' },
      log: ['hello'],
      attempts: [{ attempt: 1, outcome: 'active', worker: worker(), finishedAt: null, error: null }],
    });
  });

  it('RS2 ST5: shows every attempt of a completed job, and its result', async () => {
    const { queue, take, settle, complete } = await world();
    const { id } = await queue.enqueue('a.task');
    const [first] = await take();
    await settle(first!, { outcome: 'retry', in: 0, error: JSON.stringify({ name: 'Error', message: 'once' }) });
    const [second] = await take();
    await complete(second!, { ok: true });
    const job = (await queue.job(id))!;
    expect(job).toMatchObject({ state: 'completed', attempted: 2, error: null });
    expect(job.view.result).toEqual({ ok: true });
    expect(job.attempts).toMatchObject([
      { attempt: 1, outcome: 'retry', error: { message: 'once' } },
      { attempt: 2, outcome: 'completed', error: null },
    ]);
    expect(await job.result()).toEqual({ ok: true });
  });

  it('RS2 ST6: reading a failed job never throws', async () => {
    const { queue, take, fail } = await world();
    const { id } = await queue.enqueue('a.task');
    const [held] = await take();
    await fail(held!, new Error('boom'));
    expect(await queue.job(id)).toMatchObject({
      state: 'failed',
      reason: 'exhausted',
      error: { name: 'Error', message: 'boom' },
    });
  });

  it('RS2: reading a job whose bytes are damaged never throws', async () => {
    const { queue, store } = await world();
    const { id } = await queue.enqueue('a.task');
    const damaged = id.slice(0, -1) + (id.endsWith('0') ? '1' : '0');
    await store.enqueue([{ id: damaged, task: 'a.task', body: '{"payl', priority: 2 }]);
    expect((await queue.job(damaged))?.payload).toBeUndefined();
    expect((await queue.list()).jobs).toHaveLength(2);
  });

  it('RS2 SC13: shows that a ready job waits for a place of its task', async () => {
    const { queue, take, complete } = await world({ overrides: { 'demo.*': { maxActive: 1 } } });
    const [first, next] = [await queue.enqueue('demo.greet'), await queue.enqueue('demo.greet')];
    const [held] = await take();
    expect(held!.id).toBe(first.id);

    const job = (await queue.job(next.id))!;
    expect(job.view).toMatchObject({ state: 'ready', reason: 'limit' });
    expect((await queue.list({ state: 'ready' })).jobs).toMatchObject([{ id: next.id, reason: 'limit' }]);
    expect(await job.whyWaiting()).toMatch(/^Only 1 job of demo.greet runs at a time/);

    await complete(held!);
    expect(await job.refresh()).toMatchObject({ state: 'ready', reason: null });
    expect(await job.whyWaiting()).toContain('about to be taken');
  });

  it('RS2: knows its children', async () => {
    const { queue } = await world();
    const parent = await queue.enqueue('a.task');
    const context = TaskContext.fake({ job: { id: parent.id } });
    const child = await TaskContext.run(context, () => queue.enqueue('b.task', {}, { queue: 'other' }));
    await queue.enqueue('b.task');
    expect((await parent.children()).map((job) => job.id)).toEqual([child.id]);
  });

  it('RS5: reading removes nothing, remove() does', async () => {
    const { queue, take, complete } = await world();
    const handle = await queue.enqueue('a.task');
    const [held] = await take();
    expect(await handle.remove()).toMatchObject({ applied: false, state: 'active' });
    await complete(held!, 5);
    expect([await handle.result(), await handle.result()]).toEqual([5, 5]);
    expect(await handle.remove()).toMatchObject({ applied: true, state: undefined });
    expect(await handle.refresh()).toBeUndefined();
  });
});

describe('state', () => {
  it('ST1: is scheduled while a job waits for a time, and says whether for a delay, a retry or a snooze', async () => {
    const { queue, take, settle } = await world();
    const handles = await queue.enqueueMany('a.task', [{}, {}, { delay: '1h' }]);
    const [first, second] = await take();
    await settle(first!, { outcome: 'retry', in: 5000, error: '{}' });
    await settle(second!, { outcome: 'snoozed', in: 5000 });
    const views = await Promise.all(handles.map((handle) => handle.refresh()));
    expect(views.map((view) => `${view?.state} ${view?.reason}`)).toEqual([
      ...['scheduled retry', 'scheduled snooze', 'scheduled delay'],
    ]);
  });

  it('ST3: is ready when a job may be claimed, also once its time has come', async () => {
    const { queue, clock, take } = await world();
    const handle = await queue.enqueue('a.task', {}, { delay: '1s' });
    expect((await queue.enqueue('a.task')).state).toBe('ready');
    await clock.advance('1s');
    expect((await take()).map((job) => job.id)).toContain(handle.id);
  });

  it('ST7: is cancelled by request or expiry, with the reason, and a final state is left by retry() only', async () => {
    const { queue, clock, take } = await world();
    const asked = await queue.enqueue('a.task');
    const late = await queue.enqueue('a.task', {}, { expires: '1s' });
    await asked.cancel();
    await clock.advance('2s');
    await take();
    expect(await asked.refresh()).toMatchObject({ state: 'cancelled', reason: 'request' });
    expect(await late.refresh()).toMatchObject({ state: 'cancelled', reason: 'expired' });
    expect(await asked.cancel({ force: true })).toMatchObject({ applied: false, state: 'cancelled' });
    expect(await asked.retry()).toMatchObject({ applied: true, state: 'ready' });
  });
});

describe('list', () => {
  it('RS7: finds by state, task, queue, tags and age, in pages', async () => {
    const { queue, clock } = await world();
    for (let i = 0; i < 5; i++) await queue.enqueue('mail.send', i, { tags: [i % 2 ? 'odd' : 'even'] });
    await clock.advance('1h');
    const late = await queue.enqueue('mail.bulk', {}, { queue: 'bulk', delay: '1h' });
    const ids = async (query: object) => (await queue.list(query)).jobs.map((job) => job.payload);
    expect(await ids({ tags: ['odd'] })).toEqual([1, 3]);
    expect(await ids({ state: 'scheduled' })).toHaveLength(1);
    expect(await ids({ state: ['ready', 'scheduled'], task: 'mail.*' })).toHaveLength(6);
    expect(await ids({ queue: 'bulk' })).toHaveLength(1);
    expect((await queue.list({ since: new Date(clock.now() - 1000) })).jobs.map((job) => job.id)).toEqual([late.id]);
    const first = await queue.list({ queue: 'default', limit: 3 });
    const rest = await queue.list({ queue: 'default', limit: 3 }, first.cursor);
    expect([first.jobs.length, rest.jobs.length, rest.cursor]).toEqual([3, 2, undefined]);
  });

  it('RS7: refuses a field nobody knows, so that a slip cannot widen what is found', async () => {
    const { queue } = await world();
    expect(await refusal(() => queue.cancel({ tag: ['x'] } as object))).toMatchObject({ option: 'tag' });
    expect(await refusal(() => queue.list({ state: 'runing' as 'ready' }))).toMatchObject({ option: 'state' });
  });

  it('RS7: counts states per queue and keeps a history', async () => {
    const { queue, take, complete } = await world();
    await queue.enqueueMany('a.task', [{}, {}, {}]);
    const [held] = await take('default', 1);
    await complete(held!);
    expect(await queue.counts()).toMatchObject([{ queue: 'default', counts: { ready: 2, completed: 1 } }]);
    expect(await queue.history()).toMatchObject([{ queue: 'default', completed: 1 }]);
    expect(await queue.workers()).toHaveLength(1);
    expect(await queue.ping()).toBeGreaterThan(0);
  });
});

describe('control', () => {
  it('TC3: cancels a waiting job at once, signals a running one, and leaves a finished or unknown one alone', async () => {
    const { queue, take, complete } = await world();
    const waiting = await queue.enqueue('a.task', {}, { delay: '1h' });
    expect(await waiting.cancel()).toMatchObject({ applied: true, state: 'cancelled' });
    const running = await queue.enqueue('a.task', {}, { jobId: 'mine' });
    const [held] = await take();
    expect(await queue.cancel('mine')).toMatchObject({ applied: true, state: 'active', signalled: true });
    expect((await queue.job('mine'))?.cancelling).toBe(true);
    await complete(held!);
    expect(await running.cancel()).toMatchObject({ applied: false, state: 'completed' });
    expect(await queue.cancel('nobody')).toEqual({ applied: false, state: undefined });
  });

  it('TC3: force ends the hold now', async () => {
    const { queue, take, complete } = await world();
    const handle = await queue.enqueue('a.task');
    const [held] = await take();
    expect(await handle.cancel({ force: true, reason: 'now' })).toMatchObject({ applied: true, state: 'cancelled' });
    await complete(held!, 'too late');
    expect(await queue.job(handle.id)).toMatchObject({ state: 'cancelled', reason: 'now' });
  });

  it('TC4: cancels by query, page by page, and answers how many', async () => {
    const { queue } = await world();
    await queue.enqueueMany(
      'a.task',
      Array.from({ length: 450 }, () => ({ tags: ['old'] })),
    );
    await queue.enqueueMany('b.task', [{ tags: ['old'] }, {}]);
    expect(await queue.cancel({ tags: ['old'], task: 'a.task' })).toBe(450);
    expect(await queue.cancel({ tags: ['none'] })).toBe(0);
    expect(await queue.cancel({ state: 'completed' })).toBe(0);
    expect((await queue.counts())[0]?.counts).toMatchObject({ ready: 2, cancelled: 450 });
  });

  it('RE11: retries a failed job by hand, or many by query: same id, attempts from 0, history kept', async () => {
    const { queue, take, fail } = await world();
    const handles = await queue.enqueueMany('a.task', [{}, {}, {}]);
    for (const held of await take()) await fail(held, new Error('boom'));
    expect(await handles[0]!.retry()).toMatchObject({ applied: true, state: 'ready' });
    expect(await handles[0]!.retry()).toMatchObject({ applied: false, state: 'ready' });
    expect(await queue.retry({ state: 'failed' })).toBe(2);
    expect(await queue.job(handles[1]!.id)).toMatchObject({
      state: 'ready',
      attempted: 0,
      error: null,
      attempts: [{ outcome: 'failed' }],
    });
  });

  it('removes by query what does not run', async () => {
    const { queue, take } = await world();
    await queue.enqueueMany('a.task', [{}, {}, {}]);
    await take('default', 1);
    expect(await queue.remove({ task: 'a.task' })).toBe(2);
    expect((await queue.list()).jobs).toMatchObject([{ state: 'active' }]);
  });

  it('announces what it cancelled', async () => {
    const { queue, events } = await world();
    const { id } = await queue.enqueue('a.task');
    const heard = events.next('job.cancelled');
    await queue.cancel(id, { reason: 'test' });
    expect(await heard).toMatchObject({ id, task: 'a.task', queue: 'default', reason: 'test' });
  });

  it('pauses and resumes a queue', async () => {
    const { queue, take } = await world();
    const { id } = await queue.enqueue('demo.greet');
    await queue.pause('default');
    expect(await take()).toEqual([]);
    expect(await (await queue.job(id))?.whyWaiting()).toBe('Queue default is paused.');
    await queue.resume('default');
    expect(await take()).toHaveLength(1);
    expect(await (await queue.job(id))?.whyWaiting()).toBeUndefined();
  });
});

describe('events$', () => {
  it('yields the facts of this process in order, and stops listening with its reader', async () => {
    const { queue, events } = await world();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const fact of queue.events$()) {
        seen.push(fact.name);
        if (fact.name === 'job.cancelled') break;
      }
    })();
    const { id } = await queue.enqueue('a.task');
    await queue.cancel(id);
    await reading;
    expect(seen).toEqual(['job.enqueued', 'job.cancelled']);
    expect(events.has('job.enqueued')).toBe(false);
  });
});
