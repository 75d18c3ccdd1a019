import { Body, Controller, Get, Param, Post, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ReportFiles } from '../../../../src/reports/report-files.js';
import { ReportsService } from '../../../../src/reports/reports.service.js';
import { ReportTasks } from '../../../../src/reports/reports.tasks.js';
import { jobStarted } from '../http/job-started.dto.js';
import { notFound, Problem } from '../http/problem.js';
import { ApiData, ApiProblems } from '../http/swagger.js';
import { ReportRequested, RequestReportDto } from './report.dto.js';

@ApiTags('reports')
@Controller('reports')
export class ReportsController {
  constructor(
    private readonly reports: ReportsService,
    private readonly files: ReportFiles,
    private readonly tasks: ReportTasks,
  ) {}

  @Post()
  @ApiData(201, ReportRequested)
  @ApiProblems('VALIDATION_FAILED', 'PAYLOAD_TOO_LARGE', 'QUEUE_FULL', 'STORE_UNAVAILABLE')
  async request(@Body() { title, rows }: RequestReportDto): Promise<ReportRequested> {
    const { id } = await this.reports.request(title, rows);
    const job = await this.tasks.render.enqueue({ reportId: id }, { jobId: `report:${id}` });
    return { reportId: id, ...jobStarted(job) };
  }

  @Get(':reportId/file')
  @ApiProduces('application/pdf')
  @ApiResponse({ status: 200, schema: { type: 'string', format: 'binary' } })
  @ApiProblems('RESOURCE_NOT_FOUND', 'REPORT_NOT_READY')
  async file(@Param('reportId') reportId: string): Promise<StreamableFile> {
    const report = await this.reports.find(reportId);
    if (!report) throw notFound('report', { reportId });
    const file = await this.files.open(reportId);
    if (!file) throw new Problem('REPORT_NOT_READY', 'The report is not rendered yet; try again soon', { reportId });
    const { size } = await file.stat();
    const disposition = `attachment; filename="report-${reportId}.pdf"`;
    return new StreamableFile(file.createReadStream(), { type: 'application/pdf', length: size, disposition });
  }
}
