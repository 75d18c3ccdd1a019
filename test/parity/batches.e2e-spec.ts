import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  SetMetadata,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import { REQUEST, Reflector } from '@nestjs/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BatchContext,
  type BatchItem,
  type BatchItemOf,
  type BatchResults,
  defineTasks,
  OnJob,
  returns,
  RetryLater,
  task,
  TaskBatch,
  type TaskBatchOptions,
  TaskContext,
} from 'millrace';
import { sqlite } from 'millrace/sqlite';
import { QueueTester } from 'millrace/testing';
import { IsInt } from 'class-validator';
import { map } from 'rxjs';
import { afterwards, closeAll, mill, promised, refusal } from './mill.js';

class Row {
  @IsInt()
  n!: number;
}

class Tasks extends defineTasks('rows', {
  index: task({ payload: Row, returns: returns<string>(), queue: 'rows', retry: { attempts: 2, delay: '1s' } }),
}) {}

type Rows = BatchItemOf<typeof Tasks.index>[];
type Run = (items: Rows, context: BatchContext) => BatchResults<string> | Promise<BatchResults<string>>;

afterEach(closeAll);

/** A provider whose method indexes rows in batches. */
function indexer(run: Run, options: TaskBatchOptions<Row> = { max: 10 }) {
  @Injectable()
  class Indexer {
    @TaskBatch(Tasks.index, options)
    index(items: Rows, context: BatchContext) {
      return run(items, context);
    }
  }
  return Indexer;
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ payload: { n: i + 1 } }));
const named = (items: BatchItem<Row>[]) => items.map(({ payload: { n } }) => `row ${n}`);

describe('a batch', () => {
  it('begins with `max` jobs, or when its first one has waited', async () => {
    const sizes: number[] = [];
    const run: Run = (items) => (sizes.push(items.length), named(items));
    const m = await mill({ providers: [indexer(run, { max: 4, wait: '2s' })] });
    const jobs = await m.queue.enqueueMany(Tasks.index, rows(6));
    await m.turn('1999ms');
    expect(sizes).toEqual([4]);
    await m.turn(1);

    expect(sizes).toEqual([4, 2]);
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(named(rows(6) as never));
  });

  it('begins when the worker has no place left, which is warned of at boot', async () => {
    const gate = promised();
    const sizes: number[] = [];
    const run: Run = async (items) => {
      sizes.push(items.length);
      await gate.promise;
    };
    const m = await mill({ providers: [indexer(run)], worker: { concurrency: 3, prefetch: 0 } });
    await m.queue.enqueueMany(Tasks.index, rows(5));
    await m.turn(0);

    expect(sizes).toEqual([3]);
    expect(m.lines.filter(({ level }) => level === 'warn').map(({ text }) => text)).toEqual([
      'A batch of rows.index may have 10 jobs, but its queue has 3 places here: raise its concurrency, or lower max',
    ]);
    gate.keep();
  });

  it('begins when the worker stops, which waits for it', async () => {
    const sizes: number[] = [];
    const run: Run = (items) => (sizes.push(items.length), named(items));
    const m = await mill({ providers: [indexer(run, { max: 10, wait: '1m' })] });
    const jobs = await m.queue.enqueueMany(Tasks.index, rows(2));
    await m.turn('1s');
    expect(sizes).toEqual([]);
    await m.worker.stop();

    expect(sizes).toEqual([2]);
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(['row 1', 'row 2']);
  });

  it('lets each job fail by itself, and be tried again without the others', async () => {
    const batches: string[][] = [];
    const run: Run = (items) => {
      batches.push(named(items).sort());
      return items.map(({ payload: { n }, ctx }) => {
        if (n === 2 && ctx.attempt === 1) return new Error('row 2 is locked');
        return n === 3 ? Promise.reject(new Error('row 3 is broken')) : `row ${n} in attempt ${ctx.attempt}`;
      });
    };
    const ended: string[] = [];
    @Injectable()
    class Listener {
      @OnJob('completed', Tasks.index)
      completed({ result }: { result?: unknown }) {
        ended.push(String(result));
      }
      @OnJob('failed', Tasks.index)
      failed({ error }: { error: unknown }) {
        ended.push(String(error));
      }
    }
    const m = await mill({ providers: [indexer(run), Listener] });
    const jobs = await m.queue.enqueueMany(Tasks.index, rows(3));
    await m.rest();
    expect(await m.look(jobs[1]!)).toMatchObject({ state: 'scheduled', error: { message: 'row 2 is locked' } });
    await m.turn('1s');
    await m.rest();

    expect(batches).toEqual([
      ['row 1', 'row 2', 'row 3'],
      ['row 2', 'row 3'],
    ]);
    expect(await jobs[1]!.result()).toBe('row 2 in attempt 2');
    expect(ended.sort()).toEqual(['Error: row 3 is broken', 'row 1 in attempt 1', 'row 2 in attempt 2']);
  });

  it('ends a job as soon as the method says so; what the method throws then fails the others, each by its own policy', async () => {
    const gate = promised();
    const run: Run = async ([first, second, third]) => {
      first!.complete('quick');
      second!.fail(new RetryLater('1h'));
      await third!.ctx.progress(50);
      await gate.promise;
      throw new Error('the index is gone');
    };
    const m = await mill({ providers: [indexer(run, { max: 4 })] });
    const [first, second, third, fourth] = await m.queue.enqueueMany(Tasks.index, [
      ...rows(3),
      { payload: { n: 4 }, retry: { attempts: 1 } },
    ]);
    await m.turn(0);
    expect(await first!.result()).toBe('quick');
    expect(await m.look(second!)).toMatchObject({ state: 'scheduled' });
    expect(await m.look(third!)).toMatchObject({ state: 'active', progress: { percent: 50 } });
    gate.keep();
    await m.turn(0);

    expect(await m.look(third!)).toMatchObject({ state: 'scheduled', error: { message: 'the index is gone' } });
    expect(await m.look(fourth!)).toMatchObject({ state: 'failed', error: { message: 'the index is gone' } });
  });

  it('goes on without a job that is cancelled or out of time', async () => {
    const gate = promised();
    const signals: AbortSignal[] = [];
    const run: Run = async (items) => {
      signals.push(...items.map((item) => item.ctx.signal));
      await gate.promise;
      return named(items);
    };
    const m = await mill({ providers: [indexer(run, { max: 3 })] });
    const [cancelled, late, third] = await m.queue.enqueueMany(Tasks.index, [
      { payload: { n: 1 } },
      { payload: { n: 2 }, timeout: '2s', retry: { attempts: 1 } },
      { payload: { n: 3 } },
    ]);
    await m.turn(0);
    await cancelled!.cancel();
    await m.turn('2s');
    expect(await m.look(cancelled!)).toMatchObject({ state: 'cancelled' });
    expect(await m.look(late!)).toMatchObject({ state: 'failed', error: { code: 'JOB_TIMEOUT' } });
    expect(signals.map((signal) => (signal.reason as { why?: string } | undefined)?.why)).toEqual([
      'cancel',
      'timeout',
      undefined,
    ]);
    gate.keep();

    expect(await third!.result()).toBe('row 3');
  });

  it('is met by each job through guards, pipes and interceptors of its own', async () => {
    const batches: string[][] = [];
    @Injectable()
    class OddOnly implements CanActivate {
      constructor(private readonly reflector: Reflector) {}
      canActivate(context: ExecutionContext) {
        expect(context.getType<string>()).toBe('task');
        const rest = this.reflector.get<number>('rest', context.getHandler());
        return context.getArgByIndex<Row>(0).n % 2 === rest;
      }
    }
    class TenTimes implements PipeTransform {
      transform = (value: Row | TaskContext) => (value instanceof TaskContext ? value : { n: value.n * 10 });
    }
    class Loudly implements NestInterceptor {
      intercept = (_: ExecutionContext, next: CallHandler<string>) =>
        next.handle().pipe(map((result) => result.toUpperCase()));
    }
    @Injectable()
    class Indexer {
      private readonly batches = batches;

      @TaskBatch(Tasks.index, { max: 10 })
      @SetMetadata('rest', 1)
      @UseGuards(OddOnly)
      @UsePipes(new TenTimes())
      @UseInterceptors(new Loudly())
      index(items: Rows) {
        this.batches.push(named(items));
        return named(items);
      }
    }
    const m = await mill({ providers: [Indexer] });
    const [one, two, three] = await m.queue.enqueueMany(Tasks.index, rows(3));
    await m.rest();

    expect(batches).toEqual([['row 10', 'row 30']]);
    expect([await one!.result(), await three!.result()]).toEqual(['ROW 10', 'ROW 30']);
    expect(await m.look(two!)).toMatchObject({ state: 'failed', reason: 'forbidden' });
  });

  it('of a request-scoped provider has an instance of its own, made for the batch', async () => {
    let made = 0;
    const seen: unknown[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Indexer {
      private readonly nth = ++made;
      constructor(@Inject(REQUEST) private readonly request: BatchContext) {}

      @TaskBatch(Tasks.index, { max: 2 })
      index(items: Rows, context: BatchContext) {
        seen.push([this.nth, this.request === context, context.queue, items.length]);
      }
    }
    const m = await mill({ providers: [Indexer] });
    await m.queue.enqueueMany(Tasks.index, rows(4));
    await m.rest();

    expect(seen).toEqual([
      [1, true, 'rows', 2],
      [2, true, 'rows', 2],
    ]);
  });

  it('has options that are checked where they are written', async () => {
    expect(await refusal(() => indexer(() => undefined, { max: 0 }))).toMatchObject({
      code: 'CONFIG_INVALID',
      option: 'Indexer.index.max',
    });
  });

  it('is of one in QueueTester.perform, and of all that is ready in drain, while the clock stands still', async () => {
    const batches: string[][] = [];
    const run: Run = (items) => (batches.push(named(items)), named(items));
    const tester = await QueueTester.module({ tasks: [Tasks], providers: [indexer(run, { max: 100, wait: '1m' })] });
    afterwards(() => tester.close());

    expect(await tester.perform(Tasks.index, { n: 7 })).toMatchObject({ outcome: 'completed', result: 'row 7' });
    await tester.queue.enqueueMany(Tasks.index, rows(3));
    expect(await tester.drain()).toEqual({ completed: 3, failed: 0 });
    expect(batches).toEqual([['row 7'], ['row 1', 'row 2', 'row 3']]);
  });

  it('runs each of a thousand jobs once, in time as it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-batches-'));
    afterwards(() => rmSync(folder, { recursive: true }));
    const ran: number[] = [];
    const sizes: number[] = [];
    const run: Run = async (items) => {
      sizes.push(items.length);
      await new Promise((resolve) => setImmediate(resolve));
      ran.push(...items.map((item) => item.payload.n));
      return named(items);
    };
    const m = await mill({
      store: sqlite({ path: join(folder, 'queue.db') }),
      realTime: true,
      providers: [indexer(run, { max: 50, wait: '10ms' })],
      worker: { concurrency: 100 },
    });
    const jobs = await m.queue.enqueueMany(Tasks.index, rows(1000));
    const results = await Promise.all(jobs.map((job) => job.result({ timeout: '30s' })));

    expect(results).toEqual(named(rows(1000) as never));
    expect(ran.sort((a, b) => a - b)).toEqual(rows(1000).map(({ payload }) => payload.n));
    expect(Math.max(...sizes)).toBe(50);
  });
});
