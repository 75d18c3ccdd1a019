import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../../libs/queue/testkit/redis-server.js';
import type { StoreKind } from '../scenario.js';

/** Somewhere jobs can live: empty, and nobody else's. */
export interface Place {
  readonly url: string;
  close(): unknown;
}

export function openPlace(kind: StoreKind): Promise<Place> {
  return places[kind]();
}

const places: Record<StoreKind, () => Promise<Place>> = {
  /** A server of its own, nothing on disk. */
  async redis() {
    delete process.env.TEST_REDIS_URL; // A server that is somebody's is neither empty nor quiet.
    const server = await startRedis();
    return { url: server.url, close: () => server.stop() };
  },

  async sqlite() {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
    const clearUp = () => rmSync(folder, { recursive: true, force: true });
    process.once('exit', clearUp);
    return {
      url: `sqlite:${join(folder, 'queue.db')}`,
      close() {
        process.off('exit', clearUp);
        clearUp();
      },
    };
  },

  /** Inside whichever process opens it. */
  async memory() {
    return { url: 'memory:', close: () => undefined };
  },
};
