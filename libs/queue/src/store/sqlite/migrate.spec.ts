import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Driver from 'libsql';
import { sqlite } from './index.js';
import { schemaVersion } from './migrate.js';
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
