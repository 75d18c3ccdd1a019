import { Injectable } from '@nestjs/common';
import { Cron, Every, milliseconds, Task, type TaskContext } from 'millrace';
import { ReportFiles } from './report-files.js';
import { ReportsService } from './reports.service.js';
import { ReportTasks } from './reports.tasks.js';

/** Milliseconds. */
const kept = milliseconds('30d');
const writing = milliseconds('1h');
/** Reports deleted at a time. */
const page = 100;

/** What a night's work has come to. */
interface Headway {
  /** Reports that are surely gone. */
  deleted: number;
  /** Those that were about to go. */
  ids: string[];
}

/** What nobody needs any more. Each of them may stop anywhere and begin again. */
@Injectable()
export class ReportCleanUp {
  constructor(
    private readonly reports: ReportsService,
    private readonly files: ReportFiles,
  ) {}

  /**
   * Deletes reports older than 30 days, counted from the slot: a night's work is the same whenever it is done. The row goes
   * first, so that a report which is rendered meanwhile finds that it is gone (`ReportHandlers`). Ids are kept before that:
   * after a crash the next attempt removes the files of rows that nobody finds any more.
   */
  @Task(ReportTasks.cleanUp)
  @Cron('0 3 * * *')
  async cleanUp(_: void, ctx: TaskContext): Promise<{ deleted: number }> {
    const before = new Date((ctx.scheduledFor ?? Date.now()) - kept).toISOString();
    ctx.logger.log(`Deletes reports from before ${before}`);

    let { deleted, ids } = (ctx.lastCheckpoint ?? { deleted: 0, ids: [] }) as Headway;
    do {
      ctx.signal.throwIfAborted();
      await this.reports.delete(ids);
      await this.files.remove(ids);
      deleted += ids.length;
      ids = await this.reports.olderThan(before, page);
      await ctx.checkpoint({ deleted, ids });
    } while (ids.length > 0);

    ctx.logger.log(`Deleted ${deleted} reports`);
    return { deleted };
  }

  /** A file that has been half written for an hour is nobody's: whoever wrote it is dead. */
  @Task(ReportTasks.sweep)
  @Every('1h')
  async sweep(): Promise<{ removed: number }> {
    return { removed: await this.files.removeHalves(Date.now() - writing) };
  }
}
