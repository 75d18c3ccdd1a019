import { bindTasks } from 'millrace';
import { setup, stores } from '../faults/world.js';
import { ThreadTasks } from '../fixtures/threads.tasks.js';
import { eventually } from '../support/eventually.js';

describe('thread', () => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup('sqlite')));
  afterEach(() => world.close());

  it('DT9: a thread task runs off the event loop: its worker goes on with other jobs meanwhile', async () => {
    const { pid } = await world.worker();
    const job = await world.tasks.spin.enqueue({ name: 'a' });
    expect(await world.line('span', 'a')).toMatchObject({ pid });

    expect(await world.tasks.write.run({ name: 'beside' }, { timeout: '10s' })).toEqual({ worker: pid });
    expect(await job.refresh()).toMatchObject({ state: 'active' });
    world.go();

    const { thread } = await job.result({ timeout: '10s' });
    expect(thread).toBeGreaterThan(0);
  });

  it('TC2: a thread task that heeds nothing is terminated at its hard limit, and leaves its place to the next job', async () => {
    await world.worker({ CONCURRENCY: '1' });
    const bound = { timeout: { after: '1s', grace: '200ms' }, retry: { attempts: 1 } } as const;
    const job = await world.tasks.spin.enqueue({ name: 'deaf' }, bound);
    await world.line('span', 'deaf');

    await expect(job.result({ timeout: '10s' })).rejects.toMatchObject({
      code: 'JOB_FAILED',
      error: { name: 'JobTimeout', code: 'JOB_TIMEOUT' },
    });
    const next = await world.tasks.spin.enqueue({ name: 'next' });
    await world.line('span', 'next');
    world.go();
    await next.result({ timeout: '10s' });

    expect(world.lines('ended').map((line) => line.name)).toEqual(['next']);
  });

  it('TC2: cancelling a job terminates the thread that never lets go, once the grace has passed', async () => {
    await world.worker({ CONCURRENCY: '1' });
    const bound = { timeout: { after: '1h', grace: '200ms' } } as const;
    const job = await world.tasks.spin.enqueue({ name: 'endless' }, bound);
    await world.line('span', 'endless');
    await job.cancel();

    await expect(job.result({ timeout: '10s' })).rejects.toMatchObject({ code: 'JOB_CANCELLED' });
    await world.tasks.write.run({ name: 'next' }, { timeout: '10s' }); // there is one place only
    world.go();
    await (await world.tasks.spin.enqueue({ name: 'other' })).result({ timeout: '10s' });
    expect(world.lines('ended').map((line) => line.name)).toEqual(['other']);
  });

  describe('a module made by threadTask()', () => {
    const program = 'threads.worker';
    const tasks = () => bindTasks(ThreadTasks, world.queue);

    it('DT9: gets its providers injected in the thread, once for all jobs there, and they close with the worker', async () => {
      const worker = await world.worker({}, program);
      const { render } = tasks();
      const first = await render.run({ name: 'a', pages: 2 }, { timeout: '10s' });
      const second = await render.run({ name: 'b', pages: 3 }, { timeout: '10s' });

      expect(first).toEqual({ text: 'a, 2 pages', rendered: 1, thread: expect.any(Number) as number });
      expect(second).toMatchObject({ rendered: 2, thread: first.thread });
      expect(first.thread).toBeGreaterThan(0);
      expect(world.lines('opened')).toHaveLength(1);

      worker.signal('SIGTERM');
      expect(await worker.ended).toBe(0);
      expect(world.lines('closed')).toMatchObject([{ name: String(first.thread) }]);
      expect(worker.complaints()).toContain('[Paper] 2 sheets less');
    });

    it('WK9: is opened anew when its thread has done its jobs, and the old one is closed', async () => {
      await world.worker({ RECYCLE_JOBS: '1' }, program);
      const { render } = tasks();
      const first = await render.run({ name: 'a', pages: 1 }, { timeout: '10s' });
      const second = await render.run({ name: 'b', pages: 1 }, { timeout: '10s' });

      expect(second).toMatchObject({ rendered: 1 });
      expect(second.thread).not.toBe(first.thread);
      await world.line('closed', String(first.thread));
    });

    it('tells progress from the thread', async () => {
      await world.worker({}, program);
      const job = await tasks().render.enqueue({ name: 'a', pages: 4 });
      await job.result({ timeout: '10s' });

      expect((await job.refresh())!.progress).toEqual({ percent: 50, detail: { sheets: 4 } });
    });

    it('enqueues jobs from the thread, as the children of its own', async () => {
      const { pid } = await world.worker({}, program);
      const job = await tasks().follow.enqueue({ name: 'child', pages: 1 });
      const { id } = await job.result({ timeout: '10s' });
      expect(await world.line('ran', 'child')).toMatchObject({ pid });

      expect((await world.queue.job(id))!.view.parentId).toBe(job.id);
    });

    it('DT9: guards and interceptors of the class work in process, around the thread', async () => {
      await world.worker({}, program);
      const { render } = tasks();
      await render.run({ name: 'open', pages: 1 }, { timeout: '10s' });
      const refused = await render.enqueue({ name: 'secret', pages: 1 }, { retry: { attempts: 1 } });
      await expect(refused.result({ timeout: '10s' })).rejects.toMatchObject({ reason: 'forbidden' });

      expect(world.lines('seen').map((line) => line.name)).toEqual(['open']);
    });
  });

  it('TC2: a thread that takes more memory than it may is ended with its job, and harms no other', async () => {
    const { pid } = await world.worker({}, 'threads.worker');
    const beside = await world.tasks.spin.enqueue({ name: 'beside' });
    await world.line('span', 'beside');
    const job = await bindTasks(ThreadTasks, world.queue).swell.enqueue({ name: 'big', pages: 1 });

    await expect(job.result({ timeout: '20s' })).rejects.toMatchObject({
      error: { code: 'THREAD_OUT_OF_MEMORY', message: expect.stringContaining('48MB') as string },
    });
    world.go();
    expect((await beside.result({ timeout: '10s' })).thread).toBeGreaterThan(0);
    expect(await world.line('ended', 'beside')).toMatchObject({ pid });
  });
});

describe.each(stores)('a handler that blocks the event loop, on %s', (kind) => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup(kind)));
  afterEach(() => world.close());

  it('W3: keeps its lease, and is named in a warning', async () => {
    const worker = await world.worker({ LEASE: '1s' }, 'threads.worker');
    const job = await bindTasks(ThreadTasks, world.queue).block.enqueue({ name: 'deaf', pages: 4000 });
    await world.line('blocks', 'deaf');
    await world.worker({ LEASE: '1s' }, 'threads.worker'); // which would take over

    expect(await job.result({ timeout: '15s' })).toEqual({ worker: worker.pid });
    expect(world.lines('blocks')).toHaveLength(1);
    const warning = /The event loop was blocked for \d+ ms while these ran: threads\.block\./;
    await eventually(() => warning.test(worker.complaints()), { what: 'the warning' });
  });

  it('W3: loses it beyond maxBlock: another worker runs the job, and the late result does not count', async () => {
    const env = { LEASE: '1s', MAX_BLOCK: '1500ms' };
    const worker = await world.worker(env, 'threads.worker');
    const job = await bindTasks(ThreadTasks, world.queue).block.enqueue({ name: 'deaf', pages: 8000 });
    await world.line('blocks', 'deaf');
    const other = await world.worker(env, 'threads.worker');

    expect(await job.result({ timeout: '15s' })).toEqual({ worker: other.pid });
    expect(await world.line('unblocked', 'deaf', 2)).toMatchObject({ pid: worker.pid });
    expect((await job.refresh())!.result).toEqual({ worker: other.pid });
  });
});
