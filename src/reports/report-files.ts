import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, opendir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** Rendered reports, as files outside the store. A file appears whole or not at all. */
@Injectable()
export class ReportFiles {
  constructor(private readonly settings: Settings) {}

  /** Answers the size in bytes. Writing again replaces the file. */
  async write(reportId: string, content: Uint8Array): Promise<number> {
    await mkdir(this.settings.REPORTS_DIR, { recursive: true });
    const half = `${this.pathOf(reportId)}.${randomUUID()}.part`;
    await writeFile(half, content);
    await rename(half, this.pathOf(reportId));
    return (await stat(this.pathOf(reportId))).size;
  }

  /** The open file, or `undefined` before it was written. */
  async open(reportId: string): Promise<FileHandle | undefined> {
    return ifThere(open(this.pathOf(reportId)));
  }

  /** Those of `ids` that are there. */
  async remove(ids: string[]): Promise<void> {
    for (const id of ids) await rm(this.pathOf(id), { force: true });
  }

  /** Removes what processes that died have left half written, last touched before `instant` (epoch milliseconds). Answers how many. */
  async removeHalves(instant: number): Promise<number> {
    await mkdir(this.settings.REPORTS_DIR, { recursive: true });
    let removed = 0;
    for await (const { name } of await opendir(this.settings.REPORTS_DIR)) {
      const path = join(this.settings.REPORTS_DIR, name);
      if (!name.endsWith('.part') || !(await isOlder(path, instant))) continue;
      await rm(path, { force: true });
      removed++;
    }
    return removed;
  }

  private pathOf(reportId: string): string {
    return join(this.settings.REPORTS_DIR, `${reportId}.pdf`);
  }
}

async function isOlder(path: string, instant: number): Promise<boolean> {
  const found = await ifThere(stat(path));
  return found !== undefined && found.mtimeMs < instant;
}

/** `undefined` when there is no such file, or none any more. */
async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
