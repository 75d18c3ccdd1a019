import { handler, promised, World } from './testdata/world.js';

describe('Suspects', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  /** A job whose next crash is its last: claimed twice by workers that then died. */
  async function suspect(payload: unknown, queue = 'default') {
    const { id } = await world.queue.enqueue('work', payload, { queue });
    for (const dead of ['dead-1', 'dead-2']) {
      await world.store.register({
        ...{ id: dead, name: dead, host: 'h', pid: 1, version: '0', startedAt: 0, queues: [queue], tasks: [] },
        ...{ lanes: [{ queue, shard: 0 }], concurrency: 1, lease: 1000 },
      });
      const target = { queue, shard: 0 };
      await world.store.exchange({ worker: dead, lane: target, settle: [], want: 1, alone: true, lease: 1000 });
      for (let n = 0; n < 4; n++) {
        world.clock.freeze(400);
        await world.store.reap({ lane: target });
      }
    }
    expect(await world.look(id)).toMatchObject({ state: 'ready', crashes: 2 });
    return id;
  }

  it('W6: run alone: nothing is taken beside one, on any lane', async () => {
    const bad = await suspect({ who: 'bad' });
    const gate = promised();
    const order: string[] = [];
    const started = world.events.next('job.started');
    const worker = await world.worker(
      [
        handler(async ({ who }: { who: string }) => {
          order.push(`${who} begins`);
          if (who === 'bad') await gate.promise;
          order.push(`${who} ends`);
        }),
      ],
      { queues: { default: 10, other: 10 } },
    );
    await world.clock.advance('1s');
    await started;
    await world.queue.enqueue('work', { who: 'neighbour' });
    await world.queue.enqueue('work', { who: 'cousin' }, { queue: 'other' });
    await world.clock.advance('3s');
    expect(order).toEqual(['bad begins']);
    expect(worker.running).toMatchObject([{ id: bad }]);
    gate.keep();
    await worker.idle();

    expect(order.slice(0, 2)).toEqual(['bad begins', 'bad ends']);
    expect(order).toHaveLength(6);
    expect(await world.look(bad)).toMatchObject({ state: 'completed', crashes: 2 });
  });

  it('wait until the worker holds nothing; their lane takes nothing more, and after a lease no other does', async () => {
    const bad = await suspect({ who: 'suspect' });
    const gate = promised();
    const started: string[] = [];
    const first = world.events.next('job.started');
    await world.queue.enqueue('work', { who: 'a' }, { queue: 'other' });
    const worker = await world.worker(
      [handler(({ who }: { who: string }) => (started.push(who), who === 'a' ? gate.promise : undefined))],
      { queues: { default: 5, other: 5 } },
    );
    await first;
    await world.queue.enqueue('work', { who: 'beside the suspect' });
    await world.queue.enqueue('work', { who: 'in time' }, { queue: 'other' });
    await world.clock.advance('20s');
    await world.queue.enqueue('work', { who: 'too long' }, { queue: 'other' });
    await world.clock.advance('5s');
    expect(started).toEqual(['a', 'in time']);
    gate.keep();
    await worker.idle();

    expect(started.slice(0, 3)).toEqual(['a', 'in time', 'suspect']);
    expect(started.slice(3).sort()).toEqual(['beside the suspect', 'too long']);
    expect(await world.look(bad)).toMatchObject({ state: 'completed' });
  });

  it('of a paused queue hold nobody up', async () => {
    await suspect({ who: 'suspect' });
    await world.queue.pause('default');
    const worker = await world.worker([handler(() => 'ran')], { queues: { default: 5, other: 5 } });
    await world.clock.advance('1m');
    const { id } = await world.queue.enqueue('work', undefined, { queue: 'other' });
    await worker.idle();

    expect(await world.look(id)).toMatchObject({ state: 'completed' });
  });
});
