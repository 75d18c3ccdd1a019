import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import type { Repository } from 'typeorm';
import { Report, type ReportRow } from './report.entity.js';

@Injectable()
export class ReportsService {
  constructor(@InjectRepository(Report) private readonly reports: Repository<Report>) {}

  async request(title: string, rows: ReportRow[]): Promise<Report> {
    const report = this.reports.create({ id: randomUUID(), title, rows, createdAt: new Date().toISOString() });
    await this.reports.insert(report);
    return report;
  }

  async find(id: string): Promise<Report | null> {
    return isUUID(id) ? this.reports.findOneBy({ id }) : null;
  }
}
