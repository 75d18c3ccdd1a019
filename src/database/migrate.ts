import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import libsql from 'libsql';
import type { DataSource } from 'typeorm';

/** Any number, as long as nobody else uses it for an advisory lock in the same database. */
const lockNumber = 7_264_001;

/** Brings the tables up to date. API and worker boot at the same time, so the first one works and the others wait. */
export async function migrate(database: DataSource): Promise<void> {
  const unlock = database.options.type === 'postgres' ? await lockPostgres(database) : lockFile(database);
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
function lockFile(database: DataSource): () => Promise<void> {
  const file = `${String(database.options.database)}.migrating`;
  mkdirSync(dirname(file), { recursive: true });
  const lock = new libsql(file, { timeout: 30_000 });
  lock.exec('BEGIN EXCLUSIVE');
  return async () => {
    lock.exec('COMMIT');
    lock.close();
  };
}
