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
    if (!report) throw new Discard(`There is no report ${reportId}`);

    const pdf = await this.renderer.render({ title: report.title, rows: report.rows }, ctx.signal);
    await ctx.progress(90, 'rendered');
    return { reportId, size: await this.files.write(reportId, pdf) };
  }
}
