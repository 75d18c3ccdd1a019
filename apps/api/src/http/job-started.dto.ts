import { ApiProperty } from '@nestjs/swagger';
import type { JobHandle } from 'millrace';
import { type JobState, jobStates } from 'millrace';

/** What an answer says of the job it started. */
export class JobStarted {
  @ApiProperty()
  jobId!: string;

  @ApiProperty({ enum: jobStates })
  state!: JobState;
}

export function jobStarted(job: JobHandle): JobStarted {
  return { jobId: job.id, state: job.state };
}
