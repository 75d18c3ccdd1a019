import { defineTasks, every, type EnqueueOptions, Queue, task, type TaskRef, type TaskRoutes } from 'millrace';
import { closeAll, mill, type Parts, refusal } from './mill.js';

class ReportTasks extends defineTasks('reports', {
  render: task({}),
  audit: task({ queue: 'audit' }),
}) {}

class OrderTasks extends defineTasks('orders', {
  process: task({ deadLetter: { task: ReportTasks.render } }),
  lost: task({ deadLetter: { task: 'elsewhere.letter' }, retry: { attempts: 1 } }),
  bundle: task({}),
}) {}

class CrashTasks extends defineTasks('crash', {
  retried: task({ queue: 'crash', onWorkerLost: 'retry', retry: { attempts: 2, delay: '1s' } }),
  failed: task({ queue: 'crash', onWorkerLost: 'fail', retry: { attempts: 2, delay: '1s' } }),
  unsaid: task({ queue: 'crash' }),
}) {}

const routes = { 'reports.*': 'low', 'orders.process': 'orders' };

afterEach(closeAll);

/** Where a job of this task is put. */
async function placed(
  queue: NonNullable<Parts['queue']>,
  ref: string | TaskRef,
  options?: EnqueueOptions<unknown>,
): Promise<string> {
  const m = await mill({ worker: false, queue });
  const job = await (typeof ref === 'string' ? m.queue.enqueue(ref) : m.queue.enqueue(ref, undefined, options));
  const view = await m.look(job);
  await m.close();
  return view.queue;
}

describe('routes', () => {
  it('RP1: a task goes where the call says, then the overrides, its contract, the routes, the defaults, and else to default', async () => {
    const defaults = { queue: 'standard' };
    const overrides = { 'reports.*': { queue: 'slow' } };
    const all = { routes: { '*': 'routed' }, defaults, overrides };

    expect(await placed(all, ReportTasks.audit, { queue: 'called' })).toBe('called');
    expect(await placed(all, ReportTasks.audit)).toBe('slow');
    expect(await placed({ ...all, overrides: {} }, ReportTasks.audit)).toBe('audit');
    expect(await placed({ ...all, overrides: { 'reports.*': { priority: 'low' } } }, ReportTasks.render)).toBe(
      'routed',
    );
    expect(await placed({ routes, defaults }, OrderTasks.bundle)).toBe('standard');
    expect(await placed({ routes }, OrderTasks.bundle)).toBe('default');
    expect(await placed({ routes: {} }, ReportTasks.render)).toBe('default');
  });

  it.each([
    ['reports.render', 'low'],
    ['reports', 'default'],
    ['reportsXrender', 'default'],
    ['orders.process', 'orders'],
    ['orders.process.later', 'suffixed'],
    ['orders.x', 'first'],
    ['imports.eu.nightly', 'regional'],
    ['imports.eu', 'default'],
    ['a.b.a', 'ends'],
    ['a.b', 'default'],
    ['p.qr', 'default'],
    ['p.qr.r', 'tail'],
    ['p.r.qr', 'default'],
  ])('RP1: %s fits the exact name, else the longest glob, of equals the first: %s', async (name, queue) => {
    const given = {
      'reports.*': 'low',
      '*.later': 'suffixed',
      'orders.*': 'first',
      '*rders.x': 'second',
      'orders.process*': 'prefixed',
      'orders.process': 'orders',
      'imports.*.night*': 'regional',
      'a.b*b.a': 'never',
      'a.*.a': 'ends',
      'p*qr*r': 'tail',
      'orders.process.late*': 'suffixed',
    };
    expect(await placed({ routes: given }, name)).toBe(queue);
  });

  it('RP1: a function routes by name; what it leaves open goes on; it is asked once per contract', async () => {
    const asked: string[] = [];
    const route = (name: string) => (asked.push(name), name.startsWith('reports.') ? 'low' : undefined);
    const m = await mill({ worker: false, queue: { routes: route } });
    for (let n = 0; n < 3; n++) {
      expect(await m.look(await m.queue.enqueue(ReportTasks.render))).toMatchObject({ queue: 'low' });
      expect(await m.look(await m.queue.enqueue(OrderTasks.bundle))).toMatchObject({ queue: 'default' });
    }
    expect(asked).toEqual(['reports.render', 'orders.bundle']);
    const many = await m.queue.enqueueMany(ReportTasks.render, [{}, { queue: 'called' }]);
    expect(await Promise.all(many.map(async (job) => (await m.look(job)).queue))).toEqual(['low', 'called']);
    expect(asked).toHaveLength(2);
  });

  it.each<[string, TaskRoutes]>([
    ['by name and glob', routes],
    [
      'by a function',
      (name) => (name === 'orders.process' ? 'orders' : name.startsWith('reports.') ? 'low' : undefined),
    ],
  ])('RP1: a worker without queues of its own serves those its tasks are routed to, %s', async (_, given) => {
    const ran: string[] = [];
    const m = await mill({
      queue: { routes: given },
      handlers: [
        [ReportTasks.render, () => void ran.push('render')],
        [ReportTasks.audit, () => void ran.push('audit')],
        [OrderTasks.process, () => void ran.push('process')],
      ],
    });
    const queues = (await m.queue.workers()).flatMap((worker) => worker.queues);
    expect(queues.sort()).toEqual(['audit', 'low', 'orders']);
    const job = await m.queue.enqueue(ReportTasks.render);
    await m.queue.enqueueMany(ReportTasks.audit, [{}]);
    await m.queue.enqueue('orders.process');
    await m.rest();

    expect(ran.sort()).toEqual(['audit', 'process', 'render']);
    expect(await m.look(job)).toMatchObject({ queue: 'low', state: 'completed' });
    const said = m.lines.map(({ text }) => text);
    expect(said).toContainEqual(expect.stringContaining('reports.render on queue low'));
    expect(said).toContainEqual(expect.stringContaining('orders.process on queue orders'));
  });

  it('RP1: a worker that leaves a routed queue out says so, and its jobs say that no worker serves it', async () => {
    const m = await mill({
      queue: { routes },
      handlers: [[ReportTasks.render, () => 1]],
      worker: { queues: { default: 1 } },
    });
    expect(m.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', text: expect.stringContaining("its queue 'low'") as unknown }),
    );
    const routed = await m.queue.enqueue(ReportTasks.render);
    const called = await m.queue.enqueue(ReportTasks.render, undefined, { queue: 'lwo' });
    await m.rest();

    const why = async (id: string) => (await m.queue.job(id))!.whyWaiting();
    expect(await why(routed.id)).toBe('No worker serves queue low. Start one, or add the queue to a worker.');
    expect(await why(called.id)).toBe('No worker serves queue lwo. Start one, or add the queue to a worker.');
  });

  it('RP1: a Queue of its own, without Nest, takes the same routes and refuses the same', async () => {
    const m = await mill({ queue: { routes }, handlers: [[ReportTasks.render, () => 'ran']] });
    const queue = new Queue({ store: m.store, clock: m.clock, routes });
    const job = await queue.enqueue(ReportTasks.render);
    await m.rest();

    expect(await m.look(job)).toMatchObject({ queue: 'low', state: 'completed' });
    const error = await refusal(() => new Queue({ store: m.store, routes: { a: '' } }));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', option: 'routes.a' });
  });

  it('RP1: schedules and dead letters follow the routes as well', async () => {
    const m = await mill({
      queue: { routes: { ...routes, 'elsewhere.*': 'far' } },
      handlers: [
        [
          OrderTasks.lost,
          () => {
            throw new Error('no');
          },
        ],
      ],
    });
    await m.schedules.put('nightly', { task: ReportTasks.render, trigger: every('1h') });
    const fired = (await m.schedules.trigger('nightly'))!;
    expect(await m.look(fired)).toMatchObject({ queue: 'low' });

    await m.queue.enqueue(OrderTasks.lost);
    await m.rest();
    expect((await m.queue.list({ task: 'elsewhere.letter' })).jobs).toMatchObject([{ queue: 'far' }]);
  });

  it.each<[string, unknown, RegExp]>([
    ['routes', 'low', /object .* or a function/],
    ['routes', ['low'], /object .* or a function/],
    ['routes', null, /object .* or a function/],
    ['routes.reports.*', { 'reports.*': 'two words' }, /'two words' is no queue name/],
    ['routes.reports.*', { 'reports.*': '' }, /'' is no queue name/],
    ['routes.reports.*', { 'reports.*': { queue: 'low' } }, /type object is no queue name/],
    ['routes.reports.*', { 'reports.*': null }, /type null is no queue name/],
    ['routes.reports.*', { 'reports.*': 'q'.repeat(65) }, /at most 64/],
    ['routes.re ports', { 're ports': 'low' }, /fits no task/],
    ['routes.', { '': 'low' }, /fits no task/],
    ['routes.reports.?', { 'reports.?': 'low' }, /fits no task/],
  ])('RP1: the boot is refused for %s of %j', async (option, given, says) => {
    const error = await refusal(() => mill({ worker: false, queue: { routes: given as TaskRoutes } }));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', option, message: expect.stringMatching(says) as unknown });
  });

  it.each<[string, unknown, RegExp]>([
    ['a text that names no queue', 'two words', /'two words' is no queue name/],
    ['a promise', Promise.resolve('low'), /type object is no queue name/],
    ['null', null, /type null is no queue name/],
  ])(
    'RP1: a function that answers %s is refused where it is asked, with the task, and nothing is stored',
    async (_, answer, says) => {
      const given = { routes: (() => answer) as TaskRoutes };
      const m = await mill({ worker: false, queue: given });
      const message = expect.stringMatching(says) as unknown;
      for (const call of [
        () => m.queue.enqueue(ReportTasks.render),
        () => m.queue.enqueue('reports.render'),
        () => mill({ queue: given, handlers: [[ReportTasks.render, () => 1]] }),
      ]) {
        const error = await refusal(call);
        expect(error).toMatchObject({ code: 'CONFIG_INVALID', option: 'routes', message });
        expect(error.message).toContain("'reports.render'");
      }
      expect((await m.queue.list()).jobs).toEqual([]);
      expect(await m.look(await m.queue.enqueue(ReportTasks.audit))).toMatchObject({ queue: 'audit' });
    },
  );
});

/** A worker that takes the one job there is and is never heard of again. */
async function die(m: Awaited<ReturnType<typeof mill>>, id: string): Promise<void> {
  const lane = { queue: 'crash', shard: 0 };
  const about = {
    name: id,
    host: 'h',
    pid: 1,
    version: '0',
    startedAt: 0,
    queues: ['crash'],
    lanes: [lane],
    tasks: [],
  };
  await m.store.register({ ...about, id, concurrency: 1, lease: 3000 });
  const { jobs } = await m.store.exchange({ worker: id, lane, settle: [], want: 1, alone: true, lease: 3000 });
  expect(jobs).toHaveLength(1);
  for (let n = 0; n < 4; n++) {
    m.clock.freeze(1200);
    await m.store.reap({ lane });
  }
}

describe('onWorkerLost', () => {
  it.each([
    ['retry', CrashTasks.retried],
    ['unsaid', CrashTasks.unsaid],
  ])(
    'RP6: %s: a job survives two lost workers at no attempt’s cost, and each loss names its worker and its last heartbeat',
    async (_, ref) => {
      const m = await mill({ worker: false });
      const job = await m.queue.enqueue(ref);
      const first = m.clock.now();
      await die(m, 'first');
      const second = m.clock.now();
      await die(m, 'second');
      const lost = [
        { outcome: 'lost', worker: 'first', heartbeatAt: first },
        { outcome: 'lost', worker: 'second', heartbeatAt: second },
      ];
      expect(await m.look(job)).toMatchObject({ state: 'ready', attempted: 0, crashes: 2, attempts: lost });

      const attempts: number[] = [];
      const w = await mill({
        handlers: [[ref, (_, ctx) => void attempts.push(ctx.attempt)]],
        ...{ store: m.store, clock: m.clock },
      });
      await w.rest();
      await w.turn('2s');
      expect(attempts).toEqual([1]);
      expect(await m.look(job)).toMatchObject({
        state: 'completed',
        crashes: 2,
        attempts: [...lost, { attempt: 1, outcome: 'completed' }],
      });
    },
  );

  it('RP6: retry: the third lost worker fails the job with WorkerLost, whatever attempts it has left; a retry by hand counts anew', async () => {
    const m = await mill({ worker: false });
    const job = await m.queue.enqueue(CrashTasks.retried, undefined, { retry: { attempts: 50 } });
    for (const worker of ['first', 'second', 'third']) await die(m, worker);

    expect(await m.look(job)).toMatchObject({
      state: 'failed',
      reason: 'worker-lost',
      attempted: 0,
      crashes: 3,
      attempts: [{ worker: 'first' }, { worker: 'second' }, { worker: 'third', outcome: 'lost' }],
    });
    expect(await refusal(() => job.result())).toMatchObject({
      code: 'JOB_FAILED',
      reason: 'worker-lost',
      error: { code: 'WORKER_LOST', message: expect.stringContaining('3 times') as unknown },
    });
    await job.retry();
    expect(await m.look(job)).toMatchObject({ state: 'ready', crashes: 0 });
    await die(m, 'fourth');
    expect(await m.look(job)).toMatchObject({ state: 'ready', crashes: 1 });
  });

  it('RP6: fail: the first lost worker fails the job and its code is not run again, while errors are retried all the same', async () => {
    const m = await mill({ worker: false });
    const job = await m.queue.enqueue(CrashTasks.failed);
    await die(m, 'first');
    expect(await m.look(job)).toMatchObject({
      state: 'failed',
      reason: 'worker-lost',
      crashes: 1,
      attempts: [{ outcome: 'lost', worker: 'first' }],
    });

    const ran: string[] = [];
    const w = await mill({
      handlers: [
        [
          CrashTasks.failed,
          (_, ctx) => {
            ran.push(ctx.job.id);
            throw new Error('an ordinary one');
          },
        ],
      ],
      ...{ store: m.store, clock: m.clock },
    });
    const other = await m.queue.enqueue(CrashTasks.failed);
    await w.rest();
    await w.turn('2s');
    expect(ran).toEqual([other.id, other.id]);
    expect(await m.look(other)).toMatchObject({ state: 'failed', reason: 'exhausted', crashes: 0, attempted: 2 });
  });
});
