import { Injectable } from '@nestjs/common';
import { defineTasks, task, WorkerHost } from 'millrace';
import { setup, stores } from '../faults/world.js';
import { eventually } from '../support/eventually.js';
import { afterwards, closeAll, mill, promised, refusal } from './mill.js';

class Tasks extends defineTasks('adapt', {
  wait: task({ queue: 'waiting' }),
  other: task({ queue: 'others' }),
}) {}

afterEach(closeAll);

const jobs = (count: number) => Array.from({ length: count }, () => ({}));

/** Notes that the application around it was closed. */
function closing() {
  const seen: string[] = [];
  @Injectable()
  class Witness {
    onApplicationShutdown() {
      seen.push('closed');
    }
  }
  return { seen, Witness };
}

describe('recycle', () => {
  it('WK9: after so many jobs the worker drains as at a SIGTERM, and the application closes', async () => {
    const gate = promised();
    const { seen, Witness } = closing();
    const m = await mill({
      handlers: [
        [Tasks.wait, () => gate.promise],
        [Tasks.other, () => 'done'],
      ],
      providers: [Witness],
      worker: { recycle: { jobs: 3 }, shutdown: { grace: '10s' } },
    });
    const held = await m.queue.enqueue(Tasks.wait);
    const stays = await m.queue.enqueue(Tasks.wait, undefined, { delay: '2s' });
    await m.queue.enqueueMany(Tasks.other, jobs(3));
    await m.turn('1s');
    expect(m.worker.status().ready).toBe(false);
    await m.turn('5s');
    expect(await m.look(held)).toMatchObject({ state: 'active' });
    expect(await m.look(stays)).toMatchObject({ attempted: 0, worker: null });
    await m.turn('10s');

    expect(await m.worker.done).toEqual({ completed: 3, failed: 0, reason: 'recycled' });
    expect(await m.look(held)).toMatchObject({ state: 'ready', attempted: 0, releases: 1, crashes: 0 });
    expect(seen).toEqual(['closed']);
    expect(m.lines).toContainEqual(
      expect.objectContaining({ level: 'log', text: expect.stringMatching(/^Recycling: 3 jobs have ended here\./) }),
    );
  });

  it('WK9: above so much memory too, looked at every five seconds and said with the figure', async () => {
    const { seen, Witness } = closing();
    const m = await mill({
      handlers: [[Tasks.other, () => 'done']],
      providers: [Witness],
      worker: { recycle: { memory: '1MB' } },
    });
    expect(await m.queue.run(Tasks.other)).toBe('done');
    expect(seen).toEqual([]);
    await m.turn('5s');

    expect(await m.worker.done).toEqual({ completed: 1, failed: 0, reason: 'recycled' });
    expect(seen).toEqual(['closed']);
    const said = m.lines.find(({ text }) => text.startsWith('Recycling'))!.text;
    expect(Number(/takes (\d+)MB of memory, more than 1MB/.exec(said)![1])).toBeGreaterThan(10);
  });

  it('WK9: a worker that stays below both goes on', async () => {
    const m = await mill({
      handlers: [[Tasks.other, () => 'done']],
      worker: { recycle: { jobs: 3, memory: '64GB' } },
    });
    await m.queue.enqueueMany(Tasks.other, jobs(2));
    await m.turn('1m');
    expect(m.worker.status()).toMatchObject({ live: true, ready: true });
  });

  it.each([
    [{ jobs: 0 }, 'recycle.jobs'],
    [{ memory: '512 MB' }, 'recycle.memory'],
    [{ memroy: '512MB' }, 'recycle.memroy'],
  ])('WK9: %j is refused at boot', async (recycle, option) => {
    const boot = () => mill({ handlers: [[Tasks.other, () => 1]], worker: { recycle: recycle as never } });
    expect(await refusal(boot)).toMatchObject({ code: 'CONFIG_INVALID', option });
  });

  it('WK9: a real process gives back what runs, uncharged, and exits 0, whatever else keeps it alive', async () => {
    const world = await setup('sqlite');
    afterwards(() => world.close());
    const worker = await world.worker({ RECYCLE_JOBS: '1', GRACE: '100ms', LINGER: '1' });
    const held = await world.tasks.hold.enqueue({ name: 'a' });
    await world.line('began', 'a');
    const done = await world.tasks.write.enqueue({ name: 'b' });

    expect(await worker.ended).toBe(0);
    expect(await done.refresh()).toMatchObject({ state: 'completed' });
    expect(await held.refresh()).toMatchObject({ state: 'ready', attempted: 0, crashes: 0, releases: 1 });
    expect(await world.queue.workers()).toEqual([]);
  });
});

describe('concurrency', () => {
  it('WK9: between min and max it doubles while jobs wait, and shrinks after 30 s in which none did', async () => {
    const gate = promised();
    const m = await mill({
      handlers: [
        [Tasks.wait, () => gate.promise],
        [Tasks.other, () => 'done'],
      ],
      worker: { queues: { waiting: { concurrency: { min: 2, max: 12 } }, others: 3 }, prefetch: 0 },
    });
    const places = () => m.worker.status().concurrency;
    expect(places()).toEqual({ waiting: 2, others: 3 });
    await m.queue.enqueueMany(Tasks.wait, jobs(20));
    await m.turn('10ms');
    expect(m.worker.running).toHaveLength(2);
    await m.turn('5s');
    expect(places()).toEqual({ waiting: 12, others: 3 });
    expect(m.worker.running).toHaveLength(12);
    gate.keep();
    await m.rest();
    await m.turn('25s');
    expect(places()).toEqual({ waiting: 12, others: 3 });
    await m.turn('40s');

    expect(places()).toEqual({ waiting: 2, others: 3 });
    const counts = await m.queue.counts();
    expect(counts.find(({ queue }) => queue === 'waiting')!.counts.completed).toBe(20);
  });

  it.each(stores)('WK9: a real process grows to its most on %s, and no further', async (kind) => {
    const world = await setup(kind);
    afterwards(() => world.close());
    const worker = await world.worker({ MOST: '5' });
    const held = await Promise.all(jobs(7).map((_, n) => world.tasks.hold.enqueue({ name: `n${n}` })));
    await eventually(() => world.lines('began').length === 5, { within: 20_000 });
    expect((await world.queue.counts())[0]!.counts).toMatchObject({ active: 5, ready: 2 });
    world.go();
    for (const job of held) await job.result({ timeout: '20s' });
    worker.signal('SIGTERM');

    expect(await worker.ended).toBe(0);
  });

  it('WK3: so many jobs are claimed ahead as `prefetch` says', async () => {
    const gate = promised();
    const m = await mill({
      handlers: [[Tasks.wait, () => gate.promise]],
      worker: { concurrency: 2, prefetch: 3 },
    });
    await m.queue.enqueueMany(Tasks.wait, jobs(10));
    await m.turn('1s');
    expect(m.worker.running).toHaveLength(2);
    expect((await m.queue.counts())[0]!.counts).toMatchObject({ active: 5, ready: 5 });
    gate.keep();
    await m.rest();
  });

  it('WK9: while the event loop lags by 50 ms it does not grow', async () => {
    const gate = promised();
    const m = await mill({
      handlers: [[Tasks.wait, () => gate.promise]],
      worker: { concurrency: { min: 1, max: 8 }, prefetch: 0 },
    });
    await m.queue.enqueueMany(Tasks.wait, jobs(20));
    for (let look = 0; look < 20; look++) {
      m.clock.freeze('1100ms');
      await m.turn(0);
    }
    expect(m.worker.status().concurrency).toEqual({ waiting: 1 });
    await m.turn('5s');
    expect(m.worker.status().concurrency).toEqual({ waiting: 8 });
    gate.keep();
    await m.rest();
  });

  it('WK9: setConcurrency changes it live, through WorkerHost.worker: more begin at once, with fewer running jobs finish', async () => {
    const gates = jobs(8).map(() => promised());
    const m = await mill({
      handlers: [[Tasks.wait, (n: number) => gates[n]!.promise]],
      worker: { concurrency: 2, prefetch: 0 },
    });
    const { worker } = m.app.get(WorkerHost);
    const all = await m.queue.enqueueMany(
      'adapt.wait',
      gates.map((_, payload) => ({ payload, queue: 'waiting' })),
    );
    await m.turn('1s');
    expect(worker.running).toHaveLength(2);
    worker.setConcurrency('waiting', 5);
    await m.turn(0);
    expect(worker.running).toHaveLength(5);
    expect(worker.status().concurrency).toEqual({ waiting: 5 });
    worker.setConcurrency('waiting', 1);
    expect(worker.running).toHaveLength(5);
    for (const n of [0, 1, 2, 3]) gates[n]!.keep();
    await m.turn('1s');
    expect(worker.running).toHaveLength(1);
    for (const gate of gates) gate.keep();
    await m.rest();

    for (const job of all) expect(await m.look(job)).toMatchObject({ state: 'completed', attempted: 1, releases: 0 });
  });

  it.each([
    ['waiting', 0, 'concurrency is 0; it must be a whole number from 1 to 10000'],
    ['waiting', { min: 4, max: 2 }, 'concurrency.min is 4'],
    ['others', 4, 'follow what waits'],
    ['wating', 4, "Did you mean 'waiting'?"],
  ])('WK9: setConcurrency refuses %s, %j and changes nothing', async (queue, concurrency, says) => {
    const m = await mill({
      handlers: [
        [Tasks.wait, () => 1],
        [Tasks.other, () => 1],
      ],
      worker: { queues: { waiting: 2, others: { concurrency: { min: 1, max: 3 } } } },
    });
    const said = await refusal(() => m.worker.setConcurrency(queue, concurrency));
    expect(said).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) as string });
    expect(m.worker.status().concurrency).toEqual({ waiting: 2, others: 1 });
  });

  it.each([
    [{ min: 0, max: 2 }, 'concurrency.min'],
    [{ min: 3, max: 2 }, 'concurrency.min'],
    [{ min: 1, max: 10_001 }, 'concurrency.max'],
    [{ min: 1 }, 'concurrency.max'],
  ])('WK9: %j is refused at boot', async (concurrency, option) => {
    const boot = () => mill({ handlers: [[Tasks.wait, () => 1]], worker: { concurrency: concurrency as never } });
    expect(await refusal(boot)).toMatchObject({ code: 'CONFIG_INVALID', option });
  });
});

describe('the event loop', () => {
  it('WK9: the warning about a blocked one names the task, also where it ends with the blocking', async () => {
    const m = await mill({ handlers: [[Tasks.wait, () => m.clock.freeze('7s')]] });
    await m.turn('2s');
    const warned = m.next('worker.blocked');
    await m.queue.enqueue(Tasks.wait);
    await m.rest();
    await m.turn('1s');

    expect((await warned).tasks).toEqual(['adapt.wait']);
    expect(m.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', text: expect.stringMatching(/was blocked for .*: adapt\.wait\./) }),
    );
  });
});
