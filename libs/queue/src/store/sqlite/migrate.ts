import type Driver from 'libsql';
import { ConfigInvalid } from '../../job/errors.js';
import { sql } from './sql.generated.js';

const prefix = 'migrations/';

/** Numbered from 1 by their file names, in order. */
const migrations = Object.entries(sql)
  .filter(([file]) => file.startsWith(prefix))
  .map(([file, text]) => ({ number: parseInt(file.slice(prefix.length), 10), text: text }))
  .sort((a, b) => a.number - b.number);

/** The schema this code writes. */
export const schemaVersion = migrations.at(-1)?.number ?? 0;

/** Brings the schema of a file up to date; several processes may try at once. Throws `ConfigInvalid` for a file that is ahead. */
export function migrate(driver: Driver.Database, path: string): void {
  if (versionOf(driver, path) === schemaVersion) return;
  driver.exec('BEGIN IMMEDIATE');
  try {
    const from = versionOf(driver, path);
    for (const { number, text } of migrations) if (number > from) driver.exec(text);
    driver.exec(`PRAGMA user_version = ${schemaVersion}`);
    driver.exec('COMMIT');
  } catch (error) {
    if (driver.inTransaction) driver.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(driver: Driver.Database, path: string): number {
  const [row] = driver.pragma('user_version') as { user_version: number }[];
  const version = row?.user_version ?? 0;
  if (version > schemaVersion) {
    throw new ConfigInvalid(
      'store',
      `The file ${path} has schema ${version}, newer than ${schemaVersion}, the newest this version of millrace knows. Install the version of millrace that wrote it, or use another file.`,
    );
  }
  return version;
}
