import { seal } from '../job/envelope.js';
import { createJobId } from '../job/id.js';
import { memory } from '../store/memory/index.js';
import type { Store } from '../store/store.js';
import { ManualClock } from '../time/manual-clock.js';
import { DeputyLoop } from './deputy-loop.js';

const lane = { queue: 'default', shard: 0 };
const lease = 12_000;

/** A worker with a job, whose event loop turns when told so, and its deputy. */
async function setup(maxBlock = 60_000) {
  const clock = new ManualClock();
  const store = memory({ clock });
  await store.open();
  const record = { name: 'w', host: 'h', pid: 1, version: '0', startedAt: 0, queues: ['default'], tasks: ['work'] };
  await store.register({ ...record, id: 'w1', lanes: [lane], concurrency: 1, lease });
  await store.enqueue([
    { id: createJobId('default', 0, clock.now()), task: 'work', body: seal({ payload: {} }), priority: 2 },
  ]);
  await store.exchange({ worker: 'w1', lane, settle: [], want: 1, lease });

  const turns = new Int32Array(new SharedArrayBuffer(4));
  let opened = 0;
  const open = (): Promise<Store> => {
    opened++;
    return Promise.resolve({ ...store, close: () => Promise.resolve() });
  };
  const complaints: string[] = [];
  const recipe = { module: '', make: '', options: {} };
  const loop = new DeputyLoop(clock, { turns, recipe, lease, maxBlock }, open, (why) => void complaints.push(why));
  loop.charge = { worker: 'w1', lanes: [lane] };
  loop.start();
  return {
    ...{ clock, store, loop, complaints },
    turn: () => void Atomics.add(turns, 0, 1),
    opened: () => opened,
    /** How many jobs were taken from the worker. */
    reaped: async () => (await store.reap({ lane })).released.length,
  };
}

describe('DeputyLoop', () => {
  it('W3: keeps the lease of a worker whose event loop does not turn', async () => {
    const { clock, loop, reaped, complaints } = await setup();
    for (let second = 0; second < 50; second++) {
      await clock.advance('1s');
      expect(await reaped()).toBe(0);
    }
    expect(complaints).toEqual([]);
    await loop.stop();
  });

  it('W3: gives the jobs up once the loop has not turned for maxBlock', async () => {
    const { clock, loop, reaped } = await setup(20_000);
    const lost: number[] = [];
    for (let second = 1; second <= 60; second++) {
      await clock.advance('1s');
      if ((await reaped()) > 0) lost.push(second);
    }
    expect(lost).toEqual([expect.any(Number)]);
    expect(lost[0]).toBeGreaterThan(20);
    await loop.stop();
  });

  it('does nothing while the loop turns, and begins anew at the next block', async () => {
    const { clock, loop, turn, opened, reaped, store } = await setup(20_000);
    for (let second = 0; second < 40; second++) {
      turn();
      await clock.advance('1s');
      await store.exchange({ worker: 'w1', lane, settle: [], want: 0, lease });
    }
    expect(opened()).toBe(0);

    await clock.advance('15s');
    turn();
    await clock.advance('15s');
    expect(await reaped()).toBe(0);
    expect(opened()).toBe(1);
    await loop.stop();
  });

  it('beats for nobody that it was not told of', async () => {
    const { clock, loop, opened } = await setup();
    loop.charge = undefined;
    await clock.advance('30s');
    expect(opened()).toBe(0);
    await loop.stop();
  });

  it('says what kept it from beating, and tries again', async () => {
    const { clock, loop, store, complaints, reaped } = await setup();
    const { exchange } = store;
    let fail = true;
    store.exchange = (request) => (fail ? Promise.reject(new Error('away')) : exchange(request));
    loop['store'] = store;
    await clock.advance('4s');
    fail = false;
    await clock.advance('30s');

    expect(complaints[0]).toBe('Error: away');
    expect(await reaped()).toBe(0);
    await loop.stop();
  });
});
