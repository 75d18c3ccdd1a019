import { defineTasks, type EnqueueOptions, type JobHandle, task, type TaskRef } from 'millrace';
import { everyPlace, floor } from './flow.js';
import { closeAll, mill, refusal } from './mill.js';

/** A payload that several of these make together. */
interface Parcel {
  name: string;
  key?: string;
  parts?: string[];
}

const byName = (parcel: Parcel) => parcel.name;
const together = (queued: Parcel, incoming: Parcel): Parcel => ({
  ...queued,
  parts: [...(queued.parts ?? []), ...(incoming.parts ?? [])],
});

class Index extends defineTasks('index', {
  debounced: task({
    queue: 'index',
    unique: { key: byName as never, onDuplicate: 'extend', maxWait: '10s' },
  }),
  latest: task({ queue: 'index', unique: { key: byName as never, onDuplicate: 'replace', maxWait: '10s' } }),
  follow: task({ queue: 'index', unique: { key: byName as never, onDuplicate: 'follow' } }),
  collect: task({ queue: 'index', unique: { key: byName as never, onDuplicate: 'follow', merge: together as never } }),
  gather: task({ queue: 'index', unique: { key: byName as never, onDuplicate: 'replace', merge: together as never } }),
  throttled: task({ queue: 'index', unique: { key: byName as never, until: '1m' } }),
  settled: task({ queue: 'index', unique: { key: byName as never } }),
  started: task({ queue: 'index', unique: { key: byName as never, until: 'started' } }),
  kept: task({ queue: 'index', unique: { key: byName as never, until: 'kept' } }),
  strict: task({ queue: 'index', unique: { key: byName as never, onDuplicate: 'error' } }),
  limited: task({
    queue: 'index',
    maxActive: 1,
    unique: { key: byName as never, onDuplicate: 'replace', merge: together as never },
  }),
}) {}

const tasks = [
  ...[Index.debounced, Index.latest, Index.follow, Index.collect, Index.gather, Index.throttled, Index.settled],
  ...[Index.started, Index.kept, Index.strict, Index.limited],
];

afterEach(closeAll);

describe.each(everyPlace)('coalescing, on %s', (_, place) => {
  const seen: Parcel[] = [];

  async function setup(plan: Partial<Parameters<typeof floor>[1]> = {}) {
    seen.length = 0;
    const f = await floor(place, { tasks, workers: 2, run: (parcel) => void seen.push(parcel), ...plan });
    const put = (ref: unknown, parcel: Parcel, options: object = {}, queue = f.queue): Promise<JobHandle> =>
      queue.enqueue(ref as TaskRef<Parcel>, parcel, options as EnqueueOptions<Parcel>);
    return { ...f, f, put };
  }

  it('EN3: debounce: each further call puts the job off as long again, at most maxWait in all, and it runs once', async () => {
    const { f, put, clock } = await setup();
    const from = clock.now();
    const first = await put(Index.debounced, { name: 'a' }, { delay: '3s' });
    for (let n = 0; n < 3; n++) {
      await f.turn('2s');
      expect(await put(Index.debounced, { name: 'a', parts: [`${n}`] }, { delay: '3s' })).toMatchObject({
        ...{ id: first.id, created: false, state: 'scheduled' },
      });
      expect((await f.look(first)).runAt).toBe(clock.now() + 3000);
    }
    await f.turn('2s');
    await put(Index.debounced, { name: 'a' }, { delay: '3s' });
    expect((await f.look(first)).runAt).toBe(from + 10_000);
    await f.rest();
    expect(seen).toEqual([{ name: 'a' }]);
    expect(await f.starts()).toEqual([from + 10_000]);
    await f.sound();
  });

  it('EN3: debounce never brings a job forward, and leaves one alone that is ready or runs', async () => {
    const { f, put } = await setup({ hold: true });
    const first = await put(Index.debounced, { name: 'a' }, { delay: '5s' });
    const runAt = (await f.look(first)).runAt;
    await put(Index.debounced, { name: 'a' }, { delay: '1s' });
    await put(Index.debounced, { name: 'a' });
    expect((await f.look(first)).runAt).toBe(runAt);
    await f.until(() => f.begun.length === 1);
    expect(await put(Index.debounced, { name: 'a' }, { delay: '5s' })).toMatchObject({ created: false });
    expect(await f.look(first)).toMatchObject({ state: 'active' });
    f.end('a');
    await f.rest();
    await f.sound();
  });

  it('EN3: replace: the last payload runs, at the last time, not beyond maxWait', async () => {
    const { f, put, clock } = await setup();
    const from = clock.now();
    const first = await put(Index.latest, { name: 'a', parts: ['0'] }, { delay: '4s' });
    for (let n = 1; n <= 5; n++) {
      await f.turn('3s');
      await put(Index.latest, { name: 'a', parts: [`${n}`] }, { delay: '4s' });
      if (n === 3) expect((await f.look(first)).runAt).toBe(from + 10_000);
      if (n === 3) break;
    }
    await f.rest();
    expect(seen).toEqual([{ name: 'a', parts: ['3'] }]);
    expect(await f.starts()).toEqual([from + 10_000]);
    await f.sound();
  });

  it('EN3: throttle: until a time has passed, whatever became of the job, others answer it', async () => {
    const { f, put } = await setup();
    const first = await put(Index.throttled, { name: 'a' });
    await f.rest();
    for (let n = 0; n < 5; n++) {
      expect(await put(Index.throttled, { name: 'a' })).toMatchObject({ id: first.id, created: false });
      await f.turn('11s');
    }
    await f.turn('5s');
    expect(await put(Index.throttled, { name: 'a' })).toMatchObject({ created: true });
    await f.rest();
    expect(f.names()).toEqual(['a', 'a']);
    await f.sound();
  });

  it('EN3: follow: twenty producers at once while one runs make exactly one follow-up, with the last payload, and the next one again', async () => {
    const { f, put, reach, clock } = await setup({ hold: true });
    const producers = await Promise.all(
      Array.from({ length: 4 }, () => mill({ store: reach(), clock, worker: false })),
    );
    await put(Index.follow, { name: 'a', parts: ['first'] });
    await f.until(() => f.inHand().length === 1);
    for (let round = 0; round < 3; round++) {
      const jobs = await Promise.all(
        Array.from({ length: 20 }, (_unused, n) =>
          put(Index.follow, { name: 'a', parts: [`${round}.${n}`] }, {}, producers[n % 4]!.queue),
        ),
      );
      expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
      expect(jobs.filter(({ created }) => created)).toHaveLength(1);
      expect(await f.look(jobs[0]!)).toMatchObject({ state: 'blocked' });
      const last = await put(Index.follow, { name: 'a', parts: [`${round}.last`] });
      expect(last.created).toBe(false);
      await f.calm();
      expect(f.inHand()).toEqual(['a']);
      f.end('a');
      await f.until(() => f.begun.length === round + 2);
    }
    f.end('a');
    await f.rest();
    expect(seen.map(({ parts }) => parts)).toEqual([['first'], ['0.last'], ['1.last'], ['2.last']]);
    await f.sound();
  });

  it.each(['fails', 'is cancelled'])(
    'EN3: follow: the follow-up begins as well when the one before %s',
    async (how) => {
      const { f, put } = await setup({ hold: true });
      const first = await put(Index.follow, { name: 'a' }, { retry: { attempts: 1 } });
      await f.until(() => f.inHand().length === 1);
      const next = await put(Index.follow, { name: 'a', parts: ['next'] });
      expect(next).toMatchObject({ created: true, state: 'blocked' });
      expect(await f.why(next)).toContain(first.id);
      if (how === 'fails') f.fail('a');
      else await first.cancel();
      await f.until(() => f.begun.length === 2);
      f.end('a');
      await f.rest();
      expect(seen).toEqual([{ name: 'a', parts: ['next'] }]);
      await f.sound();
    },
  );

  it('EN3: follow: while the first is retried its payload is the one that counts, and the follow-up waits for its end', async () => {
    const { f, put } = await setup({ hold: true });
    await put(Index.follow, { name: 'a', parts: ['one'] }, { retry: { attempts: 2, delay: '5s' } });
    await f.until(() => f.inHand().length === 1);
    const next = await put(Index.follow, { name: 'a', parts: ['two'] });
    f.fail('a');
    await f.turn('1s');
    expect(await f.look(next)).toMatchObject({ state: 'blocked' });
    const third = await put(Index.follow, { name: 'a', parts: ['three'] });
    expect(third).toMatchObject({ id: next.id, created: false });
    await f.until(() => f.inHand().length === 1);
    f.end('a');
    await f.until(() => f.begun.length === 3);
    f.end('a');
    await f.rest();
    expect(seen.map(({ parts }) => parts)).toEqual([['one'], ['three']]);
    await f.sound();
  });

  it.each([
    ['gather', Index.gather, { delay: '5s' }],
    ['collect', Index.collect, { delay: '5s' }],
    ['limited', Index.limited, { delay: '5s' }],
  ] as const)(
    'EN3: merge (%s): forty at once from four processes lose nothing, and one job runs',
    async (_name, ref, options) => {
      const { f, put, reach, clock } = await setup();
      const producers = await Promise.all(
        Array.from({ length: 4 }, () => mill({ store: reach(), clock, worker: false })),
      );
      const parts = Array.from({ length: 40 }, (_unused, n) => `${n}`);
      const settled = await Promise.allSettled(
        parts.map((part, n) => put(ref, { name: 'a', parts: [part] }, options, producers[n % 4]!.queue)),
      );
      const taken = parts.filter((_part, n) => settled[n]!.status === 'fulfilled');
      const refused = settled.filter((one) => one.status === 'rejected');
      for (const { reason } of refused) expect(reason).toMatchObject({ code: 'MERGE_CONFLICT' });
      expect(taken.length).toBeGreaterThan(20);
      await f.rest();
      expect(seen).toHaveLength(1);
      expect([...seen[0]!.parts!].sort()).toEqual(taken.sort());
      await f.sound();
    },
  );

  it('EN3: merge and follow while jobs run: every part is in exactly one run, in no more runs than were needed', async () => {
    const { f, put, reach, clock } = await setup();
    const producers = await Promise.all(
      Array.from({ length: 3 }, () => mill({ store: reach(), clock, worker: false })),
    );
    const parts = Array.from({ length: 60 }, (_unused, n) => `${n}`);
    const taken: string[] = [];
    for (let from = 0; from < parts.length; from += 6) {
      await Promise.all(
        parts.slice(from, from + 6).map(async (part, n) => {
          try {
            await put(Index.collect, { name: 'a', parts: [part] }, {}, producers[n % 3]!.queue);
            taken.push(part);
          } catch (error) {
            expect(error).toMatchObject({ code: 'MERGE_CONFLICT' });
          }
        }),
      );
      await f.turn('100ms');
    }
    await f.rest();
    expect(seen.flatMap((parcel) => parcel.parts ?? []).sort()).toEqual(taken.sort());
    expect(f.most.get('index.collect')).toBe(1);
    await f.sound();
  });

  it('EN3: a merge during which the job begins: what runs is not run again by the one that follows', async () => {
    const { f, put } = await setup({ hold: true, workers: 0 });
    const unique = {
      key: 'k',
      onDuplicate: 'follow',
      merge: async (queued: Parcel, incoming: Parcel): Promise<Parcel> => {
        if (f.hands.length === 0) await f.hire();
        await f.until(() => f.inHand().length === 1);
        return together(queued, incoming);
      },
    };
    await put(Index.settled, { name: 'a', parts: ['1'] }, { unique });
    expect(await put(Index.settled, { name: 'a', parts: ['2'] }, { unique })).toMatchObject({ created: true });
    f.end('a');
    await f.until(() => f.begun.length === 2);
    f.end('a');
    await f.rest();
    expect(seen.map(({ parts }) => parts)).toEqual([['1'], ['2']]);
    await f.sound();
  });

  it.each(['follow', 'replace'] as const)(
    'EN3: a merge (%s) during which the job ends: what has run is not run again',
    async (onDuplicate) => {
      const { f, put } = await setup({ workers: 0 });
      const unique = {
        key: 'k',
        onDuplicate,
        merge: async (queued: Parcel, incoming: Parcel): Promise<Parcel> => {
          if (f.hands.length === 0) await f.hire();
          await f.rest();
          return together(queued, incoming);
        },
      };
      await put(Index.settled, { name: 'a', parts: ['1'] }, { unique });
      expect(await put(Index.settled, { name: 'a', parts: ['2'] }, { unique })).toMatchObject({ created: true });
      await f.rest();
      expect(seen.map(({ parts }) => parts)).toEqual([['1'], ['2']]);
      await f.sound();
    },
  );

  it('EN3: merge in one call with many: each item is answered, all parts are there', async () => {
    const { f } = await setup();
    const items = Array.from({ length: 10 }, (_unused, n) => ({
      payload: { name: n < 7 ? 'a' : 'b', parts: [`${n}`] },
      delay: '3s',
    }));
    const jobs = await f.queue.enqueueMany(Index.gather as TaskRef<never>, items as never);
    expect(jobs.map(({ created }) => created)).toEqual(items.map((_item, n) => n === 0 || n === 7));
    await f.rest();
    expect(seen.map(({ name, parts }) => [name, [...parts!].sort()])).toEqual(
      expect.arrayContaining([
        ['a', ['0', '1', '2', '3', '4', '5', '6']],
        ['b', ['7', '8', '9']],
      ]),
    );
    expect(seen).toHaveLength(2);
    await f.sound();
  });

  it('EN3: until started, settled and kept end where they say; error names the job; ten at once make one', async () => {
    const { f, put } = await setup({ hold: true });
    for (const ref of [Index.started, Index.settled, Index.kept]) {
      const jobs = await Promise.all(Array.from({ length: 10 }, () => put(ref, { name: ref.definition.name })));
      expect(jobs.filter(({ created }) => created)).toHaveLength(1);
    }
    await f.until(() => f.inHand().length === 3);
    expect((await put(Index.started, { name: 'index.started' })).created).toBe(true);
    expect((await put(Index.settled, { name: 'index.settled' })).created).toBe(false);
    await f.until(() => f.begun.length === 4);
    const strict = await put(Index.strict, { name: 's' });
    expect(await refusal(() => put(Index.strict, { name: 's' }))).toMatchObject({
      code: 'DUPLICATE_JOB',
      existing: strict.id,
    });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('these do not go together');
      },
      'OPTION_FAILED',
      /unique\.merge of .* threw: these do not go together/,
    ],
    ['rejects', () => Promise.reject(new Error('not now')), 'OPTION_FAILED', /unique\.merge of .* threw: not now/],
    ['answers what cannot be stored', () => ({ f: () => 1 }), 'PAYLOAD_INVALID', /f/],
    [
      'answers an entity',
      () =>
        new (class Order {
          id = 1;
        })(),
      'PAYLOAD_INVALID',
      /./,
    ],
    ['answers too much', () => 'x'.repeat(300_000), 'PAYLOAD_TOO_LARGE', /./],
  ] as [string, () => unknown, string, RegExp][])(
    'EN3: a merge that %s refuses its own enqueue by name, and the job that waits runs as it was',
    async (_how, merge, code, says) => {
      const { f, put } = await setup();
      const unique = { key: 'k', onDuplicate: 'replace', merge } as never;
      const first = await put(Index.settled, { name: 'a', parts: ['1'] }, { delay: '5s', unique });
      const error = await refusal(() => put(Index.settled, { name: 'a', parts: ['2'] }, { delay: '5s', unique }));
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) as unknown });
      expect((await f.queue.list({ queue: 'index' })).jobs.map(({ id }) => id)).toEqual([first.id]);
      await f.rest();
      expect(seen).toEqual([{ name: 'a', parts: ['1'] }]);
      await f.sound();
    },
  );

  it('EN3: a merge that takes its time is not overtaken', async () => {
    const { f, put } = await setup();
    let asked = 0;
    const slowly = async (queued: Parcel, incoming: Parcel): Promise<Parcel> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      asked++;
      return together(queued, incoming);
    };
    const unique = { key: 'k', onDuplicate: 'replace', merge: slowly };
    await put(Index.settled, { name: 'a', parts: ['0'] }, { delay: '5s', unique });
    await Promise.all(
      ['1', '2', '3', '4'].map((part) => put(Index.settled, { name: 'a', parts: [part] }, { delay: '5s', unique })),
    );
    expect(asked).toBeGreaterThanOrEqual(4);
    await f.rest();
    expect(seen).toEqual([{ name: 'a', parts: ['0', '1', '2', '3', '4'] }]);
  });
});

describe('unique options that cannot be', () => {
  it.each([
    [{ onDuplicate: 'merge' }, 'onDuplicate', /must be one of return, replace, extend, follow, error/],
    [{ until: 'done' }, 'until', /'started', 'settled', 'kept' or a duration, not 'done'/],
    [{ until: 0 }, 'until', /at least 1/],
    [{ until: -5 }, 'until', /at least 1/],
    [{ until: NaN }, 'until', /number|duration/],
    [{ onDuplicate: 'follow', until: 'kept' }, 'until', /needs 'settled'/],
    [{ onDuplicate: 'follow', until: '10m' }, 'until', /needs 'settled'/],
    [{ maxWait: '10s' }, 'maxWait', /needs onDuplicate 'replace' or 'extend'/],
    [{ onDuplicate: 'extend', maxWait: 0 }, 'maxWait', /at least 1/],
    [{ onDuplicate: 'extend', maxWait: '3 years' }, 'maxWait', /duration/],
    [{ onDuplicate: 'extend', maxWait: '500d' }, 'maxWait', /at most a year/],
    [{ merge: String }, 'merge', /needs onDuplicate 'replace' or 'follow'/],
    [{ onDuplicate: 'extend', merge: String }, 'merge', /needs onDuplicate 'replace' or 'follow'/],
    [{ onDuplicate: 'replace', merge: 'newest' }, 'merge', /must be a function/],
    [{ key: 5 }, 'key', /a text or a function/],
    [{ kye: 'x' }, 'kye', /key/],
  ])('EN3: unique %j is refused in a contract and in a call, and nothing is stored', async (unique, option, says) => {
    const whole = { key: 'k', ...unique } as never;
    const refused = { code: 'CONFIG_INVALID', message: expect.stringMatching(says) as unknown };
    expect(await refusal(() => defineTasks('x', { y: task({ unique: whole }) }))).toMatchObject({
      ...refused,
      option: expect.stringMatching(new RegExp(`unique\\.${option}$`)) as unknown,
    });
    const m = await mill({ worker: false });
    expect(await refusal(() => m.queue.enqueue('x.y', {}, { unique: whole }))).toMatchObject({
      ...refused,
      option: `unique.${option}`,
    });
    expect((await m.queue.list()).jobs).toEqual([]);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no name');
      },
      'OPTION_FAILED',
      /unique\.key of x\.y threw: no name/,
    ],
    ['answers undefined', () => undefined, 'CONFIG_INVALID', /unique\.key/],
    ['answers a number', () => 5, 'CONFIG_INVALID', /unique\.key/],
    ['answers a promise', () => Promise.resolve('a'), 'CONFIG_INVALID', /unique\.key/],
    ['answers half a character', () => '\ud800', 'CONFIG_INVALID', /unique\.key/],
    ['answers too much', () => 'x'.repeat(257), 'CONFIG_INVALID', /unique\.key/],
  ] as [string, () => unknown, string, RegExp][])(
    'EN3: a key function that %s is refused by name',
    async (_how, key, code, says) => {
      const m = await mill({ worker: false });
      const error = await refusal(() => m.queue.enqueue('x.y', {}, { unique: { key } as never }));
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) as unknown });
      expect((await m.queue.list()).jobs).toEqual([]);
    },
  );
});
