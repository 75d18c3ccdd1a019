import { defineTasks, type JobHandle, task } from 'millrace';
import { everyPlace, floor, type Piece } from './flow.js';
import { closeAll, refusal } from './mill.js';

const named = (count: number, prefix = 'j') => Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);
const byKey = (piece: Piece) => piece.key;

class Work extends defineTasks('work', {
  one: task({ queue: 'work', retry: { attempts: 2, delay: '1s' } }),
  other: task({ queue: 'work' }),
  grouped: task({ queue: 'work', group: byKey }),
  narrow: task({ queue: 'work', maxActive: 1 }),
  elsewhere: task({ queue: 'far' }),
}) {}

const tasks = [Work.one, Work.other, Work.grouped, Work.narrow, Work.elsewhere];

afterEach(closeAll);

describe.each(everyPlace)('pausing, on %s', (_, place) => {
  const setup = (plan: Partial<Parameters<typeof floor>[1]> = {}) =>
    floor(place, { tasks, workers: 1, worker: { concurrency: 1 }, ...plan });
  const why = async (f: Awaited<ReturnType<typeof setup>>, jobs: JobHandle[]) => [
    ...new Set(await Promise.all(jobs.map((job) => f.why(job)))),
  ];

  it('RP4: a paused queue takes jobs in and starts none, through restarts; resumed it goes on in order', async () => {
    const f = await setup({ hold: true });
    await f.add(Work.one, ...named(3));
    await f.until(() => f.inHand().length === 1);
    await f.queue.pause('work');
    expect(await f.queue.settings('work')).toMatchObject({ paused: true });
    f.end('j1');
    const jobs = await f.add(Work.one, 'j4', 'j5');
    await f.add(Work.elsewhere, 'e1');
    await f.until(() => f.inHand().includes('e1'));
    f.end('e1');
    await f.calm();
    for (const hand of f.hands) await hand.close();
    await f.hire();
    await f.calm();
    expect(f.names()).toEqual(['j1', 'e1']);
    expect(await why(f, jobs)).toEqual(['Queue work is paused.']);
    expect(await f.queue.settings('work')).toMatchObject({ paused: true });

    await f.queue.resume('work');
    for (const name of ['j2', 'j3', 'j4', 'j5']) {
      await f.until(() => f.inHand().includes(name), name);
      f.end(name);
    }
    await f.rest();
    await f.sound();
  });

  it('RP4: a paused task stands still with all its jobs, wherever they are, and the others of its queue go on', async () => {
    const f = await setup({ workers: 0 });
    const one = await f.add(Work.one, ...named(4));
    await f.queue.enqueue(Work.one as never, { name: 'later' } as never, { delay: '1s' } as never);
    await f.queue.pause(Work.one);
    const more = await f.add(Work.one, 'j5', 'j6');
    await f.add(Work.other, ...named(3, 'o'));
    await f.hire();
    await f.calm();
    expect(f.names()).toEqual(['o1', 'o2', 'o3']);
    expect(await f.queue.settings(Work.one)).toEqual({ paused: true });
    expect(await why(f, [...one, ...more])).toEqual([
      "Task work.one is paused in queue work: queue.resume('work.one') lets its jobs go on.",
    ]);
    for (const job of [...one, ...more]) {
      expect(await f.look(job)).toMatchObject({ state: 'ready', attempted: 0, releases: 0 });
    }
    for (const hand of f.hands) await hand.close();
    await f.hire();
    await f.add(Work.other, 'o4');
    await f.calm();
    expect(f.names()).toEqual(['o1', 'o2', 'o3', 'o4']);

    await f.queue.resume(Work.one);
    await f.rest();
    expect(f.names().slice(4)).toEqual(['j1', 'j2', 'j3', 'j4', 'j5', 'j6', 'later']);
    await f.sound();
  });

  it('RP4: jobs that run when their task is paused end as they would; their retries wait', async () => {
    const f = await setup({ hold: true, worker: { concurrency: 2 } });
    const [first, second] = await f.add(Work.one, 'j1', 'j2', 'j3');
    await f.until(() => f.inHand().length === 2);
    await f.queue.pause('work.one');
    f.end('j1');
    f.fail('j2');
    await f.calm();
    expect(await f.look(first!)).toMatchObject({ state: 'completed' });
    expect(await f.look(second!)).toMatchObject({ state: 'ready', reason: 'limit', attempted: 1 });
    expect(f.names()).toEqual(['j1', 'j2']);
    await f.queue.resume('work.one');
    await f.until(() => f.inHand().length === 2);
    expect(f.inHand()).toEqual(['j2', 'j3']);
    f.end('j2', 'j3');
    await f.rest();
    await f.sound();
  });

  it.each([
    ['grouped', Work.grouped],
    ['narrow', Work.narrow],
  ])(
    'RP4: a task with gates of its own (%s) is paused and goes on in order, and its jobs may be cancelled and removed meanwhile',
    async (_name, ref) => {
      const f = await setup();
      await f.queue.pause(ref);
      const jobs = await f.add(ref, ...named(8).map((name) => ({ name, key: 'a' })));
      await f.calm();
      expect(f.begun).toEqual([]);
      await jobs[1]!.cancel();
      await jobs[3]!.remove();
      await f.queue.resume(ref);
      await f.rest();
      expect(f.names()).toEqual(['j1', 'j3', 'j5', 'j6', 'j7', 'j8']);
      await f.sound();
    },
  );

  it('RP4: pausing and resuming again and again while jobs run loses none and doubles none', async () => {
    const f = await setup({ workers: 2, worker: { concurrency: 3 } });
    const all = named(150);
    for (let from = 0; from < all.length; from += 10) {
      const pause = from % 20 === 0;
      await Promise.all([
        f.add(Work.one, ...all.slice(from, from + 5)),
        f.add(Work.grouped, ...all.slice(from + 5, from + 10).map((name, n) => ({ name, key: `${n % 2}` }))),
        pause ? f.queue.pause(Work.one) : f.queue.resume(Work.one),
        pause ? f.queue.resume(Work.grouped) : f.queue.pause(Work.grouped),
        ...(from % 30 === 0 ? [f.queue.pause('work')] : [f.queue.resume('work')]),
      ]);
      await f.turn('200ms');
    }
    await f.queue.resume('work');
    await f.queue.resume(Work.one);
    await f.queue.resume(Work.grouped);
    await f.rest();
    expect(f.names().sort()).toEqual(all.sort());
    await f.sound();
  });

  it('RP4: a task in another queue than its own is paused where it is said, and nowhere else', async () => {
    const f = await setup({ worker: { queues: { work: 1, far: 1 } } });
    await f.queue.pause(Work.one, { queue: 'far' });
    await f.add(Work.one, 'here');
    await f.queue.enqueue(Work.one as never, { name: 'there' } as never, { queue: 'far' } as never);
    await f.calm();
    expect(f.names()).toEqual(['here']);
    expect((await f.queue.settings('far')).tasks).toEqual({ 'work.one': { paused: true } });
    await f.queue.configure(Work.one, null, { queue: 'far' });
    await f.until(() => f.begun.length === 2);
    expect((await f.queue.settings('far')).tasks).toEqual({});
  });

  it('RP4: a slip in a name is refused with what was meant, and pauses nothing', async () => {
    const f = await setup();
    expect(await refusal(() => f.queue.pause('work.oen'))).toMatchObject({
      code: 'UNKNOWN_TASK',
      message: expect.stringContaining("'work.one'") as unknown,
    });
    expect(await refusal(() => f.queue.pause('two words'))).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await refusal(() => f.queue.pause('work.one', { queue: 'two words' }))).toMatchObject({
      code: 'CONFIG_INVALID',
      option: 'queue',
    });
    expect(await refusal(() => f.queue.pause('work.one', { quue: 'work' } as never))).toMatchObject({
      code: 'CONFIG_INVALID',
      option: 'quue',
    });
    await f.add(Work.one, 'j1');
    await f.rest();
    expect((await f.queue.counts()).map(({ settings }) => settings.paused)).not.toContain(true);
  });
});
