import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import libsql from 'libsql';
import type { DataSource } from 'typeorm';

/** Any number, as long as nobody else uses it for an advisory lock in the same database. */
const lockNumber = 7_264_001;

/** Milliseconds to wait for another process that migrates, and between two tries. */
const patience = 30_000;
const pause = 50;

/** Brings the tables up to date. API and worker boot at the same time, so the first one works and the others wait. */
export async function migrate(database: DataSource): Promise<void> {
  const unlock = database.options.type === 'postgres' ? await lockPostgres(database) : await lockFile(database);
  try {
    await database.runMigrations();
  } finally {
    await unlock();
  }
}

async function lockPostgres(database: DataSource): Promise<() => Promise<void>> {
  const session = database.createQueryRunner();
  await session.query('SELECT pg_advisory_lock($1)', [lockNumber]);
  return async () => {
    await session.query('SELECT pg_advisory_unlock($1)', [lockNumber]);
    await session.release();
  };
}

/** An open transaction on a file of its own: the operating system ends it even when its process is killed. */
async function lockFile(database: DataSource): Promise<() => Promise<void>> {
  const path = String(database.options.database);
  if (path === ':memory:') return async () => {};
  mkdirSync(dirname(path), { recursive: true });
  const lock = new libsql(`${path}.migrating`);
  for (let tries = patience / pause; !begins(lock, tries === 0); tries--) await sleep(pause);
  return async () => {
    lock.exec('COMMIT');
    lock.close();
  };
}

/** Whether the lock is ours now. Throws why not, when this was the last try. */
function begins(lock: InstanceType<typeof libsql>, last: boolean): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (last || (error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    return false;
  }
}
