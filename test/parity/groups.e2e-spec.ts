import { Discard, defineTasks, type JobHandle, RetryLater, Snooze, task } from 'millrace';
import { everyPlace, floor, type Piece } from './flow.js';
import { closeAll } from './mill.js';

const named = (count: number, prefix = 'j') => Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);
const of = (key: string, count: number): Piece[] => named(count, key).map((name) => ({ name, key }));
const byKey = (piece: Piece) => piece.key;

class Work extends defineTasks('work', {
  narrow: task({ queue: 'work', maxActive: 2 }),
  wide: task({ queue: 'work', group: { key: byKey, maxActive: 2 } }),
  tenants: task({
    queue: 'work',
    group: { key: byKey, maxActive: 2 },
    retry: { attempts: 2, delay: '1s' },
    timeout: { after: '30s', grace: '1s' },
  }),
  fair: task({ queue: 'work', group: byKey }),
  weighted: task({ queue: 'work', group: { key: byKey, weight: (_, key) => (key === 'big' ? 4 : 1) } }),
  shared: task({ queue: 'work', group: { key: byKey, maxActive: 1, scope: 'queue' } }),
  sharing: task({ queue: 'work', group: { key: byKey, maxActive: 1, scope: 'queue' } }),
  own: task({ queue: 'work', group: { key: byKey, maxActive: 1 } }),
  plain: task({ queue: 'work' }),
}) {}

const tasks = [
  Work.narrow,
  Work.wide,
  Work.tenants,
  Work.fair,
  Work.weighted,
  Work.shared,
  Work.sharing,
  Work.own,
  Work.plain,
];

afterEach(closeAll);

describe.each(everyPlace)('concurrency, on %s', (_, place) => {
  const setup = (plan: Partial<Parameters<typeof floor>[1]> = {}) =>
    floor(place, { tasks, workers: 2, hold: true, ...plan });

  it('RP4: at most so many of a task are active over two workers, the next begins when one ends, in order, and says why it waits', async () => {
    const f = await setup();
    const jobs = await f.add(Work.narrow, ...named(6));
    await f.until(() => f.begun.length === 2);
    await f.calm();
    expect(f.names().sort()).toEqual(['j1', 'j2']);
    expect(await f.look(jobs[4]!)).toMatchObject({ state: 'ready', reason: 'limit', attempted: 0 });
    expect(await f.why(jobs[4]!)).toBe(
      'At most 2 jobs of work.narrow run at a time, and as many have a place: it waits until one ends.',
    );

    for (const [n, name] of ['j1', 'j2', 'j3', 'j4'].entries()) {
      f.end(name);
      await f.until(() => f.begun.length === n + 3);
    }
    expect(f.names().slice(2)).toEqual(['j3', 'j4', 'j5', 'j6']);
    f.end('j5', 'j6');
    await f.rest();
    expect(f.most.get('*')).toBe(2);
    await f.sound();
  });

  it('RP4: at most so many of a key are active over two workers, while other keys and plain jobs go past them', async () => {
    const f = await setup({ worker: { concurrency: 5 } });
    const jobs = await f.add(Work.tenants, ...of('a', 50), ...of('b', 3));
    await f.add(Work.plain, 'p1');
    await f.until(() => f.begun.length === 5);
    await f.calm();

    expect(f.names().sort()).toEqual(['a1', 'a2', 'b1', 'b2', 'p1']);
    expect(await f.look(jobs[9]!)).toMatchObject({ state: 'ready', reason: 'group' });
    expect(await f.why(jobs[9]!)).toBe(
      'At most 2 jobs of group a run at a time, and as many have a place, or stand in line: it waits until one ends.',
    );
    f.end('b1');
    await f.until(() => f.names().includes('b3'));
    expect(f.names()).toHaveLength(6);
    await f.sound();
  });

  it.each<[string, (f: Awaited<ReturnType<typeof setup>>, jobs: JobHandle[]) => unknown]>([
    ['ends well', (f) => f.end('a1')],
    ['fails for good', (f) => f.fail('a1', new Discard('never'))],
    ['is cancelled', (_f, jobs) => jobs[0]!.cancel()],
    ['is cancelled by force', (_f, jobs) => jobs[0]!.cancel({ force: true })],
    ['fails and is retried later', (f) => f.fail('a1', new RetryLater('10m'))],
    ['is put off', (f) => f.fail('a1', new Snooze('10m'))],
    ['times out', (f) => f.turn('31s')],
  ])('RP4: no place of a group is lost when a job %s', async (how, happens) => {
    const f = await setup();
    const jobs = await f.add(Work.tenants, ...of('a', 4));
    await f.until(() => f.begun.length === 2);
    await happens(f, jobs);
    await f.until(() => f.names().includes('a3'));
    await f.calm();
    // Code cannot be stopped by force: for a moment it runs on, and holds nothing any more.
    expect(f.most.get('key a')).toBeLessThanOrEqual(how === 'is cancelled by force' ? 3 : 2);
    expect((await f.queue.counts())[0]!.counts.active).toBe(2);
    await f.sound();
  });

  it('RP4: no place is lost when parked jobs, or those in line, are cancelled, removed, revived or put off', async () => {
    const f = await setup({ workers: 1, worker: { concurrency: 1 } });
    const jobs = await f.add(Work.tenants, ...of('a', 8));
    await f.until(() => f.begun.length === 1);
    // a1 runs, a2 stands in line, the others are parked
    expect(await jobs[1]!.cancel()).toMatchObject({ applied: true, state: 'cancelled' });
    expect(await jobs[2]!.remove()).toMatchObject({ applied: true });
    expect(await jobs[3]!.cancel()).toMatchObject({ applied: true });
    expect(await jobs[7]!.remove()).toMatchObject({ applied: true });
    expect(await jobs[3]!.retry()).toMatchObject({ applied: true, state: 'ready' });
    expect(await f.queue.cancel({ task: 'work.tenants', state: 'ready' })).toBeGreaterThan(0);
    expect(await f.store.fsck()).toEqual([]);
    expect(await f.queue.retry({ task: 'work.tenants', state: 'cancelled' })).toBeGreaterThan(0);
    f.end('a1');
    for (let n = 2; n <= 6; n++) {
      await f.until(() => f.begun.length === n, `number ${n}`);
      f.end(f.claims().at(-1)!.name);
    }
    await f.rest();
    expect(new Set(f.names())).toEqual(new Set(['a1', 'a2', 'a4', 'a5', 'a6', 'a7']));
    await f.sound();
  });

  it('RP4: a worker that is never heard of again gives its places back, and the limit holds all the while', async () => {
    const f = await setup({ workers: 1 });
    const jobs = await f.add(Work.tenants, ...of('a', 5));
    await f.until(() => f.begun.length === 2);
    const lane = { queue: 'work', shard: 0 };
    for (const name of ['a1', 'a2']) f.end(name);
    await f.until(() => f.begun.length === 4);
    for (const hand of f.hands) await hand.close();
    expect(await f.look(jobs[2]!)).toMatchObject({ state: 'ready', releases: 1 });

    const about = { name: 'lost', host: 'h', pid: 1, version: '0', startedAt: 0, queues: ['work'], lanes: [lane] };
    await f.store.register({ ...about, id: 'lost', tasks: [], concurrency: 9, lease: 3000 });
    const claim = () => f.store.exchange({ worker: 'lost', lane, settle: [], want: 9, alone: true, lease: 3000 });
    expect((await claim()).jobs).toHaveLength(2);
    await f.hire();
    await f.turn('2s');
    expect(f.begun).toHaveLength(4);
    await f.until(() => f.begun.length === 6);
    await f.calm();
    expect(f.inHand()).toHaveLength(2);
    f.end(...f.inHand());
    await f.until(() => f.begun.length === 7);
    f.end(...f.inHand());
    await f.rest();
    for (const job of jobs) expect((await f.look(job)).state).toBe('completed');
    await f.sound();
  });

  it('RP4: a limit is changed at once for those that wait: up, down, to none, and back, of a task and of its groups', async () => {
    const f = await setup({ worker: { concurrency: 50 } });
    await f.add(Work.narrow, ...named(30));
    await f.add(Work.wide, ...of('a', 30));
    const running = async (prefix: string, count: number) => {
      await f.until(() => f.inHand().filter((name) => name.startsWith(prefix)).length >= count, `${count} ${prefix}`);
      await f.calm();
      expect(f.inHand().filter((name) => name.startsWith(prefix))).toHaveLength(count);
    };
    await running('j', 2);
    await running('a', 2);
    expect(await f.queue.configure(Work.narrow, { maxActive: 5 })).toEqual({ maxActive: 5 });
    await running('j', 5);
    expect(await f.queue.configure(Work.wide, { group: { maxActive: 6 } })).toEqual({ group: { maxActive: 6 } });
    await running('a', 6);

    await f.queue.configure(Work.narrow, { maxActive: 1 });
    f.end('j1', 'j2', 'j3');
    await f.calm();
    await running('j', 2);
    f.end('j4', 'j5');
    await running('j', 1);
    await f.queue.configure(Work.wide, { group: { maxActive: null } });
    await running('a', 30);
    await f.queue.configure(Work.narrow, null);
    await running('j', 2);
    await f.queue.configure(Work.narrow, { maxActive: null });
    await running('j', 25);
    f.end(...f.inHand());
    await f.rest();
    await f.sound();
  });

  it('RP4: groups of scope queue are one for all tasks that say so, and those of a task are its own', async () => {
    const f = await setup();
    await f.add(Work.shared, { name: 's1', key: 'a' }, { name: 's2', key: 'a' }, { name: 's3', key: 'b' });
    await f.add(Work.sharing, { name: 't1', key: 'a' }, { name: 't2', key: 'c' });
    await f.add(Work.own, { name: 'o1', key: 'a' }, { name: 'o2', key: 'a' });
    await f.until(() => f.begun.length === 4);
    await f.calm();
    expect(f.inHand()).toEqual(['o1', 's1', 's3', 't2']);
    f.end('s1');
    await f.until(() => f.names().includes('s2'));
    f.end('s2');
    await f.until(() => f.names().includes('t1'));
    f.end(...f.inHand());
    await f.until(() => f.names().includes('o2'));
    f.end('o2');
    await f.rest();
    await f.sound();
  });

  it('RP4: a call names a group of its own, also for a task without one', async () => {
    const f = await setup();
    await f.queue.configure(Work.plain, { group: { maxActive: 1 } });
    for (const [name, group] of [
      ['p1', 'x'],
      ['p2', 'x'],
      ['p3', 'y'],
      ['p4', undefined],
    ] as const)
      await f.queue.enqueue(Work.plain as never, { name } as never, { group } as never);
    await f.until(() => f.begun.length === 3);
    await f.calm();
    expect(f.inHand()).toEqual(['p1', 'p3', 'p4']);
  });

  it('RP4: listing shows jobs in line first and then the parked ones, all of them, page by page', async () => {
    const f = await setup({ workers: 0 });
    const jobs = await f.add(Work.tenants, ...of('a', 25), ...of('b', 25));
    const plain = await f.add(Work.plain, 'p1');
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await f.queue.list({ state: 'ready', queue: 'work', limit: 7 }, cursor);
      seen.push(...page.jobs.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen.slice().sort()).toEqual([...jobs, ...plain].map(({ id }) => id).sort());
    const inLine = seen.slice(0, 3);
    expect(new Set(inLine)).toEqual(new Set([jobs[0]!.id, jobs[25]!.id, plain[0]!.id]));
    expect(seen.filter((id) => jobs.slice(0, 25).some((job) => job.id === id))).toEqual(
      jobs.slice(0, 25).map(({ id }) => id),
    );
    expect((await f.queue.counts())[0]!.counts.ready).toBe(51);
    await f.sound();
  });
});

describe.each(everyPlace)('fairness, on %s', (_, place) => {
  const setup = (plan: Partial<Parameters<typeof floor>[1]> = {}) => floor(place, { tasks, workers: 2, ...plan });

  it('RP4, G3: a single job of another tenant begins within one round of those that have thousands', async () => {
    const f = await setup({ workers: 0 });
    for (let n = 0; n < 2; n++) await f.add(Work.fair, ...named(1000, `a${n}x`).map((name) => ({ name, key: 'a' })));
    await f.add(Work.fair, ...of('b', 500));
    await f.add(Work.fair, { name: 'single', key: 'c' });
    await f.add(Work.plain, 'plain');
    await f.hire({ concurrency: 5 });
    await f.hire({ concurrency: 5 });
    await f.until(() => f.begun.length >= 100);

    expect(f.names().indexOf('single')).toBeLessThan(20);
    expect(f.names().indexOf('plain')).toBeLessThan(20);
    const share = f
      .claims()
      .slice(0, 100)
      .filter(({ key }) => key === 'a').length;
    expect(share).toBeGreaterThanOrEqual(40);
    expect(share).toBeLessThanOrEqual(60);
    await f.add(Work.fair, { name: 'late', key: 'd' });
    const late = f.begun.length;
    await f.until(() => f.names().includes('late'));
    expect(f.names().indexOf('late') - late).toBeLessThan(20);
    await f.sound();
  });

  it('RP4: groups take turns by weight', async () => {
    const f = await setup({ workers: 0 });
    await f.add(Work.weighted, ...of('big', 300), ...of('small', 300), ...of('tiny', 300));
    await f.hire({ concurrency: 1 });
    await f.until(() => f.begun.length >= 120);
    const first = f.claims().slice(0, 120);
    const share = (key: string) => first.filter((one) => one.key === key).length;
    expect(share('big')).toBeGreaterThanOrEqual(70);
    expect(share('big')).toBeLessThanOrEqual(90);
    expect(Math.abs(share('small') - share('tiny'))).toBeLessThanOrEqual(3);
  });

  it('RP2: inside a group urgent jobs go first, FIFO within one priority', async () => {
    const f = await setup({ workers: 1, worker: { concurrency: 1 }, hold: true });
    await f.add(Work.own, { name: 'first', key: 'a' });
    await f.until(() => f.begun.length === 1);
    const order: string[] = [];
    for (const priority of ['low', 'normal', 'urgent', 'high'] as const) {
      for (const n of [1, 2]) {
        await f.queue.enqueue(Work.own as never, { name: `${priority}${n}`, key: 'a' } as never, { priority } as never);
      }
    }
    for (let n = 1; n <= 8; n++) {
      f.end(f.claims().at(-1)!.name);
      await f.until(() => f.begun.length === n + 1);
    }
    order.push(...f.names().slice(1));
    expect(order).toEqual(['urgent1', 'urgent2', 'high1', 'high2', 'normal1', 'normal2', 'low1', 'low2']);
    await f.sound();
  });

  it('RP3: a saturated group, task and key at the head of a queue cost plain jobs nothing', async () => {
    const f = await setup({ workers: 1, worker: { concurrency: 10 }, hold: true });
    await f.add(Work.tenants, ...of('a', 1000));
    await f.add(Work.narrow, ...named(500));
    await f.until(() => f.begun.length === 4);
    const plain = await f.add(Work.plain, ...named(60, 'p'));
    for (let n = 0; n < 60; n += 6) {
      await f.until(() => f.inHand().filter((name) => name.startsWith('p')).length === 6);
      f.end(...f.inHand().filter((name) => name.startsWith('p')));
    }
    await f.until(async () => (await f.look(plain[59]!)).state === 'completed');
    expect(f.inHand()).toEqual(['a1', 'a2', 'j1', 'j2']);
    expect(f.names().filter((name) => name.startsWith('p'))).toEqual(named(60, 'p'));
  });
});
