import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ReportFiles } from './report-files.js';
import { Report } from './report.entity.js';
import { ReportsService } from './reports.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([Report])],
  providers: [ReportsService, ReportFiles],
  exports: [ReportsService, ReportFiles],
})
export class ReportsModule {}
