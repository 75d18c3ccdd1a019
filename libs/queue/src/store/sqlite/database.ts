import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Driver from 'libsql';
import { MillraceError, StoreUnavailable } from '../../job/errors.js';
import { systemClock } from '../../time/clock.js';
import { keepAlive } from '../../time/keep-alive.js';
import { emitWarning } from '../warning.js';
import { migrate } from './migrate.js';
import { networkFileSystem } from './network-file-system.js';
import { statementTexts } from './statements.js';
import { escapeText, mayBeEscaped, plain } from './text.js';

/** What SQLite binds and gives back. Booleans are left out on purpose: the driver ends the process on one. */
export type Value = string | number | null | undefined;
export type Row = (string | number | null)[];

export interface DatabaseOptions {
  path: string;
  synchronous: 'normal' | 'full';
  /** Milliseconds a verb waits for another process that writes. */
  busyTimeout: number;
  /** Told what is not wrong but may surprise. */
  onWarning?: (message: string) => void;
}

/** Milliseconds SQLite itself waits, and with it the whole process: a usual transaction of a neighbour has ended by then. */
const slice = 10;

/**
 * Pages of the log after which it is worked into the file. SQLite's own 1000 come after 50 jobs one by one, each time with
 * a wait for the disk; with 4000, or 16 MB, moving a job costs a tenth less.
 */
const checkpointPages = 4000;

/**
 * One connection to one file: opens it, runs named statements, wraps work in transactions, and says `StoreUnavailable`
 * for whatever is the file's fault. The only file that touches the driver, so another driver of the same shape can take
 * its place.
 *
 * Habits of libsql 0.5 that shape this file: `pluck` does nothing for `get`; `run` on a statement that returns rows
 * leaves it open and blocks the next commit; `all` costs 5 µs however few the rows, `get` 1.5 µs; a single array is
 * bound without being copied.
 */
export class Database {
  private driver: Driver.Database | undefined;
  /** The connection broke and was let go; the next verb makes another. */
  private lost = false;
  private readonly prepared = new Map<string, Driver.Statement>();

  constructor(private readonly options: DatabaseOptions) {}

  get path(): string {
    return this.options.path;
  }

  get inMemory(): boolean {
    return this.options.path === ':memory:';
  }

  open(): void {
    if (this.driver) return;
    let driver: Driver.Database | undefined;
    try {
      if (!this.inMemory) this.makeFolder(dirname(this.options.path));
      driver = new Driver(this.options.path, { timeout: this.options.busyTimeout });
      driver.pragma('journal_mode = WAL');
      driver.pragma(`synchronous = ${this.options.synchronous === 'full' ? 'FULL' : 'NORMAL'}`);
      driver.pragma(`wal_autocheckpoint = ${checkpointPages}`);
      driver.pragma('journal_size_limit = 67108864');
      migrate(driver, this.options.path);
      driver.pragma(`busy_timeout = ${Math.min(slice, this.options.busyTimeout)}`);
      this.driver = driver;
      this.lost = false;
    } catch (error) {
      driver?.close();
      throw this.explain(error, 'open');
    }
  }

  private makeFolder(folder: string): void {
    mkdirSync(folder, { recursive: true });
    const network = networkFileSystem(folder);
    if (!network) return;
    const message = `${this.options.path} lies on a network file system (${network}), where SQLite may lose or damage jobs. Use a local disk, or Redis.`;
    (this.options.onWarning ?? emitWarning)(message);
  }

  /** Whoever closes last leaves one file: the driver itself holds its handles, and with them the log, until its statements are collected. */
  close(): void {
    const driver = this.driver;
    this.driver = undefined;
    this.prepared.clear();
    this.lost = false;
    if (!driver) return;
    try {
      driver.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Somebody else has the file in use, or it cannot be written: the log stays beside it, and nothing is lost.
    }
    driver.close();
  }

  /** Runs a statement that gives no rows. Answers how many rows it changed. */
  run(name: string, ...values: Value[]): number {
    return this.statement(name).run(bound(values)).changes;
  }

  /** False, and nothing done, when one of the rows is known already. */
  insertUnlessKnown(name: string, values: Value[]): boolean {
    try {
      this.statement(name).run(bound(values));
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === 'SQLITE_CONSTRAINT_UNIQUE') return false;
      throw error;
    }
  }

  /** The first row. */
  row(name: string, ...values: Value[]): Row | undefined {
    const row = this.statement(name).get(bound(values)) as Row | undefined;
    return row && plain(row);
  }

  /** The rows of a statement that gathers them into one JSON text: with 20 columns, half the price of `rows`. For small values only. */
  gathered(name: string, ...values: Value[]): Row[] {
    const text = (this.statement(name).get(bound(values)) as [string])[0];
    const rows = JSON.parse(text) as Row[];
    if (mayBeEscaped(text)) for (const row of rows) plain(row);
    return rows;
  }

  rows(name: string, ...values: Value[]): Row[] {
    const rows = this.statement(name).all(bound(values)) as Row[];
    for (const row of rows) plain(row);
    return rows;
  }

  /**
   * Tries `work`, which begins with `write` or `read`, until no other process is in its way or `busyTimeout` is over.
   * Between two tries this process goes on with other things.
   */
  async insist<T>(work: () => T): Promise<T> {
    const deadline = systemClock.monotonic() + this.options.busyTimeout;
    let release: (() => void) | undefined;
    try {
      for (;;) {
        try {
          return work();
        } catch (error) {
          if (!isBusy(error) || systemClock.monotonic() >= deadline) throw error;
        }
        release ??= keepAlive();
        await systemClock.sleep(1 + 9 * systemClock.random());
      }
    } finally {
      release?.();
    }
  }

  /** Runs `work` whole or not at all. Writers of all processes take turns from the first line on, so nothing read here is stale when written. */
  write<T>(work: () => T): T {
    return this.within('BEGIN IMMEDIATE', work);
  }

  /** Runs `work` on one state of the file. */
  read<T>(work: () => T): T {
    return this.within('BEGIN', work);
  }

  /** Changes with each commit of another connection. `undefined` while the file cannot be read. */
  version(): number | undefined {
    return this.glance('wakeup.version');
  }

  /** Changes with each commit that somebody may wait for. `undefined` while the file cannot be read. */
  news(): number | undefined {
    return this.glance('wakeup.news');
  }

  private glance(name: string): number | undefined {
    try {
      return this.driver && (this.row(name)?.[0] as number | undefined);
    } catch {
      return undefined;
    }
  }

  private within<T>(begin: string, work: () => T): T {
    const driver = this.opened();
    try {
      driver.exec(begin);
      const result = work();
      driver.exec('COMMIT');
      return result;
    } catch (error) {
      this.rollBack(driver);
      throw this.explain(error, begin);
    }
  }

  /** Disk full and input/output errors have rolled back by themselves; a second failure adds nothing to the first. */
  private rollBack(driver: Driver.Database): void {
    try {
      if (driver.inTransaction) driver.exec('ROLLBACK');
    } catch {
      this.close();
      this.lost = true;
    }
  }

  private statement(name: string): Driver.Statement {
    const known = this.prepared.get(name);
    if (known) return known;
    const text = statementTexts.get(name);
    if (text === undefined) throw new Error(`There is no statement ${name}`);
    const statement = this.opened().prepare(text);
    // Only statements with columns can answer in arrays.
    if (statement.reader) statement.raw(true);
    this.prepared.set(name, statement);
    return statement;
  }

  private opened(): Driver.Database {
    if (this.lost) this.open();
    if (!this.driver) throw new StoreUnavailable(this.options.path, { cause: new Error('it is not open') });
    return this.driver;
  }

  /** What the file or its disk is to blame for. The driver gives no code when it cannot open a file at all. */
  private explain(error: unknown, during: string): unknown {
    const { code = '' } = error as { code?: string };
    const ofTheFile = /^SQLITE_(BUSY|LOCKED|FULL|READONLY|CANTOPEN|IOERR|CORRUPT|NOTADB|PERM|AUTH|NOMEM|PROTOCOL)/;
    const blamed = during === 'open' ? !MillraceError.is(error) : ofTheFile.test(code);
    return blamed ? new StoreUnavailable(this.options.path, { cause: error }) : error;
  }
}

function isBusy(error: unknown): boolean {
  const { code } = ((error as { cause?: unknown }).cause ?? {}) as { code?: string };
  return /^SQLITE_(BUSY|LOCKED)/.test(code ?? '');
}

function bound(values: Value[]): Value[] {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'string') values[i] = escapeText(value);
  }
  return values;
}
