import { IsUUID } from 'class-validator';
import { defineTasks, returns, task } from 'millrace';

export class RenderReport {
  @IsUUID()
  reportId!: string;
}

export interface RenderedReport {
  reportId: string;
  /** Bytes. */
  size: number;
}

export class ReportTasks extends defineTasks('reports', {
  render: task({ payload: RenderReport, returns: returns<RenderedReport>(), queue: 'reports', timeout: '2m' }),
}) {}
