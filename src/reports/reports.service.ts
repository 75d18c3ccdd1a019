import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { isUUID } from 'class-validator';
import { And, LessThan, MoreThanOrEqual, type Repository } from 'typeorm';
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

  async exists(id: string): Promise<boolean> {
    return this.reports.existsBy({ id });
  }

  /** How many were requested from `from` on, and before `to`. */
  async count(from: string, to: string): Promise<number> {
    return this.reports.countBy({ createdAt: And(MoreThanOrEqual(from), LessThan(to)) });
  }

  /** Ids of the oldest, at most `limit`. */
  async olderThan(instant: string, limit: number): Promise<string[]> {
    const where = { createdAt: LessThan(instant) };
    const found = await this.reports.find({ select: { id: true }, where, order: { createdAt: 'ASC' }, take: limit });
    return found.map(({ id }) => id);
  }

  /** Those of `ids` that are there. */
  async delete(ids: string[]): Promise<void> {
    if (ids.length > 0) await this.reports.delete(ids);
  }
}
