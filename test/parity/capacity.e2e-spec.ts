import { defineTasks, priorities, type Priority, task } from 'millrace';
import { everyPlace, floor, type Piece } from './flow.js';
import { closeAll, refusal } from './mill.js';

const named = (count: number, prefix = 'j') => Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);

class Work extends defineTasks('work', {
  plain: task({ queue: 'work' }),
  paced: task({ queue: 'work', rate: '6/m' }),
  grouped: task({ queue: 'work', group: { key: (piece: Piece) => piece.key, maxActive: 1 } }),
}) {}

const tasks = [Work.plain, Work.paced, Work.grouped];

afterEach(closeAll);

describe.each(everyPlace)('capacity of a queue, on %s', (_, place) => {
  const setup = (plan: Partial<Parameters<typeof floor>[1]> = {}) => floor(place, { tasks, workers: 2, ...plan });

  it('RP4: maxActive of a queue holds over all workers and tasks, is changed live, and is said', async () => {
    const f = await setup({ hold: true });
    expect(await f.queue.configure('work', { maxActive: 3 })).toMatchObject({ maxActive: 3 });
    const jobs = await f.add(Work.plain, ...named(10));
    await f.add(Work.grouped, { name: 'a1', key: 'a' }, { name: 'a2', key: 'a' });
    await f.until(() => f.inHand().length === 3);
    await f.calm();
    expect(f.inHand()).toEqual(['j1', 'j2', 'j3']);
    expect(await f.look(jobs[5]!)).toMatchObject({ state: 'ready', attempted: 0 });
    expect(await f.why(jobs[5]!)).toMatch(
      /^At most 3 jobs of queue work run at a time, and as many do; \d+ jobs are ready\.$/,
    );
    f.end('j2');
    await f.until(() => f.inHand().length === 3);
    await f.calm();
    expect(f.inHand()).toEqual(['j1', 'j3', 'j4']);
    await f.queue.configure('work', { maxActive: 5 });
    await f.until(() => f.inHand().length === 5);
    await f.queue.configure('work', { maxActive: 1 });
    f.end('j1', 'j3', 'j4', 'j5');
    await f.calm();
    expect(f.inHand()).toEqual(['j6']);
    await f.queue.configure('work', { maxActive: null });
    await f.until(() => f.inHand().length === 6);
    expect(f.most.get('*')).toBe(6);
    f.end(...f.inHand());
    await f.until(() => f.inHand().includes('a2'));
    f.end('a2');
    await f.rest();
    await f.sound();
  });

  it('RP4: no place of a queue is lost by cancel, failure or a lost worker', async () => {
    const f = await setup({ hold: true });
    await f.queue.configure('work', { maxActive: 2 });
    const jobs = await f.add(Work.plain, ...named(8));
    await f.until(() => f.inHand().length === 2);
    await jobs[0]!.cancel();
    f.fail('j2');
    await f.until(() => f.inHand().join() === 'j3,j4');
    for (const hand of f.hands) await hand.close();
    const lane = { queue: 'work', shard: 0 };
    const about = { name: 'lost', host: 'h', pid: 1, version: '0', startedAt: 0, queues: ['work'], lanes: [lane] };
    await f.store.register({ ...about, id: 'lost', tasks: [], concurrency: 9, lease: 3000 });
    const taken = await f.store.exchange({ worker: 'lost', lane, settle: [], want: 9, alone: true, lease: 3000 });
    expect(taken.jobs).toHaveLength(2);
    await f.hire();
    await f.turn('2s');
    expect(f.inHand()).toEqual([]);
    await f.until(() => f.inHand().length === 2);
    await f.calm();
    expect(f.inHand()).toHaveLength(2);
    await f.endAll();
    await f.rest();
    await f.sound();
  });

  it.each<[string, Record<Priority, number> | null, Record<Priority, [number, number]>]>([
    [
      'by weight',
      { urgent: 5, high: 3, normal: 1, low: 1 },
      { urgent: [45, 55], high: [27, 33], normal: [8, 12], low: [8, 12] },
    ],
    [
      'the highest first, but one take in 16 for the lowest',
      null,
      { urgent: [93, 95], high: [0, 0], normal: [0, 0], low: [5, 7] },
    ],
  ])('RP2, G3: bands share the takes: %s', async (_name, weights, shares) => {
    const f = await setup({ workers: 0 });
    await f.queue.configure('work', { weights });
    expect((await f.queue.settings('work')).weights).toEqual(weights);
    for (const priority of priorities) {
      await f.queue.enqueueMany(
        Work.plain as never,
        named(150, priority).map((name) => ({ payload: { name }, priority })) as never,
      );
    }
    await f.hire({ concurrency: 1 });
    await f.until(() => f.begun.length >= 100);
    const first = f.names().slice(0, 100);
    for (const priority of priorities) {
      const share = first.filter((name) => name.startsWith(priority));
      expect(share.length).toBeGreaterThanOrEqual(shares[priority][0]);
      expect(share.length).toBeLessThanOrEqual(shares[priority][1]);
      expect(share).toEqual(named(share.length, priority));
    }
  });

  it('EN6, G4: maxReady counts those that wait, parked and scheduled ones too; beyond it QueueFull with advice, all or nothing', async () => {
    const f = await setup({ hold: true });
    await f.queue.configure('work', { maxReady: 6 });
    await f.add(Work.paced, ...named(4));
    await f.until(() => f.inHand().length === 1);
    await f.queue.enqueue(Work.plain as never, { name: 'later' } as never, { delay: '1h' } as never);
    await f.add(Work.grouped, { name: 'a1', key: 'a' }, { name: 'a2', key: 'a' });
    await f.until(() => f.inHand().includes('a1'));
    // j2, j3, j4, later, a2
    const error = await refusal(() => f.add(Work.grouped, { name: 'b1', key: 'b' }, { name: 'b2', key: 'b' }));
    expect(error).toMatchObject({ code: 'QUEUE_FULL', queue: 'work', maxReady: 6 });
    expect((error as { retryAfter?: number }).retryAfter).toBeGreaterThan(0);
    expect((await f.queue.counts())[0]!.counts).toMatchObject({ ready: 4, scheduled: 1, active: 2 });
    await f.add(Work.grouped, { name: 'b1', key: 'b' });
    await f.calm();
    expect(f.inHand()).toContain('b1');
    await f.queue.configure('work', { maxReady: null });
    await f.add(Work.plain, ...named(20, 'p'));
    await f.endAll();
    expect(f.names()).toEqual(expect.arrayContaining(named(20, 'p')));
  });

  it('EN6, G4: a paused queue that fills up refuses what is too much, and goes on with all it took', async () => {
    const f = await setup();
    await f.queue.pause('work');
    await f.queue.configure('work', { maxReady: 10 });
    await f.add(Work.plain, ...named(10));
    expect(await refusal(() => f.add(Work.plain, 'j11'))).toMatchObject({ code: 'QUEUE_FULL' });
    await f.queue.resume('work');
    await f.rest();
    expect(f.names()).toEqual(named(10));
    await f.add(Work.plain, 'j11');
    await f.rest();
    await f.sound();
  });

  it('RP4: every setting survives a restart, unnamed ones stay, null clears', async () => {
    const f = await setup({ workers: 0 });
    const nothing = { paused: false, maxReady: null, maxActive: null, rate: null, weights: null, tasks: {} };
    expect(await f.queue.settings('work')).toEqual(nothing);
    const weights = { urgent: 4, high: 3, normal: 2, low: 1 };
    await f.queue.configure('work', { paused: true, maxReady: 100, maxActive: 7, weights });
    await f.queue.configure('work', { rate: { limit: '10/m', burst: 5 } });
    await f.queue.configure(Work.plain, { maxActive: 3 });
    await f.queue.configure(Work.plain, { rate: '5/s', group: { maxActive: 2 } });
    await f.queue.configure(Work.plain, { group: { rate: null } });
    const all = {
      ...{ paused: true, maxReady: 100, maxActive: 7, rate: '10/m, burst 5', weights },
      tasks: { 'work.plain': { maxActive: 3, rate: '5/s', group: { maxActive: 2, rate: null } } },
    };
    const again = await floor(place, { reach: f.reach, clock: f.clock, tasks, workers: 1 });
    expect(await again.queue.settings('work')).toEqual(all);
    expect(await again.queue.configure('work', {})).toEqual(all);
    expect(await again.queue.configure(Work.plain, null)).toEqual({});
    expect(
      await again.queue.configure('work', {
        paused: false,
        maxReady: null,
        maxActive: null,
        rate: null,
        weights: null,
      }),
    ).toEqual(nothing);
  });
});

describe('settings that cannot be', () => {
  const wrong: [string, object, string, RegExp][] = [
    ['queue', { maxActive: 0 }, 'maxActive', /whole number from 1 to 1000000, not 0/],
    ['queue', { maxActive: -1 }, 'maxActive', /not -1/],
    ['queue', { maxActive: 1.5 }, 'maxActive', /not 1\.5/],
    ['queue', { maxActive: NaN }, 'maxActive', /not NaN/],
    ['queue', { maxActive: Infinity }, 'maxActive', /not Infinity/],
    ['queue', { maxActive: 1e7 }, 'maxActive', /not 10000000/],
    ['queue', { maxActive: '3' }, 'maxActive', /whole number/],
    ['queue', { maxReady: -1 }, 'maxReady', /whole number from 0/],
    ['queue', { maxReady: 1e12 }, 'maxReady', /whole number from 0/],
    ['queue', { paused: 'yes' }, 'paused', /true or false/],
    ['queue', { paused: null }, 'paused', /true or false/],
    [
      'queue',
      { weights: { urgent: 1, high: 1, normal: 1 } },
      'weights.low',
      /whole number from 1 to 100, not undefined/,
    ],
    ['queue', { weights: { urgent: 0, high: 1, normal: 1, low: 1 } }, 'weights.urgent', /from 1 to 100, not 0/],
    ['queue', { weights: { urgent: 101, high: 1, normal: 1, low: 1 } }, 'weights.urgent', /from 1 to 100/],
    ['queue', { weights: { urgent: 1, high: 1, normal: 1, low: 1, lowest: 1 } }, 'weights.lowest', /low/],
    ['queue', { weights: [1, 1, 1, 1] }, 'weights', /./],
    ['queue', { maxActiv: 3 }, 'maxActiv', /maxActive/],
    ['queue', { group: { maxActive: 3 } }, 'group', /./],
    ['task', { maxActive: 0 }, 'maxActive', /whole number from 1/],
    ['task', { maxActive: -3 }, 'maxActive', /whole number from 1/],
    ['task', { maxReady: 3 }, 'maxReady', /./],
    ['task', { paused: 1 }, 'paused', /true or false/],
    ['task', { group: null }, 'group', /./],
    ['task', { group: 3 }, 'group', /./],
    ['task', { group: { maxActive: NaN } }, 'group.maxActive', /not NaN/],
    ['task', { group: { weight: 3 } }, 'group.weight', /./],
    ['task', { group: { key: () => 'a' } }, 'group.key', /./],
    ['task', [], '', /./],
    ['task', 'slow' as never, '', /./],
  ];

  it.each(wrong)(
    'RP4: configure of a %s refuses %j by name and changes nothing',
    async (which, change, option, says) => {
      const f = await floor(everyPlace[0]![1], { tasks, workers: 0 });
      await f.queue.configure('work', { maxActive: 9, maxReady: 9 });
      await f.queue.configure(Work.plain, { maxActive: 4, group: { maxActive: 5 } });
      const before = await f.queue.settings('work');
      const call = () =>
        which === 'queue' ? f.queue.configure('work', change) : f.queue.configure(Work.plain, change);
      const error = await refusal(call);
      expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(says) as unknown });
      if (option) expect(error.option).toBe(option);
      expect(await f.queue.settings('work')).toEqual(before);
    },
  );
});
