import { type FSWatcher, realpathSync, watch } from 'node:fs';

/**
 * Hears when any process writes to the log beside the database file, where every commit goes first: inotify on Linux,
 * kqueue on macOS, ReadDirectoryChangesW on Windows. Costs nothing while nobody writes, and never keeps the process alive.
 */
export class LogWatch {
  private watcher: FSWatcher | undefined;

  constructor(private readonly path: string) {}

  /** Begins, or begins anew, on the log that is there now. Answers false where it cannot be watched. */
  start(hear: () => void): boolean {
    this.stop();
    try {
      // SQLite names the log after the file itself, not after a link to it.
      this.watcher = watch(`${realpathSync(this.path)}-wal`, { persistent: false }, hear);
      this.watcher.on('error', () => this.stop());
      return true;
    } catch {
      return false;
    }
  }

  stop(): void {
    this.watcher?.close();
    this.watcher = undefined;
  }
}
