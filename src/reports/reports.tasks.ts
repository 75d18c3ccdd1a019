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

export interface DigestSent {
  /** `null`: nobody wants one. */
  sentTo: string | null;
}

/** What runs by the clock keeps out of the way of what customers wait for. */
const queue = 'housekeeping';

export class ReportTasks extends defineTasks('reports', {
  render: task({ payload: RenderReport, returns: returns<RenderedReport>(), queue: 'reports', timeout: '2m' }),
  cleanUp: task({ returns: returns<{ deleted: number }>(), queue, timeout: '10m', keepResult: '7d', maxActive: 1 }),
  sweep: task({ returns: returns<{ removed: number }>(), queue }),
  digest: task({ returns: returns<DigestSent>(), queue, keepResult: '7d', maxActive: 1 }),
}) {}
