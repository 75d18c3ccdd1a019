import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../store.js';

/** A folder of its own, and a way to be rid of it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-sqlite-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A store on a file of its own, which goes when the store is closed. */
export function onFreshFile(make: (path: string) => Store): Store {
  const { folder, remove } = temporaryFolder();
  const store = make(join(folder, 'queue.db'));
  return {
    ...store,
    close: async () => {
      await store.close();
      remove();
    },
  };
}
