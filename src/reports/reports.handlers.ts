import { Injectable } from '@nestjs/common';
import { Discard, Task, type TaskContext } from 'millrace';
import { ReportFiles } from './report-files.js';
import { ReportRenderer } from './report-renderer.js';
import { ReportsService } from './reports.service.js';
import { type RenderedReport, RenderReport, ReportTasks } from './reports.tasks.js';

@Injectable()
export class ReportHandlers {
  constructor(
    private readonly reports: ReportsService,
    private readonly renderer: ReportRenderer,
    private readonly files: ReportFiles,
  ) {}

  @Task(ReportTasks.render)
  async render({ reportId }: RenderReport, ctx: TaskContext): Promise<RenderedReport> {
    const report = await this.reports.find(reportId);
    if (!report) throw gone(reportId);

    const pdf = await this.renderer.render({ title: report.title, rows: report.rows }, ctx.signal);
    await ctx.progress(90, 'rendered');
    const size = await this.files.write(reportId, pdf);
    await this.keepOnlyIfWanted(reportId);
    return { reportId, size };
  }

  /** The clean-up removes the row first and then the file. One that was written after that is nobody's. */
  private async keepOnlyIfWanted(reportId: string): Promise<void> {
    if (await this.reports.exists(reportId)) return;
    await this.files.remove([reportId]);
    throw gone(reportId);
  }
}

function gone(reportId: string): Discard {
  return new Discard(`There is no report ${reportId}`);
}
