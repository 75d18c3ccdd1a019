import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'libsql';
import { sqlite } from './index.js';
import { schemaVersion } from './migrate.js';
import { sql } from './sql.generated.js';
import { temporaryFolder } from './testdata/files.js';

describe('migrate', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => ({ folder, remove } = temporaryFolder()));
  afterEach(() => remove());

  function versionOf(path: string): number {
    const driver = new Driver(path);
    const [row] = driver.pragma('user_version') as { user_version: number }[];
    driver.close();
    return row!.user_version;
  }

  it('makes the file, its folder and the schema, and records its version', async () => {
    const path = join(folder, 'data', 'deep', 'queue.db');
    const store = sqlite({ path });

    expect(existsSync(path)).toBe(false);
    await store.open();
    await store.close();

    expect(schemaVersion).toBeGreaterThan(0);
    expect(versionOf(path)).toBe(schemaVersion);
  });

  it('leaves what is in the file alone when it is opened again', async () => {
    const path = join(folder, 'queue.db');
    const before = sqlite({ path });
    await before.open();
    await before.open();
    await before.configure('mill', { maxReady: 7 });
    await before.close();
    await before.close();

    const after = sqlite({ path });
    await after.open();

    expect(await after.counts()).toMatchObject([{ queue: 'mill', settings: { maxReady: 7 } }]);
    await after.close();
  });

  it('lets jobs that an older schema had parked join their lists, in their order', async () => {
    const path = join(folder, 'queue.db');
    const driver = new Driver(path);
    for (const [name, text] of Object.entries(sql)) if (/^migrations\/000[1-8]/.test(name)) driver.exec(text);
    driver.exec(`PRAGMA user_version = 8;
      INSERT INTO lanes (queue, shard, tail, band2, parked, total_enqueued) VALUES ('mill', 0, 9, 1, 3, 4);
      INSERT INTO limits VALUES (1, 'k', 1);`);
    const add = (
      n: number,
      { place, pos, ticket, crashes = 0 }: Record<string, number | string | null | undefined>,
    ) => {
      driver
        .prepare(
          `INSERT INTO jobs (n, id, lane, state, task, priority, enqueued_at, attempts, crashes, releases, crash_limit, place, pos, trail, body)
           VALUES (?, ?, 1, 2, 'grind', 2, 0, 0, ?, 0, 2, ?, ?, 8, '{}')`,
        )
        .run([n, `mill~0~${String(n).padStart(24, '0')}`, crashes, place ?? null, pos ?? null]);
      driver.prepare(`INSERT INTO limited VALUES (?, 1, 'k', 1, ?)`).run([n, ticket ?? null]);
    };
    add(1, { place: 2, pos: 8 });
    add(2, { ticket: 'k 20000000000000007' });
    add(3, { ticket: 'k 20000000000000005' });
    add(4, { ticket: 'k 20000000000000006', crashes: 1 });
    driver.close();

    const store = sqlite({ path });
    await store.open();

    expect((await store.list({})).jobs.map(({ id }) => Number(id.slice(-1)))).toEqual([1, 3, 2, 4]);
    expect(await store.fsck()).toEqual([]);
    await store.close();
  });

  it('lets stores meet on a new file', async () => {
    const stores = Array.from({ length: 5 }, () => sqlite({ path: join(folder, 'queue.db') }));

    await Promise.all(stores.map((store) => store.open()));

    expect(await Promise.all(stores.map((store) => store.fsck()))).toEqual([[], [], [], [], []]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('refuses a file of a newer schema, and says what to do', async () => {
    const path = join(folder, 'queue.db');
    const driver = new Driver(path);
    driver.exec(`PRAGMA user_version = ${schemaVersion + 1}`);
    driver.close();

    const opening = sqlite({ path }).open();

    await expect(opening).rejects.toMatchObject({ code: 'CONFIG_INVALID', option: 'store' });
    await expect(opening).rejects.toThrow(`${path} has schema ${schemaVersion + 1}`);
    await expect(opening).rejects.toThrow('Install the version of millrace that wrote it, or use another file.');
  });
});
