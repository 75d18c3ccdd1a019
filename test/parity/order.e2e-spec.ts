import { Discard, defineTasks, RateLimited, RetryLater, Snooze, task } from 'millrace';
import { everyPlace, floor, type Piece } from './flow.js';
import { closeAll } from './mill.js';

const named = (count: number, prefix = 'j') => Array.from({ length: count }, (_, n) => `${prefix}${n + 1}`);
const of = (key: string, count: number): Piece[] => named(count, key).map((name) => ({ name, key }));
const byKey = (piece: Piece) => piece.key;
const retry = { attempts: 3, delay: '1s' } as const;

class Mail extends defineTasks('mail', {
  event: task({ queue: 'mail', order: byKey, retry }),
  held: task({ queue: 'mail', order: { key: byKey, onFailed: 'hold' }, retry: { attempts: 1 } }),
  narrow: task({ queue: 'mail', order: byKey, maxActive: 2 }),
  plain: task({ queue: 'mail' }),
}) {}

const tasks = [Mail.event, Mail.held, Mail.narrow, Mail.plain];

afterEach(closeAll);

describe.each(everyPlace)('order keys, on %s', (_, place) => {
  const setup = (plan: Partial<Parameters<typeof floor>[1]> = {}) => floor(place, { tasks, workers: 2, ...plan });

  it('RP4: jobs of one key run strictly one after the other, in the order of their enqueue, over two workers, whatever the batch', async () => {
    const f = await setup();
    await f.add(Mail.event, ...of('a', 40), ...of('b', 40));
    for (const piece of named(20, 'a+')) await f.add(Mail.event, { name: piece, key: 'a' });
    await f.rest();
    expect(
      f
        .claims()
        .filter(({ key }) => key === 'a')
        .map(({ name }) => name),
    ).toEqual([...named(40, 'a'), ...named(20, 'a+')]);
    expect(
      f
        .claims()
        .filter(({ key }) => key === 'b')
        .map(({ name }) => name),
    ).toEqual(named(40, 'b'));
    expect([f.most.get('key a'), f.most.get('key b')]).toEqual([1, 1]);
    await f.sound();
  });

  it('RP4: also through failures, retries, snoozes, rate limits and a shutdown in between: nobody overtakes', async () => {
    const trouble = new Map<string, unknown[]>([
      ['a2', [new Error('once'), new Error('twice')]],
      ['a4', [new Snooze('3s')]],
      ['a5', [new RetryLater('2s')]],
      ['a6', [new RateLimited('1s')]],
      ['a7', [new Discard('never')]],
    ]);
    const f = await setup({
      run: ({ name }) => {
        const error = trouble.get(name)?.shift();
        if (error) throw error as Error;
      },
    });
    await f.add(Mail.event, ...of('a', 9));
    await f.until(() => f.names().includes('a4'));
    await f.hands[0]!.close();
    await f.hire();
    await f.rest();
    expect(f.names()).toEqual(['a1', 'a2', 'a2', 'a2', 'a3', 'a4', 'a4', 'a5', 'a5', 'a6', 'a6', 'a7', 'a8', 'a9']);
    expect(f.most.get('key a')).toBe(1);
    await f.sound();
  });

  it('RP4: a worker that dies amid one of them: that one runs again before all others of its key', async () => {
    const f = await setup({ workers: 0 });
    const jobs = await f.add(Mail.event, ...of('a', 3));
    const lane = { queue: 'mail', shard: 0 };
    const about = { name: 'lost', host: 'h', pid: 1, version: '0', startedAt: 0, queues: ['mail'], lanes: [lane] };
    await f.store.register({ ...about, id: 'lost', tasks: [], concurrency: 9, lease: 3000 });
    const answer = await f.store.exchange({ worker: 'lost', lane, settle: [], want: 9, alone: true, lease: 3000 });
    expect(answer.jobs.map(({ id }) => id)).toEqual([jobs[0]!.id]);
    await f.hire();
    await f.hire();
    await f.turn('2500ms');
    expect(f.begun).toEqual([]);
    await f.rest();
    expect(f.names()).toEqual(['a1', 'a2', 'a3']);
    expect(await f.look(jobs[0]!)).toMatchObject({ crashes: 1, state: 'completed' });
    await f.sound();
  });

  it('RP4: priority does not break it, and a parked one says what it waits for', async () => {
    const f = await setup({ hold: true });
    await f.add(Mail.event, ...of('a', 2));
    const urgent = await f.queue.enqueue(
      Mail.event as never,
      { name: 'urgent', key: 'a' } as never,
      {
        priority: 'urgent',
      } as never,
    );
    await f.until(() => f.begun.length === 1);
    expect(await f.look(urgent)).toMatchObject({ state: 'ready', reason: 'order' });
    expect(await f.why(urgent)).toBe(
      'Jobs with the order key a run one after the other: it waits until those before it have ended, or one that failed and holds the others is retried or removed.',
    );
    for (const name of ['a1', 'a2', 'urgent']) {
      await f.until(() => f.inHand().length === 1);
      expect(f.inHand()).toEqual([name]);
      f.end(name);
    }
    await f.rest();
  });

  it('RP4: onFailed hold: those behind a failed one wait until it is retried and ends well, or is removed', async () => {
    let broken = true;
    const f = await setup({
      run: ({ name }) => {
        if (broken && (name === 'a1' || name === 'b1')) throw new Error('no');
      },
    });
    const jobs = await f.add(Mail.held, ...of('a', 3), ...of('b', 3), ...of('c', 2));
    await f.until(() => f.begun.length === 4);
    await f.calm();
    expect(f.names().sort()).toEqual(['a1', 'b1', 'c1', 'c2']);
    expect(await f.look(jobs[0]!)).toMatchObject({ state: 'failed' });
    expect(await f.look(jobs[1]!)).toMatchObject({ state: 'ready', reason: 'order' });
    for (const hand of f.hands) await hand.close();
    await f.hire();
    await f.calm();
    expect(f.begun).toHaveLength(4);

    expect(await jobs[0]!.retry()).toMatchObject({ applied: true });
    await f.until(() => f.begun.length === 5);
    await f.calm();
    expect(f.names()).toHaveLength(5);
    expect(await f.look(jobs[0]!)).toMatchObject({ state: 'failed' });
    broken = false;
    await jobs[0]!.retry();
    await jobs[3]!.remove();
    await f.rest();
    expect(f.names().filter((name) => name.startsWith('a'))).toEqual(['a1', 'a1', 'a1', 'a2', 'a3']);
    expect(f.names().filter((name) => name.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    await f.sound();
  });

  it('RP4: a held key goes on when its failed job is cancelled by nobody but pruned, seven days later', async () => {
    const f = await setup({
      run: ({ name }) => {
        if (name === 'a1') throw new Error('no');
      },
    });
    await f.add(Mail.held, ...of('a', 2));
    await f.calm();
    expect(f.names()).toEqual(['a1']);
    for (const hand of f.hands) await hand.close();
    f.clock.freeze('8d');
    await f.hire();
    await f.until(() => f.names().includes('a2'));
    await f.sound();
  });

  it('RP4: those that wait may be cancelled, removed, put off: the others keep their order', async () => {
    const f = await setup({ hold: true });
    const jobs = await f.add(Mail.event, ...of('a', 7));
    await f.until(() => f.begun.length === 1);
    await jobs[2]!.cancel();
    await jobs[4]!.remove();
    await f.queue.cancel(jobs[0]!.id);
    for (const name of ['a2', 'a4', 'a6', 'a7']) {
      await f.until(() => f.inHand().includes(name), name);
      expect(f.inHand()).toEqual([name]);
      f.end(name);
    }
    await f.rest();
    await jobs[2]!.retry();
    await f.until(() => f.inHand().includes('a3'));
    f.end('a3');
    await f.rest();
    await f.sound();
  });

  it('RP4: delayed jobs come in the order they fall due, and hold nobody up before', async () => {
    const f = await setup();
    const add = (name: string, delay: string) =>
      f.queue.enqueue(Mail.event as never, { name, key: 'a' } as never, { delay } as never);
    await add('late', '10s');
    await add('soon', '5s');
    await f.add(Mail.event, { name: 'now', key: 'a' });
    await f.until(() => f.begun.length === 1);
    expect(f.names()).toEqual(['now']);
    await f.rest();
    expect(f.names()).toEqual(['now', 'soon', 'late']);
  });

  it('RP4: keys beside a limit of their task: both hold, and no key starves', async () => {
    const f = await setup();
    await f.add(Mail.narrow, ...named(10, 'k').flatMap((key) => of(key, 4)));
    await f.rest();
    expect(f.most.get('mail.narrow')).toBeLessThanOrEqual(2);
    for (const key of named(10, 'k')) {
      expect(
        f
          .claims()
          .filter((one) => one.key === key)
          .map(({ name }) => name),
      ).toEqual(named(4, key));
    }
    await f.sound();
  });

  it('RP4: a call names an order of its own, also for a task without one; an absent key is no order', async () => {
    const f = await setup({ hold: true });
    const add = (name: string, order?: string) =>
      f.queue.enqueue(Mail.plain as never, { name } as never, (order ? { order } : {}) as never);
    await add('p1', 'x');
    await add('p2', 'x');
    await add('p3');
    await f.add(Mail.event, 'e1', 'e2');
    await f.until(() => f.begun.length === 4);
    await f.calm();
    expect(f.inHand()).toEqual(['e1', 'e2', 'p1', 'p3']);
    f.end('p1');
    await f.until(() => f.names().includes('p2'));
  });
});
