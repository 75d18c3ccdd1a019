import { Inject, Injectable, type OnModuleDestroy, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsArray, IsDate, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { defineTasks, OnJob, Queue, type Standard, Task, task, TaskContext } from 'millrace';
import { closeAll, mill, promised, refusal } from './mill.js';

class Line {
  @IsString() sku!: string;
  @IsInt() quantity: number = 1;
}

class Report {
  @IsString() title!: string;
  @IsIn(['pdf', 'html']) format: string = 'pdf';
  @IsOptional() @IsString() template?: string;
  @IsOptional() @IsArray() @ValidateNested({ each: true }) @Type(() => Line) lines?: Line[];
  @IsOptional() @IsDate() @Type(() => Date) until?: Date;
}

class Rendered {
  @IsString() title!: string;
  @IsInt() pages!: number;
}

/** A Standard Schema without any library: a number as text becomes a number. */
const count: Standard<{ n: string }, { n: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const n = Number((value as { n?: unknown } | null)?.n);
      return Number.isInteger(n) ? { value: { n } } : { issues: [{ message: 'must be a number', path: ['n'] }] };
    },
  },
};

class ReportTasks extends defineTasks('reports', {
  render: task({ payload: Report, returns: Rendered, queue: 'reports' }),
  count: task({ payload: count, queue: 'reports' }),
  plain: task({ queue: 'reports', aliases: ['reports.old'] }),
}) {}

afterEach(closeAll);

describe('declaring tasks', () => {
  it('DT1: one payload object, its defaults those of the DTO; the method stays an ordinary one that throws plain errors', async () => {
    @Injectable()
    class Handlers {
      @Task(ReportTasks.render)
      async render(report: Report, ctx: TaskContext): Promise<Rendered> {
        if (report.title === 'bad') throw new RangeError('bad title');
        return { title: `${report.title}.${report.format} ${report.template ?? '-'} ${ctx.attempt}`, pages: 1 };
      }
    }
    const m = await mill({ providers: [Handlers] });
    const job = await m.queue.enqueue(ReportTasks.render, { title: 'Sales' } as Report);

    expect(await job.result()).toEqual({ title: 'Sales.pdf - 1', pages: 1 });
    const direct = m.app.get(Handlers);
    expect(await direct.render(Object.assign(new Report(), { title: 'x' }), TaskContext.fake({ attempt: 2 }))).toEqual({
      title: 'x.pdf - 2',
      pages: 1,
    });
    expect(
      await refusal(() => direct.render(Object.assign(new Report(), { title: 'bad' }), TaskContext.fake())),
    ).toBeInstanceOf(RangeError);
  });

  it('DT2: `tasks.except` leaves handlers out, as `tasks.only` picks them', async () => {
    const all = [
      [ReportTasks.plain, () => 'plain'],
      [ReportTasks.count, () => 'count'],
    ] as const;
    const some = await mill({ handlers: all, worker: { tasks: { except: ['reports.c*'] } } });
    const one = await mill({ handlers: all, worker: { tasks: { only: ['reports.count'] } } });

    expect((await some.queue.workers())[0]?.tasks).toEqual(['reports.plain', 'reports.old']);
    expect((await one.queue.workers())[0]?.tasks).toEqual(['reports.count']);
  });

  it('DT3: a job whose task no worker knows waits, and says so; an old name runs as well', async () => {
    const m = await mill({ handlers: [[ReportTasks.plain, () => 'ran']] });
    const old = await m.queue.enqueue('reports.old', undefined, { queue: 'reports' });
    const job = await m.queue.enqueue('reports.unheardOf', { n: 1 }, { queue: 'reports' });
    await m.rest();

    expect(await old.result()).toBe('ran');
    expect(await m.look(job)).toMatchObject({ state: 'scheduled', reason: 'unknown-task', attempted: 0 });
    expect((await m.look(job)).runAt).toBe(m.clock.now() + 5000);
    expect(await (await m.queue.job(job.id))!.whyWaiting()).toContain('knows its task');
  });

  it('DT3: it fails with UnknownTask only after 24 h of being handed back', async () => {
    const m = await mill({ handlers: [[ReportTasks.plain, () => 'ran']], worker: { lease: '3d', idle: '1d' } });
    const began = m.clock.now();
    const job = await m.queue.enqueue('reports.unheardOf', undefined, { queue: 'reports' });
    await m.rest();
    let view = await m.look(job);
    for (let n = 0; view.state === 'scheduled' && n < 1000; n++) {
      m.clock.freeze(view.runAt! - m.clock.now());
      await m.rest();
      view = await m.look(job);
    }

    expect(view).toMatchObject({
      state: 'failed',
      reason: 'unknown-task',
      error: { code: 'UNKNOWN_TASK' },
      crashes: 0,
    });
    expect(m.clock.now() - began).toBeGreaterThanOrEqual(24 * 3_600_000);
    expect(m.clock.now() - began).toBeLessThan(24.2 * 3_600_000);
  });

  it('DT4: a Standard Schema checks in the caller and again in the worker, where it fails without retry', async () => {
    const seen: unknown[] = [];
    const m = await mill({ handlers: [[ReportTasks.count, (payload) => void seen.push(payload)]] });
    expect(await refusal(() => m.queue.enqueue(ReportTasks.count, { n: 'many' }))).toMatchObject({
      code: 'PAYLOAD_INVALID',
      issues: [{ path: 'n', message: 'must be a number' }],
    });
    expect((await m.queue.list()).jobs).toEqual([]);

    await m.queue.enqueue(ReportTasks.count, { n: '7' });
    const foreign = await new Queue({ store: m.store, clock: m.clock }).enqueue(
      'reports.count',
      { n: 'many' },
      { queue: 'reports' },
    );
    await m.rest();
    expect(seen).toEqual([{ n: 7 }]);
    expect(await m.look(foreign)).toMatchObject({
      state: 'failed',
      reason: 'invalid-payload',
      error: { code: 'PAYLOAD_INVALID' },
    });
  });

  it('DT4: nested DTOs, arrays and dates arrive as their classes, and the result is shaped by `returns`', async () => {
    let seen!: Report;
    const m = await mill({
      handlers: [
        [ReportTasks.render, (report: Report) => ((seen = report), { title: 't', pages: 3 })],
        [ReportTasks.plain, () => undefined],
      ],
    });
    const until = new Date('2026-05-05T05:05:05Z');
    await m.queue.run(ReportTasks.render, { title: 't', format: 'html', lines: [{ sku: 'a' } as Line], until });
    expect(seen).toBeInstanceOf(Report);
    expect(seen.lines![0]).toBeInstanceOf(Line);
    expect(seen.lines).toEqual([{ sku: 'a', quantity: 1 }]);
    expect(seen.until).toEqual(until);
    await m.close();

    const wrong = await mill({ handlers: [[ReportTasks.render, () => ({ title: 't', pages: 'three' })]] });
    const job = await wrong.queue.enqueue(ReportTasks.render, { title: 't' } as Report);
    await wrong.rest();
    expect(await wrong.look(job)).toMatchObject({ state: 'failed', reason: 'invalid-result', attempted: 1 });
  });

  it('DT5: a handler gets Date, bigint, bytes, Map, Set, URL and Error as they were given', async () => {
    const payload = {
      at: new Date(5),
      big: 12345678901234567890n,
      bytes: new Uint8Array([0, 255]),
      map: new Map<unknown, unknown>([[1, new Set(['x'])]]),
      url: new URL('https://example.com/?q=1'),
      error: new RangeError('as data'),
    };
    let seen: typeof payload | undefined;
    const m = await mill({ handlers: [[ReportTasks.plain, (given: typeof payload) => ((seen = given), given)]] });
    const result = (await m.queue.run('reports.plain', payload, { queue: 'reports' })) as typeof payload;

    for (const value of [seen!, result]) {
      expect(value).toMatchObject({ at: payload.at, big: payload.big, map: payload.map, url: payload.url });
      expect([...value.bytes]).toEqual([0, 255]);
      expect(value.error).toMatchObject({ name: 'RangeError', message: 'as data' });
    }
  });

  it('DT5: functions, cycles and instances outside the contract are refused, and nothing is stored', async () => {
    class Entity {
      id = 1;
    }
    const cycle: Record<string, unknown> = { id: 1 };
    cycle['self'] = cycle;
    const m = await mill({ worker: false });
    for (const [path, payload] of [
      ['run', { run: () => 1 }],
      ['self', cycle],
      ['of', { of: new Entity() }],
      ['', new Entity()],
    ] as const) {
      expect(await refusal(() => m.queue.enqueue('any.task', payload))).toMatchObject({
        code: 'PAYLOAD_INVALID',
        issues: [{ path }],
      });
    }
    expect((await m.queue.list()).jobs).toEqual([]);
  });

  it('DT5, M2: a stored job that cannot be decoded fails as undecodable with its bytes kept, and the others run on', async () => {
    const m = await mill({ worker: false });
    const good = await m.queue.enqueueMany(ReportTasks.plain, [{}, {}]);
    const bad = good[0]!.id.slice(0, -1) + (good[0]!.id.endsWith('0') ? '1' : '0');
    await m.store.enqueue([{ id: bad, task: 'reports.plain', body: '{"payload":{"cut', priority: 2 }]);
    const after = await m.queue.enqueue(ReportTasks.plain);
    const w = await mill({ handlers: [[ReportTasks.plain, () => 'ran']], store: m.store, clock: m.clock });
    await w.rest();

    expect(await m.look(bad)).toMatchObject({ state: 'failed', reason: 'undecodable', payload: undefined });
    expect((await m.store.find([{ id: bad }]))[0]?.body).toBe('{"payload":{"cut');
    for (const job of [...good, after]) expect(await m.look(job)).toMatchObject({ state: 'completed' });
  });

  it('DT5: a codec of one’s own sees every payload and result', async () => {
    const codec = {
      encode: (text: string) => Buffer.from(text).toString('base64'),
      decode: (text: string) => Buffer.from(text, 'base64').toString(),
    };
    const m = await mill({ handlers: [[ReportTasks.plain, (given: object) => given]], queue: { codec } });
    const job = await m.queue.enqueue('reports.plain', { secret: 'canary' }, { queue: 'reports' });

    expect(await job.result()).toEqual({ secret: 'canary' });
    expect(JSON.stringify(await m.store.find([{ id: job.id }]))).not.toContain('canary');
  });

  it('DT6: queue, retry, timeout and keepResult come from the call, else overrides, else contract, else module defaults', async () => {
    class Levels extends defineTasks('levels', {
      bare: task(),
      own: task({ queue: 'own', timeout: '20s', retry: { attempts: 5, delay: '1s' } }),
      overridden: task({ queue: 'own', timeout: '20s', retry: { attempts: 5 } }),
    }) {}
    const seen: Record<string, unknown> = {};
    const run = (_: never, ctx: TaskContext) => {
      const { task: name, queue, timeout } = ctx.job;
      seen[ctx.job.tags[0] ?? name] = [queue, timeout, ctx.isLastAttempt];
    };
    const m = await mill({
      handlers: [Levels.bare, Levels.own, Levels.overridden].map((ref) => [ref, run] as const),
      queue: {
        defaults: { queue: 'any', timeout: '10s', retry: { attempts: 1 } },
        overrides: {
          'levels.o*': { retry: { attempts: 2 } },
          'levels.overridden': { timeout: '30s', retry: { attempts: 1 } },
        },
      },
    });
    await m.queue.enqueue(Levels.bare);
    await m.queue.enqueue(Levels.own);
    await m.queue.enqueue(Levels.overridden);
    await m.queue.enqueue(Levels.overridden, undefined, {
      queue: 'any',
      timeout: '40s',
      retry: { attempts: 9 },
      tags: ['call'],
    });
    await m.rest();

    expect(seen).toEqual({
      'levels.bare': ['any', 10_000, true],
      'levels.own': ['own', 20_000, false],
      'levels.overridden': ['own', 30_000, true],
      call: ['any', 40_000, false],
    });
  });

  it('DT6: an unknown option stops the boot, or the declaration, with a suggestion', async () => {
    const says = (words: string) => ({ code: 'CONFIG_INVALID', message: expect.stringContaining(words) as unknown });
    expect(await refusal(() => mill({ worker: false, queue: { overides: {} } as object }))).toMatchObject(
      says("Did you mean 'overrides'?"),
    );
    expect(
      await refusal(() => mill({ worker: false, queue: { overrides: { 'a.*': { retires: {} } as object } } })),
    ).toMatchObject(says('retry'));
    expect(await refusal(() => defineTasks('x', { y: task({ keepResults: '1h' } as object) }))).toMatchObject(
      says("Did you mean 'keepResult'?"),
    );
    expect(
      await refusal(() => mill({ handlers: [[ReportTasks.plain, () => 1]], worker: { concurency: 5 } as object })),
    ).toMatchObject(says("Did you mean 'concurrency'?"));
  });

  it('DT7: the context tells all of the job and its attempt, to the handler and to whatever it calls', async () => {
    let job: TaskContext['job'] | undefined;
    let own: Partial<TaskContext> = {};
    const m = await mill({
      handlers: [
        [
          ReportTasks.plain,
          (_, ctx) => {
            const { attempt, deadline, worker, fence, idempotencyKey, signal, logger } = TaskContext.current()!;
            job = ctx.job;
            own = { attempt, deadline, worker, fence, idempotencyKey, signal, logger };
          },
        ],
      ],
    });
    const at = m.clock.now();
    const parent = TaskContext.fake({ job: { id: 'other~0~000000000000000000000001', rootId: 'root' } });
    const handle = await TaskContext.run(parent, () =>
      m.queue.enqueue(ReportTasks.plain, undefined, {
        ...{ delay: '5s', expires: '1h', timeout: '1m', priority: 'high', tags: ['a'], headers: { tenant: 'acme' } },
      }),
    );
    await m.turn('5s');

    expect(job).toEqual({
      ...{ id: handle.id, task: 'reports.plain', queue: 'reports', priority: 'high', enqueuedAt: at, runAt: at + 5000 },
      ...{ expires: at + 3_600_000, timeout: 60_000, parentId: parent.job.id, rootId: 'root', workflowId: undefined },
      ...{ headers: { tenant: 'acme' }, tags: ['a'] },
    });
    expect(own).toMatchObject({
      attempt: 1,
      deadline: at + 5000 + 60_000,
      worker: m.worker.id,
      idempotencyKey: handle.id,
    });
    expect(own.fence).toEqual(expect.any(Number));
    expect(own.signal?.aborted).toBe(false);
  });

  it('DT8: a request-scoped provider is made per job, with its job, and never the one of an HTTP request', async () => {
    const trail: string[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Session implements OnModuleDestroy {
      constructor(@Inject(REQUEST) readonly request: TaskContext) {
        trail.push(`made for ${request.job?.tags[0]}`);
      }
      onModuleDestroy() {
        trail.push('disposed');
      }
    }
    @Injectable()
    class Handlers {
      constructor(private readonly session: Session) {}
      @Task(ReportTasks.plain)
      async run(_: void, ctx: TaskContext) {
        trail.push(`ran ${this.session.request === ctx}`);
      }
    }
    const m = await mill({ providers: [Session, Handlers], worker: { concurrency: 1 } });
    await m.queue.enqueueMany(ReportTasks.plain, [{ tags: ['one'] }, { tags: ['two'] }]);
    await m.rest();

    expect(trail).toEqual(['made for one', 'ran true', 'disposed', 'made for two', 'ran true', 'disposed']);
  });

  it('DT10: start hook, handler, end hook, settling, events: in this order', async () => {
    const trail: string[] = [];
    @Injectable()
    class Watcher {
      constructor(private readonly queue: Queue) {}
      onJobStart(ctx: TaskContext) {
        trail.push(`start ${ctx.job.task}`);
      }
      async onJobEnd(ctx: TaskContext) {
        trail.push(`end, still ${(await this.queue.job(ctx.job.id))?.state}`);
      }
      @OnJob('completed', ReportTasks.plain)
      async heard({ id }: { id: string }) {
        trail.push(`heard, by then ${(await this.queue.job(id))?.state}`);
      }
    }
    const m = await mill({ handlers: [[ReportTasks.plain, () => void trail.push('handler')]], providers: [Watcher] });
    await m.queue.run(ReportTasks.plain);
    await m.rest();

    expect(trail).toEqual(['start reports.plain', 'handler', 'end, still active', 'heard, by then completed']);
  });

  it('DT10: expected errors are logged at info without a stack, retried or failed; of any value the log shows 1 KiB', async () => {
    class CardDeclined extends Error {}
    class CardTasks extends defineTasks('cards', {
      charge: task({ expected: [CardDeclined], retry: { attempts: 2, delay: '1s' } }),
      crash: task({ retry: { attempts: 1 } }),
    }) {}
    const m = await mill({
      handlers: [
        [CardTasks.charge, () => Promise.reject(new CardDeclined('no funds'))],
        [CardTasks.crash, () => Promise.reject(new Error('x'.repeat(5000)))],
      ],
    });
    const job = await m.queue.enqueue(CardTasks.charge);
    await m.queue.enqueue(CardTasks.crash);
    await m.rest();
    await m.turn('1s');

    const about = m.lines.filter((line) => line.text.includes('no funds'));
    expect(about.map(({ level, stack }) => [level, stack])).toEqual([
      ['log', undefined],
      ['log', undefined],
    ]);
    expect(await m.look(job)).toMatchObject({ state: 'failed', attempted: 2 });
    const loud = m.lines.find((line) => line.level === 'error' && line.text.includes('xxx'))!;
    expect(loud.text.replace(/[^x]/g, '').length).toBeLessThanOrEqual(1024);
    expect(loud.stack!.replace(/[^x]/g, '').length).toBeLessThanOrEqual(1100);
    expect(loud.stack).toMatch(/\n\s+at /);
  });

  it('DT11: finished steps are skipped by the next attempt, which also finds the checkpoint', async () => {
    const ran: string[] = [];
    const m = await mill({
      handlers: [
        [
          ReportTasks.plain,
          async (_, ctx) => {
            const fetched = await ctx.step('fetch', () => (ran.push('fetch'), ['a', 'b']));
            await ctx.progress(50, 'fetched');
            const before = ctx.lastCheckpoint;
            await ctx.checkpoint({ upTo: ctx.attempt });
            if (ctx.attempt === 1) throw new Error('lost');
            return { fetched, before };
          },
          { retry: { delay: '1s' } },
        ],
      ],
    });
    const job = await m.queue.enqueue(ReportTasks.plain);
    await m.rest();
    expect((await m.look(job)).progress).toEqual({ percent: 50, detail: 'fetched' });
    await m.turn('1s');

    expect(ran).toEqual(['fetch']);
    expect(await job.result()).toEqual({ fetched: ['a', 'b'], before: { upTo: 1 } });
  });

  it('DT9: a handler that blocks the event loop beyond a third of the lease is logged and counted', async () => {
    const gate = promised();
    const m = await mill({ handlers: [[ReportTasks.plain, () => gate.promise]], worker: { lease: '30s' } });
    const started = m.next('job.started');
    await m.queue.enqueue(ReportTasks.plain);
    await started;
    await m.turn('2s');
    const blocked = m.next('worker.blocked');
    m.clock.freeze('15s');
    await m.turn('1s');

    expect((await blocked).tasks).toEqual(['reports.plain']);
    expect(m.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        text: expect.stringMatching(/event loop was blocked for .*reports\.plain/),
      }),
    );
    expect(m.worker.status()).toMatchObject({ blocked: 1 });
    gate.keep();
    await m.rest();
  });
});
