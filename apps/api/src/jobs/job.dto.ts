import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { type JobState, jobStates, type JobView } from 'millrace';
import { iso } from '../http/iso.js';
import { JobStarted } from '../http/job-started.dto.js';
import { PageQuery } from '../http/page.dto.js';

export class JobQuery {
  @ApiPropertyOptional({ enum: ['full', 'short'], default: 'full', description: 'short: only id and state' })
  @IsIn(['full', 'short'])
  view: 'full' | 'short' = 'full';
}

export class JobsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: jobStates })
  @IsOptional()
  @IsIn(jobStates)
  state?: JobState;

  @ApiPropertyOptional()
  @IsOptional()
  @MaxLength(64)
  @IsString()
  queue?: string;
}

export class JobProgress {
  @ApiProperty({ minimum: 0, maximum: 100 })
  percent!: number;

  @ApiPropertyOptional({ description: 'Whatever the task says of it' })
  detail?: unknown;
}

export class JobError {
  @ApiProperty()
  name!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ type: String, nullable: true })
  code!: string | null;
}

/** A job as callers see it: all fields always, `null` when not known. */
export class JobDto extends JobStarted {
  @ApiProperty({ example: 'orders.process' })
  task!: string;

  @ApiProperty()
  queue!: string;

  @ApiProperty({ description: 'How many were begun' })
  attempts!: number;

  @ApiProperty({ type: JobProgress, nullable: true })
  progress!: JobProgress | null;

  @ApiProperty({ format: 'date-time' })
  enqueuedAt!: string;

  @ApiProperty({ format: 'date-time', type: String, nullable: true })
  startedAt!: string | null;

  @ApiProperty({ format: 'date-time', type: String, nullable: true })
  finishedAt!: string | null;

  @ApiProperty({ nullable: true, description: 'What the task returned' })
  result!: unknown;

  @ApiProperty({ type: JobError, nullable: true })
  error!: JobError | null;
}

export class JobsPage {
  @ApiProperty({ type: [JobDto] })
  jobs!: JobDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Ask again with it for the next page; null: there is none',
  })
  cursor!: string | null;
}

export function jobDto(job: JobView): JobDto {
  return {
    jobId: job.id,
    task: job.task,
    queue: job.queue,
    state: job.state,
    attempts: job.attempted + (job.state === 'active' ? 1 : 0),
    progress: job.progress,
    enqueuedAt: iso(job.enqueuedAt),
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    result: job.result,
    // Stacks stay inside.
    error: job.error && { name: job.error.name, message: job.error.message, code: job.error.code ?? null },
  };
}
