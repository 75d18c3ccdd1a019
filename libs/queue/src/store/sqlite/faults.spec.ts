import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'libsql';
import { createJobId } from '../../job/id.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { Hint, NewJob, Store } from '../store.js';
import { Database } from './database.js';
import { sqlite } from './index.js';
import { storeOn } from './sqlite-store.js';
import { temporaryFolder } from './testdata/files.js';

const lane = { queue: 'mill', shard: 0 };

function jobs(count: number, body = '{}'): NewJob[] {
  return Array.from({ length: count }, (_, i) => ({ id: createJobId('mill', 0, i), task: 'grind', body, priority: 2 }));
}

describe('sqlite on bad days', () => {
  let folder: string;
  let path: string;
  let remove: () => void;
  let open: Store[];
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    path = join(folder, 'queue.db');
    open = [];
  });
  afterEach(async () => {
    for (const store of open) await store.close();
    remove();
  });

  async function opened(store: Store): Promise<Store> {
    open.push(store);
    await store.open();
    return store;
  }

  /** A store, and its connection to spoil. */
  async function setup() {
    const db = new Database({ path, synchronous: 'normal', busyTimeout: 20 });
    const store = await opened(storeOn(db, new ManualClock()));
    return { store, driver: db['driver']! };
  }

  describe('open', () => {
    it.each([
      ['whose folder is a file', () => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file', 'queue.db'))],
      ['that is a folder', () => (mkdirSync(join(folder, 'folder')), join(folder, 'folder'))],
      [
        'that is no database',
        () => (writeFileSync(join(folder, 'letter'), 'Dear miller, '.repeat(500)), join(folder, 'letter')),
      ],
    ])('E3: refuses a path %s, and names it', async (_, make) => {
      const bad = make();

      const opening = sqlite({ path: bad }).open();

      await expect(opening).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', url: bad });
    });

    it('may be tried again once the path is right', async () => {
      mkdirSync(path);
      const store = sqlite({ path });
      await expect(store.open()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });

      rmdirSync(path);
      await opened(store);

      expect(await store.fsck()).toEqual([]);
    });
  });

  it('rejects every verb before open and after close', async () => {
    const store = sqlite({ path });
    await expect(store.enqueue(jobs(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await store.open();
    await store.close();
    await expect(store.time()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  describe('a full disk', () => {
    it('E3: refuses a batch that does not fit, writes none of it, and goes on when there is room again', async () => {
      const { store, driver } = await setup();
      await store.enqueue(jobs(10));
      const [{ page_count: pages }] = driver.pragma('page_count') as [{ page_count: number }];
      driver.pragma(`max_page_count = ${pages + 2}`);

      const big = jobs(50, 'x'.repeat(4000));
      await expect(store.enqueue(big)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', url: path });
      expect(await store.counts()).toMatchObject([{ counts: { ready: 10 }, totals: { enqueued: 10 } }]);
      expect(await store.fsck()).toEqual([]);

      driver.pragma('max_page_count = 1000000');
      await store.enqueue(big);
      expect(await store.counts()).toMatchObject([{ counts: { ready: 60 } }]);
    });
  });

  describe('a read-only file', () => {
    it('E3: refuses to write, goes on reading, and writes when it may again', async () => {
      const { store, driver } = await setup();
      const [job] = jobs(1);
      driver.pragma('query_only = ON');

      await expect(store.enqueue([job!])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', url: path });
      expect(await store.find([{ id: job!.id }])).toEqual([undefined]);

      driver.pragma('query_only = OFF');
      expect(await store.enqueue([job!])).toEqual([{ id: job!.id, created: true, state: 'ready' }]);
    });
  });

  describe('another process that writes for long', () => {
    it('E4: is waited for no longer than the busy timeout, then a typed error; reading goes on', async () => {
      const { store } = await setup();
      const other = new Driver(path);
      other.exec('BEGIN IMMEDIATE');

      await expect(store.enqueue(jobs(1))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', url: path });
      await expect(store.enqueue(jobs(1))).rejects.toThrow('database is locked');
      expect(await store.counts()).toEqual([]);

      other.exec('COMMIT');
      other.close();
      expect(await store.enqueue(jobs(1))).toMatchObject([{ created: true }]);
    });
  });

  describe('another process that writes for a moment', () => {
    it('E4: does not hold up this process: the verb goes on once the file is free', async () => {
      const store = await opened(sqlite({ path }));
      const other = new Driver(path);
      other.exec('BEGIN IMMEDIATE');

      const adding = store.enqueue(jobs(1));
      other.exec('COMMIT');
      other.close();

      expect(await adding).toMatchObject([{ created: true }]);
    });
  });

  describe('a verb that is called wrongly', () => {
    it('leaves nothing behind', async () => {
      const { store } = await setup();

      await expect(store.enqueue([...jobs(3), { ...jobs(1)[0]!, id: 'nonsense' }])).rejects.toThrow(RangeError);

      expect(await store.counts()).toEqual([]);
    });
  });

  describe('two stores of one process', () => {
    it('E4: share the file and wake each other', async () => {
      const [one, two] = [await opened(sqlite({ path })), await opened(sqlite({ path }))];
      const heard = new Promise<Hint>((resolve) => void two.listen({ lanes: [lane] }, resolve));

      const [answer] = await one.enqueue(jobs(1));

      expect(await heard).toEqual({ topic: 'any' });
      expect(await two.find([{ id: answer!.id }])).toMatchObject([{ state: 'ready' }]);
    });

    it('tells the store that writes precisely what happened', async () => {
      const store = await opened(sqlite({ path }));
      const heard: Hint[] = [];
      await store.listen({ lanes: [lane] }, (hint) => heard.push(hint));

      await store.enqueue(jobs(3));
      await store.enqueue([{ ...jobs(1)[0]!, id: createJobId('other', 0, 0) }]);

      expect(heard).toEqual([{ topic: 'ready', lane }]);
    });
  });
});
