import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { type JobState, jobStates, type JobView } from 'millrace';
import { JobStarted } from '../http/job-started.dto.js';

export class JobQuery {
  @ApiPropertyOptional({ enum: ['full', 'short'], default: 'full', description: 'short: only id and state' })
  @IsIn(['full', 'short'])
  view: 'full' | 'short' = 'full';
}

export class JobsQuery {
  @ApiPropertyOptional({ enum: jobStates })
  @IsOptional()
  @IsIn(jobStates)
  state?: JobState;

  @ApiPropertyOptional()
  @IsOptional()
  @MaxLength(64)
  @IsString()
  queue?: string;

  @ApiPropertyOptional({ description: 'Where the page before said to go on' })
  @IsOptional()
  @MaxLength(1000)
  @IsString()
  cursor?: string;

  @ApiPropertyOptional({ minimum: 1, maximum: 200, default: 50 })
  @Type(() => Number)
  @Max(200)
  @Min(1)
  @IsInt()
  limit: number = 50;
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
    enqueuedAt: new Date(job.enqueuedAt).toISOString(),
    startedAt: iso(job.startedAt),
    finishedAt: iso(job.finishedAt),
    result: job.result,
    // Stacks stay inside.
    error: job.error && { name: job.error.name, message: job.error.message, code: job.error.code ?? null },
  };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
