import { defineTasks, RateLimited, task } from 'millrace';
import { everyPlace, floor, type Piece } from './flow.js';
import { closeAll, refusal } from './mill.js';

const named = (count: number, prefix = 'j') => Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);
const of = (key: string, count: number): Piece[] => named(count, key).map((name) => ({ name, key }));

class Calls extends defineTasks('calls', {
  paced: task({ queue: 'calls', rate: '10/m' }),
  bursty: task({ queue: 'calls', rate: { limit: '10/m', burst: 5 } }),
  keyed: task({ queue: 'calls', group: { key: (piece: Piece) => piece.key, rate: '6/m' } }),
  both: task({ queue: 'calls', rate: '10/m', group: { key: (piece: Piece) => piece.key, rate: '6/m' } }),
  plain: task({ queue: 'calls' }),
  limited: task({ queue: 'calls', group: (piece: Piece) => piece.key, retry: { attempts: 2, delay: '1s' } }),
  whole: task({ queue: 'calls', maxActive: 50, retry: { attempts: 2, delay: '1s' } }),
}) {}

const tasks = [Calls.paced, Calls.bursty, Calls.keyed, Calls.both, Calls.plain, Calls.limited, Calls.whole];

afterEach(closeAll);

/** The most of these instants that lie in any time of this length. */
function densest(times: readonly number[], length: number): number {
  return Math.max(0, ...times.map((from, i) => times.slice(i).filter((at) => at < from + length).length));
}

/** Milliseconds between one and the next. */
const gaps = (times: readonly number[]) => times.slice(1).map((at, i) => at - times[i]!);

describe.each(everyPlace)('rates, on %s', (_, place) => {
  const setup = (plan: Partial<Parameters<typeof floor>[1]> = {}) => floor(place, { tasks, workers: 2, ...plan });

  it('RP3: 10/m of a task over four workers: evenly spaced, never above it in any minute, and nothing of it is wasted', async () => {
    const f = await setup({ workers: 4 });
    await f.add(Calls.paced, ...named(60));
    await f.turn('3m', '250ms');

    expect(densest(await f.starts(), 60_000)).toBeLessThanOrEqual(10);
    expect(f.begun.length).toBeGreaterThanOrEqual(30);
    expect(f.begun.length).toBeLessThanOrEqual(31);
    expect(Math.min(...gaps(await f.starts()))).toBeGreaterThanOrEqual(5500);
    expect(f.names()).toEqual(named(f.begun.length));
    await f.sound();
  });

  it('RP3: a burst lets so many begin at once after a rest, and the pace is the same after it', async () => {
    const f = await setup();
    await f.add(Calls.bursty, ...named(30));
    await f.turn('500ms');
    expect(f.names()).toEqual(named(5));
    await f.turn('1m', '250ms');

    expect(f.begun.length).toBeGreaterThanOrEqual(14);
    expect(densest(await f.starts(), 60_000)).toBeLessThanOrEqual(14);
    await f.until(() => f.begun.length === 30, 'all of them');
    const from = f.begun.length;
    await f.turn('2m', '1s');
    await f.add(Calls.bursty, ...named(20, 'k'));
    await f.turn('500ms');
    expect(f.begun.length - from).toBe(5);
    await f.sound();
  });

  it('RP3: a rate per key holds for each of them, and one that is exhausted keeps no other waiting', async () => {
    const f = await setup({ worker: { concurrency: 2 } });
    await f.add(Calls.keyed, ...of('a', 200), ...of('b', 3));
    const c = await f.add(Calls.keyed, ...of('c', 1));
    await f.turn('500ms');
    expect(f.names().sort()).toEqual(['a1', 'b1', 'c1']);
    expect(await f.look(c[0]!)).toMatchObject({ state: 'completed' });
    await f.turn('2m', '250ms');

    for (const key of ['a', 'b']) {
      const its = await f.starts(key);
      expect(densest(its, 60_000)).toBeLessThanOrEqual(6);
      expect(its.length).toBeGreaterThanOrEqual(key === 'a' ? 12 : 3);
    }
    await f.sound();
  });

  it('RP3: a task and its groups have a rate: both hold, and what the groups leave of that of the task others take', async () => {
    const f = await setup();
    await f.add(Calls.both, ...of('a', 50), ...of('b', 50));
    await f.turn('4m', '250ms');

    expect(densest(await f.starts(), 60_000)).toBeLessThanOrEqual(10);
    expect(f.begun.length).toBeGreaterThanOrEqual(38);
    for (const key of ['a', 'b']) {
      const its = await f.starts(key);
      expect(densest(its, 60_000)).toBeLessThanOrEqual(6);
      expect(its.length).toBeGreaterThanOrEqual(16);
    }
    await f.sound();
  });

  it('RP3: jobs over it wait as ready ones, spend nothing, take no place, and say when the next may begin', async () => {
    const f = await setup({ workers: 1, worker: { concurrency: 1 }, hold: false });
    const jobs = await f.add(Calls.paced, ...named(20));
    await f.turn('1s');
    const plain = await f.add(Calls.plain, 'p1', 'p2', 'p3');
    await f.turn('500ms');

    expect(f.names()).toEqual(['j1', 'p1', 'p2', 'p3']);
    for (const job of plain) expect(await f.look(job)).toMatchObject({ state: 'completed' });
    const parked = jobs.slice(2);
    for (const job of parked) {
      expect(await f.look(job)).toMatchObject({
        ...{ state: 'ready', reason: 'limit', attempted: 0, attempts: [], releases: 0, crashes: 0, worker: null },
      });
    }
    expect(await f.why(parked[3]!)).toMatch(/^Jobs of calls\.paced begin at most 10\/m: /);
    expect((await f.queue.counts())[0]!.counts).toMatchObject({ ready: 19, active: 0 });
    expect((await f.queue.list({ state: 'ready', task: 'calls.paced' })).jobs.map(({ id }) => id)).toEqual(
      jobs.slice(1).map(({ id }) => id),
    );
  });

  it('RP3: a rate in the making is changed at once for the jobs that wait: up, down, to none, and back to what the contract says', async () => {
    const f = await setup();
    await f.add(Calls.paced, ...named(400));
    const within = async (seconds: number) => {
      const before = f.begun.length;
      await f.turn(seconds * 1000, '250ms');
      return f.begun.length - before;
    };
    await f.turn('1s');
    expect(await f.queue.configure(Calls.paced, { rate: '60/m' })).toEqual({ rate: '60/m' });
    expect(await within(30)).toBeGreaterThanOrEqual(29);
    expect(await f.queue.configure(Calls.paced, { rate: '2/m' })).toEqual({ rate: '2/m' });
    await f.turn('1m', '250ms');
    expect(await within(60)).toBeLessThanOrEqual(2);
    await f.queue.configure(Calls.paced, { rate: '60/m' });
    expect(await within(30)).toBeGreaterThanOrEqual(28);

    expect(await f.queue.configure(Calls.paced, null)).toEqual({});
    await f.turn('10s');
    expect(await within(60)).toBeLessThanOrEqual(11);
    expect(await f.queue.configure(Calls.paced, { rate: null })).toEqual({ rate: null });
    await f.until(() => f.begun.length === 400, 'all of them');
    await f.sound();
  });

  it('RP3: a plain task is given a rate while its jobs wait, and is relieved of it', async () => {
    const f = await setup({ workers: 0 });
    await f.add(Calls.plain, ...named(40));
    await f.queue.configure(Calls.plain, { rate: '10/m' });
    await f.hire();
    await f.hire();
    await f.add(Calls.plain, ...named(20, 'k'));
    await f.turn('1m', '250ms');
    expect(f.begun.length).toBeGreaterThanOrEqual(10);
    expect(f.begun.length).toBeLessThanOrEqual(11);
    await f.queue.configure(Calls.plain, null);
    await f.until(() => f.begun.length === 60, 'all of them');
    await f.rest();
    await f.sound();
  });

  it('RP3: groups are given a rate live, and another one', async () => {
    const f = await setup();
    await f.add(Calls.keyed, ...of('a', 100), ...of('b', 100));
    await f.turn('1s');
    expect(f.begun).toHaveLength(2);
    await f.queue.configure(Calls.keyed, { group: { rate: '60/m' } });
    await f.turn('21s', '250ms');
    const its = (key: string) => f.begun.filter((one) => one.key === key).length;
    expect([its('a') >= 9, its('b') >= 9]).toEqual([true, true]);
    expect([its('a') <= 23, its('b') <= 23]).toEqual([true, true]);
    await f.queue.configure(Calls.keyed, { group: { rate: null } });
    await f.until(() => f.begun.length === 200, 'all of them');
    await f.sound();
  });

  it('RP3: what was configured, and what was used of it, survives every worker', async () => {
    const f = await setup({ workers: 2 });
    await f.queue.configure(Calls.paced, { rate: '2/m' });
    await f.add(Calls.paced, ...named(10));
    await f.turn('5s');
    expect(f.names()).toEqual(['j1']);
    for (const hand of f.hands) await hand.close();
    await f.hire();
    await f.turn('20s', '250ms');
    expect(f.names()).toEqual(['j1']);
    expect(await f.queue.settings(Calls.paced)).toEqual({ rate: '2/m' });
    await f.turn('6s');
    expect(f.names()).toEqual(['j1', 'j2']);
  });

  it('RP3: a rate of the queue holds for all its tasks together, and is changed live', async () => {
    const f = await setup();
    await f.queue.configure('calls', { rate: '30/m' });
    await f.add(Calls.plain, ...named(100));
    await f.add(Calls.keyed, ...of('a', 10));
    await f.turn('1m', '250ms');
    expect(densest(await f.starts(), 60_000)).toBeLessThanOrEqual(30);
    expect(f.begun.length).toBeGreaterThanOrEqual(28);
    expect((await f.queue.settings('calls')).rate).toBe('30/m');

    await f.queue.configure('calls', { rate: null });
    await f.until(() => f.begun.filter(({ key }) => !key).length === 100, 'all plain ones');
    await f.sound();
  });

  it('RE8: RateLimited gives its job back unspent, and no other of its group begins meanwhile, while all others go on', async () => {
    const limits = new Map([['a2', 1]]);
    const f = await setup({
      worker: { concurrency: 1 },
      run: ({ name }) => {
        const left = limits.get(name) ?? 0;
        limits.set(name, left - 1);
        if (left > 0) throw new RateLimited('30s');
      },
    });
    const jobs = await f.add(Calls.limited, ...of('a', 6));
    await f.until(() => f.names().includes('a2'));
    await f.turn('200ms');
    const before = f.names().filter((name) => name.startsWith('a')).length;
    await f.add(Calls.limited, ...of('b', 5));
    await f.add(Calls.plain, ...named(5, 'p'));
    await f.turn('28s', '250ms');

    const its = f.names().filter((name) => name.startsWith('a'));
    expect(its).toHaveLength(before);
    expect(f.names()).toEqual(expect.arrayContaining([...named(5, 'b'), ...named(5, 'p')]));
    expect(await f.look(jobs[1]!)).toMatchObject({ state: 'scheduled', reason: 'snooze', attempted: 0 });
    const waiting = (await Promise.all(jobs.map((job) => f.look(job)))).filter(({ state }) => state === 'ready');
    expect(await f.why(waiting.at(-1)!)).toMatch(
      /^A job of group a met a rate limit elsewhere, so the others pause: the next may begin in /,
    );
    await f.rest();
    expect(f.begun.filter(({ name }) => name === 'a2').map(({ attempt }) => attempt)).toEqual([1, 1]);
    expect(await f.look(jobs[1]!)).toMatchObject({ state: 'completed', attempted: 1 });
    await f.sound();
  });

  it('RE8: without a group its whole task pauses where that has a limit, and nobody but itself where it has none', async () => {
    const refused = new Set(['w1', 'p1']);
    const f = await setup({
      worker: { concurrency: 1 },
      workers: 1,
      run: ({ name }) => {
        if (refused.delete(name)) throw new RateLimited('10s');
      },
    });
    await f.add(Calls.whole, 'w1', 'w2', 'w3');
    await f.add(Calls.plain, 'p1', 'p2', 'p3');
    await f.turn('5s', '250ms');
    expect(f.names()).toEqual(['w1', 'p1', 'p2', 'p3']);
    await f.rest();
    expect(f.names().slice(4).sort()).toEqual(['p1', 'w1', 'w2', 'w3']);
    await f.sound();
  });
});

describe('rates that cannot be', () => {
  it.each([
    ['ten', /rate: 'ten' is no rate: write '10\/m'/],
    ['10/y', /'10\/y' is no rate/],
    ['10', /'10' is no rate/],
    ['-1/m', /'-1\/m' is no rate/],
    ['1.5/m', /is no rate/],
    ['0/m', /lets nothing through: to stop a task, pause it/],
    ['10/0s', /must be from 1s to 366d/],
    ['1/400d', /must be from 1s to 366d/],
    ['99999999/s', /more than 10000 a second/],
    [`1${'0'.repeat(400)}/m`, /more than 10000 a second/],
    [`1/1${'0'.repeat(400)}d`, /must be from 1s to 366d/],
    [10, /type number is no rate|must be an object/],
    [NaN, /type number is no rate|must be an object/],
    [['10/m'], /rate/],
    [{ limit: '10/m', burst: 0 }, /a burst is a whole number from 1 to the limit of 10/],
    [{ limit: '10/m', burst: 11 }, /a burst is a whole number from 1 to the limit of 10/],
    [{ limit: '10/m', burst: 2.5 }, /a burst is a whole number/],
    [{ limit: '10/m', burst: NaN }, /a burst is a whole number/],
    [{ burst: 2 }, /is no rate/],
    [{ limit: '10/m', brust: 2 }, /brust/],
    [{}, /is no rate/],
  ])(
    'RP3: a rate of %j is refused by name, in a contract, of a group, and live, and leaves what was',
    async (rate, says) => {
      const f = await floor(everyPlace[0]![1], { tasks, workers: 0 });
      const wrong = rate as never;
      const message = expect.stringMatching(says) as unknown;
      const code = 'CONFIG_INVALID';
      const option = /rate/;
      const named = expect.stringMatching(option) as unknown;
      expect(
        await refusal(() => task({ rate: wrong }) && defineTasks('x', { y: task({ rate: wrong }) })),
      ).toMatchObject({
        ...{ code, message, option: named },
      });
      expect(
        await refusal(() => defineTasks('x', { y: task({ group: { key: () => 'a', rate: wrong } }) })),
      ).toMatchObject({ code, message, option: expect.stringMatching(/group\.rate/) as unknown });
      await f.queue.configure(Calls.paced, { rate: '2/m', maxActive: 3 });
      for (const call of [
        () => f.queue.configure(Calls.paced, { maxActive: 7, rate: wrong }),
        () => f.queue.configure(Calls.paced, { maxActive: 7, group: { rate: wrong } }),
        () => f.queue.configure('calls', { maxActive: 7, rate: wrong }),
      ]) {
        expect(await refusal(call)).toMatchObject({ code, message, option: named });
      }
      expect(await f.queue.settings('calls')).toMatchObject({
        ...{ maxActive: null, rate: null, tasks: { 'calls.paced': { rate: '2/m', maxActive: 3 } } },
      });
    },
  );
});
