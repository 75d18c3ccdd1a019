import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, stat, writeFile } from 'node:fs/promises';
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
    try {
      return await open(this.pathOf(reportId));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  private pathOf(reportId: string): string {
    return join(this.settings.REPORTS_DIR, `${reportId}.pdf`);
  }
}
