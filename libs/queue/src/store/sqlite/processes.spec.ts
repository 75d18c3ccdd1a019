import { join } from 'node:path';
import { createJobId } from '../../job/id.js';
import type { Hint, Store } from '../store.js';
import { sqlite } from './index.js';
import { compileStore } from './testdata/compile.js';
import { temporaryFolder } from './testdata/files.js';
import { Neighbour } from './testdata/neighbour.js';

const lane = { queue: 'mill', shard: 0 };
const kills = 20;

describe('sqlite between processes', () => {
  const { folder, remove } = temporaryFolder();
  let door: string;
  let path: string;
  let store: Store;
  let neighbours: Neighbour[];
  let files = 0;

  beforeAll(() => void (door = compileStore(folder)));
  afterAll(() => remove());
  beforeEach(async () => {
    path = join(folder, `queue-${++files}.db`);
    neighbours = [];
    store = sqlite({ path });
    await store.open();
  });
  afterEach(async () => {
    for (const neighbour of neighbours) await neighbour.kill();
    await store.close();
  });

  function neighbour(script: string): Neighbour {
    const started = Neighbour.start(folder, door, path, script);
    neighbours.push(started);
    return started;
  }

  it('E4: wakes a store that listens when another process enqueues', async () => {
    const heard = new Promise<Hint>((resolve) => void store.listen({ lanes: [lane] }, resolve));

    const other = neighbour(`
      await store.enqueue([{ id: id(1), task: 'grind', body: '{}', priority: 2 }]);
      say(id(1));
      await store.close();`);

    expect(await heard).toEqual({ topic: 'any' });
    const id = await other.says();
    expect(await store.find([{ id: id! }])).toMatchObject([{ state: 'ready' }]);
  });

  it('E4: wakes another process that listens', async () => {
    await store.enqueue([{ id: createJobId('mill', 0, 0), task: 'grind', body: '{}', priority: 2 }]);
    const other = neighbour(`
      const stay = setInterval(() => {}, 1000);
      await store.listen({ lanes: [lane] }, async (hint) => { say(hint.topic); clearInterval(stay); await store.close(); });
      say('listening');`);
    expect(await other.says()).toBe('listening');

    await store.configure('mill', { paused: true });

    expect(await other.says()).toBe('any');
  });

  it('E4: wakes a store that listens when another process puts a schedule that is due sooner', async () => {
    await store.putSchedule({ id: 'later', body: '{}', next: 2, paused: false }, 0);
    const heard = new Promise<Hint>((resolve) => void store.listen({ schedules: true }, resolve));

    const other = neighbour(`
      const { outcome } = await store.putSchedule({ id: 'sooner', body: '{}', next: 1, paused: false }, 0);
      say(outcome);
      await store.close();`);

    expect(await other.says()).toBe('put');
    expect(await heard).toEqual({ topic: 'any' });
    expect((await store.schedules({ due: true })).schedules.map(({ id }) => id)).toEqual(['sooner', 'later']);
  });

  it('lets several processes fire the same slots, each slot once', async () => {
    const schedules = Array.from({ length: 50 }, (_, i) => `s${i}`);
    for (const id of schedules) await store.putSchedule({ id, body: '{}', next: 1, paused: false }, 0);
    const script = `
      let n = 0;
      for (;;) {
        const { schedules } = await store.schedules({ due: true, limit: 10 });
        if (schedules.length === 0) break;
        await store.fire(schedules.map((schedule) => {
          const job = { id: id(++n), task: 'grind', body: schedule.id + ' ' + schedule.next, priority: 2 };
          const next = schedule.next < 5 ? schedule.next + 1 : undefined;
          const slots = [{ slot: schedule.next, outcome: 'enqueued', job: job.id }];
          return { id: schedule.id, seen: schedule.version, slots, jobs: [job], last: schedule.next, next };
        }));
      }
      await store.close();`;

    const others = [neighbour(script), neighbour(script), neighbour(script)];
    for (const other of others) expect(await other.says()).toBeUndefined();

    const bodies: string[] = [];
    for (let cursor: string | undefined, first = true; first || cursor; first = false) {
      const page = await store.list({ cursor, limit: 200 });
      bodies.push(...page.jobs.map((job) => job.body));
      cursor = page.cursor;
    }
    const slots = schedules.flatMap((id) => [1, 2, 3, 4, 5].map((slot) => `${id} ${slot}`));
    expect(bodies.sort()).toEqual(slots.sort());
    expect(await store.fsck()).toEqual([]);
  });

  it(`E1: has the old or the new state after kill -9 at any moment, ${kills} times`, async () => {
    const confirmed = new Set<string>();
    for (let round = 0; round < kills; round++) {
      const other = neighbour(`
        const worker = { id: 'w' + process.pid, name: 'w', host: 'h', pid: 1, version: '1', startedAt: 0, queues: ['mill'], lanes: [lane], tasks: [], concurrency: 9, lease: 60000 };
        await store.register(worker);
        let settle = [];
        for (let n = 0; ; n += 20) {
          const ids = Array.from({ length: 20 }, (_, i) => id(n + i));
          await store.enqueue(ids.map((id) => ({ id, task: 'grind', body: 'x'.repeat(300), priority: 2, keys: [{ key: '=' + id, until: 'kept' }] })));
          say(ids.join());
          const { jobs } = await store.exchange({ worker: worker.id, lane, settle, want: 12, lease: 60000 });
          settle = jobs.map(({ id, fence }, i) => ({ id, fence, ...(i % 3 ? { outcome: 'completed', result: '1' } : { outcome: 'retry', in: 0, error: 'e' }) }));
        }`);
      const heard = [(await other.says())!];
      for (let more = round % 5; more > 0; more--) heard.push((await other.says())!);
      heard.push(...(await other.kill()));
      for (const line of heard) for (const id of line.split(',')) if (id.length === 31) confirmed.add(id);

      expect(await store.fsck()).toEqual([]);
    }

    const found = await store.find([...confirmed].map((id) => ({ id })));
    expect(found.filter((record) => !record)).toEqual([]);
    const [{ totals }] = (await store.counts()) as [Awaited<ReturnType<Store['counts']>>[number]];
    expect(totals.enqueued).toBeGreaterThanOrEqual(confirmed.size);
  }, 120_000);
});
