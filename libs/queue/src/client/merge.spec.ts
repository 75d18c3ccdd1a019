import { OptionFailed, StoreUnavailable } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { memory } from '../store/memory/index.js';
import type { EnqueueAnswer, NewJob, Store } from '../store/store.js';
import type { UniqueOptions } from '../task/definition.js';
import { bindTasks, defineTasks } from '../task/define-tasks.js';
import { task } from '../task/task.js';
import { ManualClock } from '../time/manual-clock.js';
import { puppet, refusal, world } from './testdata/world.js';

interface Batch {
  ids: string[];
}

const schema = {
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: (value: unknown) => {
      const { ids } = value as Batch;
      return ids.length < 100 ? { value: { ids } } : { issues: [{ message: 'too many', path: ['ids'] }] };
    },
  },
};

const unique = {
  key: 'all',
  merge: (queued: Batch, incoming: Batch) => {
    if (incoming.ids.includes('boom')) throw new Error('boom');
    return { ids: [...queued.ids, ...incoming.ids] };
  },
};

class IndexTasks extends defineTasks('index', {
  replace: task({ payload: schema, unique: { ...unique, until: 'started', onDuplicate: 'replace' } }),
  follow: task({ payload: schema, unique: { ...unique, onDuplicate: 'follow' } }),
}) {}

type Enqueue = (jobs: NewJob[], next: Store['enqueue'], call: number) => Promise<EnqueueAnswer[]>;

/** A memory store whose enqueue may be meddled with. */
async function setup(meddle?: Enqueue) {
  const clock = new ManualClock();
  const real = memory({ clock });
  let call = 0;
  const enqueue: Store['enqueue'] = (jobs) =>
    meddle ? meddle(jobs, (more) => real.enqueue(more), ++call) : real.enqueue(jobs);
  const w = await world({ store: { ...real, enqueue }, clock });
  const payloads = async () =>
    (await w.queue.list({ state: ['scheduled', 'blocked', 'ready'] })).jobs.map((job) => job.payload);
  return { ...w, ...puppet(real), clock, real, index: bindTasks(IndexTasks, w.queue), payloads };
}

const of = (...ids: string[]) => ({ ids });

describe('merge', () => {
  it('EN3: makes one payload of that of the job that waits and the new one', async () => {
    const { index, payloads } = await setup();
    const first = await index.replace.enqueue(of('a'));
    const second = await index.replace.enqueue(of('b'));
    const third = await index.replace.enqueue(of('c'), { delay: '1m' });
    expect([second, third]).toMatchObject([
      { id: first.id, created: false, state: 'ready' },
      { id: first.id, created: false },
    ]);
    expect(await payloads()).toEqual([of('a', 'b', 'c')]);
  });

  it('EN3: loses none of many that come at once, of one process or of several', async () => {
    const { index, store, payloads } = await setup();
    const others = bindTasks(IndexTasks, (await world({ store })).queue);
    const ids = Array.from({ length: 60 }, (_, i) => `${i}`);
    await Promise.all(ids.map((id, i) => (i % 2 ? index : others).follow.enqueue(of(id))));
    const [merged] = (await payloads()) as Batch[];
    expect(merged!.ids.toSorted()).toEqual(ids.toSorted());
  });

  it('goes into the one job that follows a running one, and leaves that as it is', async () => {
    const { index, take, complete, payloads } = await setup();
    await index.follow.enqueue(of('a'));
    const [held] = await take();
    const next = await index.follow.enqueue(of('b'));
    expect(next).toMatchObject({ created: true, state: 'blocked' });
    expect(await index.follow.enqueue(of('c'))).toMatchObject({ id: next.id, created: false });
    expect(await payloads()).toEqual([of('b', 'c')]);
    await complete(held!);
    expect((await take()).map((job) => job.id)).toEqual([next.id]);
  });

  it('makes a job of its own where the other has begun meanwhile', async () => {
    let begin: () => Promise<unknown> = async () => undefined;
    const { index, take, payloads } = await setup(async (jobs, next, call) => {
      const answers = await next(jobs);
      if (call === 2) await begin();
      return answers;
    });
    await index.replace.enqueue(of('a'));
    begin = () => take();
    expect(await index.replace.enqueue(of('b'))).toMatchObject({ created: true });
    expect(await payloads()).toEqual([of('b')]);
  });

  it('begins anew when others have changed the payload meanwhile', async () => {
    let others: (() => Promise<unknown>) | undefined;
    const { index, queue, payloads, store } = await setup(async (jobs, next) => {
      if (jobs[0]!.body.includes('"a","b"') && others) {
        const run = others;
        others = undefined;
        await run();
      }
      return next(jobs);
    });
    const elsewhere = bindTasks(IndexTasks, (await world({ store })).queue);
    others = () => elsewhere.replace.enqueue(of('x'));
    await index.replace.enqueue(of('a'));
    await index.replace.enqueue(of('b'));
    expect(await payloads()).toEqual([of('a', 'x', 'b')]);
    expect((await queue.counts())[0]!.totals.enqueued).toBe(1);
  });

  it('gives up as MergeConflict when others change it each time', async () => {
    let changes = 0;
    const { index, payloads } = await setup(async (jobs, next) => {
      const [job] = jobs;
      if (job!.replaces) {
        const [holder] = await next([{ ...job!, replaces: undefined, body: `{"payload":{"ids":["${changes++}"]}}` }]);
        expect(holder).toMatchObject({ replaced: true });
      }
      return next(jobs);
    });
    const { id } = await index.replace.enqueue(of('a'));
    expect(await refusal(() => index.replace.enqueue(of('b')))).toMatchObject({
      code: 'MERGE_CONFLICT',
      task: 'index.replace',
      existing: id,
      times: limits.merges,
    });
    expect(await payloads()).toEqual([of(`${limits.merges - 1}`)]);
  });

  it('R4: merges once where the answer of the store was lost', async () => {
    let lose = false;
    const { index, payloads, clock } = await setup(async (jobs, next) => {
      const answers = await next(jobs);
      if (!lose || !answers[0]!.replaced) return answers;
      lose = false;
      throw new StoreUnavailable('memory:');
    });
    await index.replace.enqueue(of('a'));
    lose = true;
    const second = index.replace.enqueue(of('b'));
    await clock.advance('1s');
    expect(await second).toMatchObject({ created: false });
    expect(await payloads()).toEqual([of('a', 'b')]);
  });

  it('refuses its own enqueue as OptionFailed when it throws, and changes nothing', async () => {
    const { index, payloads } = await setup();
    expect(await index.replace.enqueue(of('boom'))).toMatchObject({ created: true });
    const refused = await refusal(() => index.replace.enqueue(of('boom')));
    expect(refused).toBeInstanceOf(OptionFailed);
    expect(refused).toMatchObject({ task: 'index.replace', option: 'unique.merge', cause: { message: 'boom' } });
    await index.replace.enqueue(of('c'));
    expect(await payloads()).toEqual([of('boom', 'c')]);
  });

  it('is checked as any payload: by the contract, and by its size', async () => {
    const { index, queue, payloads } = await setup();
    const many = Array.from({ length: 60 }, (_, i) => `${i}`);
    await index.replace.enqueue(of(...many));
    expect(await refusal(() => index.replace.enqueue(of(...many)))).toMatchObject({
      code: 'PAYLOAD_INVALID',
      issues: [{ path: 'ids' }],
    });
    expect(await payloads()).toEqual([of(...many)]);

    const doubled: UniqueOptions<unknown> = {
      onDuplicate: 'replace',
      until: 'settled',
      merge: (queued, incoming) => `${queued as string}${incoming as string}`,
    };
    const half = 'x'.repeat(limits.payload / 2);
    await queue.enqueue('a.task', half, { jobId: 'x', unique: doubled });
    expect(await refusal(() => queue.enqueue('a.task', half, { jobId: 'x', unique: doubled }))).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it('may be asynchronous', async () => {
    const { queue, payloads } = await setup();
    const merge = async (queued: unknown, incoming: unknown) => `${queued as string}${incoming as string}`;
    const call = { jobId: 'x', unique: { onDuplicate: 'replace' as const, merge } };
    await queue.enqueue('a.task', 'a', call);
    await queue.enqueue('a.task', 'b', call);
    expect(await payloads()).toEqual(['ab']);
  });

  it('EN8: concerns each item of a call of many; one that fails is named, and the others are stored', async () => {
    const { index, payloads } = await setup();
    await index.replace.enqueueMany([{ payload: of('a') }, { payload: of('b') }, { payload: of('c') }]);
    expect(await payloads()).toEqual([of('a', 'b', 'c')]);

    const other = { key: 'other' };
    const refused = await refusal(() =>
      index.replace.enqueueMany([
        { payload: of('d') },
        { payload: of('boom') },
        { payload: of('e'), unique: other },
        { payload: of('f') },
      ]),
    );
    expect(refused).toMatchObject({ code: 'OPTION_FAILED', option: 'unique.merge', item: 1 });
    expect((refused as OptionFailed).stored).toHaveLength(1);
    expect(refused.message).toContain('Item 1: ');
    expect(await payloads()).toEqual([of('a', 'b', 'c', 'd', 'f'), of('e')]);
  });

  it('reads and writes through the codec', async () => {
    const codec = {
      encode: (text: string) => Buffer.from(text).toString('base64'),
      decode: (text: string) => Buffer.from(text, 'base64').toString(),
    };
    const { queue } = await world({ codec });
    const index = bindTasks(IndexTasks, queue);
    await index.replace.enqueue(of('a'));
    const { id } = await index.replace.enqueue(of('b'));
    expect((await queue.job(id))!.payload).toEqual(of('a', 'b'));
  });

  it('changes no job that waits when a schedule prepares one', async () => {
    const { index, queue, real, payloads } = await setup();
    await index.replace.enqueue(of('a'));
    const { job } = await queue.prepare(IndexTasks.replace, of('b'));
    expect(await real.enqueue([job])).toMatchObject([{ created: false }]);
    expect(await payloads()).toEqual([of('a')]);
  });
});

describe('unique', () => {
  const collapse = (unique: UniqueOptions<unknown>, more = {}) => ({ jobId: 'x', unique, ...more });

  it('EN3: keeps the first by default', async () => {
    const { queue, payloads } = await setup();
    await queue.enqueue('a.task', 1, collapse({}));
    expect(await queue.enqueue('a.task', 2, collapse({}))).toMatchObject({ created: false });
    expect(await payloads()).toEqual([1]);
  });

  it('EN3: debounces: each call puts the job off, at most for maxWait', async () => {
    const { queue, take, clock } = await setup();
    for (const onDuplicate of ['extend', 'replace'] as const) {
      const call = {
        queue: onDuplicate,
        jobId: onDuplicate,
        delay: '10s',
        unique: { until: 'started', onDuplicate, maxWait: '25s' },
      } as const;
      for (let i = 0; i < 4; i++) {
        await queue.enqueue('a.task', i, call);
        await clock.advance('8s');
        expect(await take(onDuplicate)).toHaveLength(i === 3 ? 1 : 0);
      }
    }
  });

  it('EN3: extend keeps the first payload, replace the last', async () => {
    const { queue, payloads } = await setup();
    for (const onDuplicate of ['extend', 'replace'] as const) {
      const call = collapse({ until: 'started', onDuplicate }, { delay: '10s', queue: onDuplicate });
      for (const payload of [`first ${onDuplicate}`, `last ${onDuplicate}`])
        await queue.enqueue('a.task', payload, call);
    }
    expect((await payloads()).sort()).toEqual(['first extend', 'last replace']);
  });

  it('EN3: follow lets exactly one job follow the running one, with the last payload', async () => {
    const { queue, take, complete, payloads } = await setup();
    const call = collapse({ onDuplicate: 'follow' });
    await queue.enqueue('a.task', 1, call);
    const [held] = await take();
    const next = await queue.enqueue('a.task', 2, call);
    expect(await queue.enqueue('a.task', 3, call)).toMatchObject({ id: next.id, created: false });
    expect(await payloads()).toEqual([3]);
    await complete(held!);
    expect((await take()).map((job) => job.id)).toEqual([next.id]);
  });

  it('EN3: throttles: one job in a time, whatever becomes of it', async () => {
    const { queue, take, complete, clock } = await setup();
    const call = collapse({ until: '10m' });
    const { id } = await queue.enqueue('a.task', 1, call);
    await complete((await take())[0]!);
    expect(await queue.enqueue('a.task', 2, call)).toMatchObject({ id, created: false });
    await clock.advance('10m');
    expect(await queue.enqueue('a.task', 3, call)).toMatchObject({ created: true });
  });

  it.each<[string, UniqueOptions<unknown>]>([
    ['unique.onDuplicate', { onDuplicate: 'ignore' as never }],
    ['unique.maxWait', { onDuplicate: 'extend', maxWait: 0 }],
    ['unique.maxWait', { onDuplicate: 'extend', maxWait: '60w' }],
    ['unique.maxWait', { onDuplicate: 'follow', maxWait: '1m' }],
    ['unique.maxWait', { maxWait: '1m' }],
    ['unique.merge', { onDuplicate: 'replace', merge: 'concat' as never }],
    ['unique.merge', { onDuplicate: 'extend', merge: () => 1 }],
    ['unique.merge', { merge: () => 1 }],
    ['unique.until', { onDuplicate: 'follow', until: 'started' }],
    ['unique.until', { onDuplicate: 'follow', until: 'kept' }],
    ['unique.until', { onDuplicate: 'follow', until: '10m' }],
  ])('refuses what contradicts itself at %s: %j', async (option, unique) => {
    const { queue, payloads } = await setup();
    expect(await refusal(() => queue.enqueue('a.task', 1, { jobId: 'x', unique }))).toMatchObject({
      code: 'CONFIG_INVALID',
      option,
    });
    expect(await payloads()).toEqual([]);
  });

  it('checks what the call says together with what the task says', async () => {
    const { index } = await setup();
    expect(await refusal(() => index.follow.enqueue(of('a'), { unique: { until: 'started' } }))).toMatchObject({
      code: 'CONFIG_INVALID',
      option: 'unique.until',
    });
  });
});
