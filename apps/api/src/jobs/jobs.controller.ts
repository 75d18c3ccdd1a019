import { Controller, Delete, Get, HttpCode, type MessageEvent, Param, Post, Query, Res, Sse } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { type FoundJob, Queue } from 'millrace';
import type { Observable } from 'rxjs';
import { JobStarted } from '../http/job-started.dto.js';
import { notFound, Problem } from '../http/problem.js';
import { ApiData, ApiProblems } from '../http/swagger.js';
import { JobDto, jobDto, JobQuery, JobsPage, JobsQuery } from './job.dto.js';
import { JobEvents } from './job-events.js';

@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(
    private readonly queue: Queue,
    private readonly events: JobEvents,
  ) {}

  @Get()
  @ApiData(200, JobsPage)
  @ApiProblems('VALIDATION_FAILED', 'STORE_UNAVAILABLE')
  async list(@Query() { state, queue, cursor, limit }: JobsQuery): Promise<JobsPage> {
    const page = await this.queue.list({ state, queue, limit }, cursor);
    return { jobs: page.jobs.map(jobDto), cursor: page.cursor ?? null };
  }

  /** By the job's id, or by the one its caller gave it (`order:<orderId>`). */
  @Get(':jobId')
  @ApiData(200, JobDto)
  @ApiProblems('RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async find(@Param('jobId') jobId: string, @Query() { view }: JobQuery): Promise<JobDto | JobStarted> {
    const job = await this.known(jobId);
    return view === 'short' ? { jobId: job.id, state: job.state } : jobDto(job.view);
  }

  /** 200: it is cancelled. 202: it runs, and was asked to stop. */
  @Delete(':jobId')
  @ApiData(200, JobStarted)
  @ApiData(202, JobStarted)
  @ApiProblems('RESOURCE_NOT_FOUND', 'JOB_FINISHED', 'STORE_UNAVAILABLE')
  async cancel(@Param('jobId') jobId: string, @Res({ passthrough: true }) response: Response): Promise<JobStarted> {
    const job = await this.known(jobId);
    const { applied, state } = await job.cancel();
    if (state === undefined) throw notFound('job', { jobId });
    if (!applied)
      throw new Problem('JOB_FINISHED', `The job is ${state} and can no longer be cancelled`, { jobId, state });
    response.status(state === 'cancelled' ? 200 : 202);
    return { jobId: job.id, state };
  }

  @Post(':jobId/retry')
  @HttpCode(202)
  @ApiData(202, JobStarted)
  @ApiProblems('RESOURCE_NOT_FOUND', 'JOB_FINISHED', 'JOB_UNFINISHED', 'STORE_UNAVAILABLE')
  async retry(@Param('jobId') jobId: string): Promise<JobStarted> {
    const job = await this.known(jobId);
    const { applied, state } = await job.retry();
    if (state === undefined) throw notFound('job', { jobId });
    if (applied) return { jobId: job.id, state };
    const code = state === 'completed' ? 'JOB_FINISHED' : 'JOB_UNFINISHED';
    throw new Problem(code, `Only a failed or cancelled job can be retried; this one is ${state}`, { jobId, state });
  }

  /** The job now, and again whenever it changed, until it is settled. */
  @Sse(':jobId/events')
  @ApiProduces('text/event-stream')
  @ApiProblems('RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async follow(@Param('jobId') jobId: string): Promise<Observable<MessageEvent>> {
    return this.events.of(await this.known(jobId));
  }

  private async known(jobId: string): Promise<FoundJob> {
    const job = await this.queue.job(jobId);
    if (!job) throw notFound('job', { jobId });
    return job;
  }
}
