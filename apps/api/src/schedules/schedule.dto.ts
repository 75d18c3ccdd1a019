import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow, IsIn, IsInt, IsObject, IsString, Matches, MaxLength, Min } from 'class-validator';
import type { Duration, Misfire, Overlap, ScheduleView, SlotView, Trigger } from 'millrace';
import { IsDuration, Present } from '../http/check.js';
import { iso } from '../http/iso.js';
import { triggerDto } from './trigger.dto.js';

const misfires = ['latest', 'earliest', 'all', 'skip'] as const satisfies Misfire[];
const overlaps = ['allow', 'skip', 'wait', 'cancel'] as const satisfies Overlap[];
const outcomes = ['enqueued', 'skipped', 'missed'];

const triggerSchema = {
  type: 'object',
  additionalProperties: true,
  description: `One key says the kind:
{ "cron": "0 9 * * MON-FRI" } of 5, 6 (seconds first) or 7 fields (a year last), or { "cron": { "hour": 9, "minute": 0 } };
{ "every": "15m" }; { "at": "2027-03-01T09:00:00Z" }; { "calendar": { "months": 1, "at": "09:00" } };
{ "anyOf": [ … ] }; { "allOf": [ … ], "within": "5m" }.
All but the last three take "from" and "until"; cron and calendar take "timeZone".`,
  example: { cron: '0 9 * * MON-FRI' },
} as const;

/** A trigger, a task and its payload. What is wrong with the trigger or the payload, those who know them say. */
export class PutScheduleDto {
  @ApiPropertyOptional({ example: 'monday-mail', maxLength: 100, description: 'Default: the name of the task' })
  @Present()
  @Matches(/^[\w.:-]{1,100}$/, {
    message: '$property must be 1 to 100 letters, digits, dots, colons, dashes or underscores',
  })
  @IsString()
  id?: string;

  @ApiProperty({ example: 'notifications.notify' })
  @MaxLength(128)
  @IsString()
  task!: string;

  @ApiPropertyOptional({ description: 'What each job gets', example: { recipient: 'ada@example.com' } })
  @Allow()
  payload?: unknown;

  @ApiProperty(triggerSchema)
  @IsObject()
  trigger!: Trigger;

  @ApiPropertyOptional({ example: 'Europe/Paris', description: 'For a cron or calendar trigger; default UTC' })
  @Present()
  @MaxLength(64)
  @IsString()
  timeZone?: string;

  @ApiPropertyOptional({ enum: misfires, default: 'latest', description: 'What becomes of slots found too late' })
  @Present()
  @IsIn(misfires)
  misfire?: Misfire;

  @ApiPropertyOptional({ minimum: 1, maximum: 1000, description: 'With misfire "all": how many slots are made up for' })
  @Present()
  @Min(1)
  @IsInt()
  catchUp?: number;

  @ApiPropertyOptional({
    enum: overlaps,
    default: 'allow',
    description: 'While the job of an earlier slot is unfinished',
  })
  @Present()
  @IsIn(overlaps)
  overlap?: Overlap;

  @ApiPropertyOptional({ type: String, example: '30s', description: 'Each job starts up to this much later' })
  @Present()
  @IsDuration()
  jitter?: Duration;

  @ApiPropertyOptional({ type: String, example: '5m', description: 'How late a job may still start' })
  @Present()
  @IsDuration()
  grace?: Duration;

  @ApiPropertyOptional({ minimum: 1, description: 'Finished after so many jobs' })
  @Present()
  @Min(1)
  @IsInt()
  count?: number;
}

export class PutScheduleQuery {
  @ApiPropertyOptional({ type: Boolean, default: false, description: 'Whether one of the same id is replaced' })
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsIn([true, false])
  replace: boolean = false;
}

export class ResumeQuery {
  @ApiPropertyOptional({ enum: ['last'], description: 'last: slots missed meanwhile are left to misfire, not skipped' })
  @Present()
  @IsIn(['last'])
  from?: 'last';
}

export class SchedulePut {
  @ApiProperty({ example: 'user:notifications.notify' })
  scheduleId!: string;

  @ApiProperty({ format: 'date-time', type: String, nullable: true, description: 'null while it is paused' })
  next!: string | null;
}

export class ScheduleRemoved {
  @ApiProperty()
  scheduleId!: string;

  @ApiProperty()
  removed!: boolean;
}

export class SlotCounts {
  @ApiProperty()
  enqueued!: number;

  @ApiProperty()
  skipped!: number;

  @ApiProperty()
  missed!: number;
}

/** A schedule as callers see it: all fields always, `null` when there is nothing to say or it cannot be read here. */
export class ScheduleDto extends SchedulePut {
  @ApiProperty({ type: String, nullable: true })
  task!: string | null;

  @ApiProperty({ nullable: true })
  payload!: unknown;

  @ApiProperty({ ...triggerSchema, nullable: true })
  trigger!: object | null;

  @ApiProperty({ example: 'at 09:00, Monday to Friday, UTC' })
  words!: string;

  @ApiProperty({ format: 'date-time', type: String, nullable: true, description: 'The latest slot dealt with' })
  last!: string | null;

  @ApiProperty()
  paused!: boolean;

  @ApiProperty({ description: 'In code: users may look at it, and no more' })
  declared!: boolean;

  @ApiProperty({ enum: misfires })
  misfire!: string;

  @ApiProperty({ enum: overlaps })
  overlap!: string;

  @ApiProperty({ description: 'Milliseconds' })
  jitter!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Milliseconds' })
  grace!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  count!: number | null;

  @ApiProperty({ type: SlotCounts })
  counts!: SlotCounts;

  @ApiProperty({ type: String, nullable: true, description: 'The latest job' })
  jobId!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  changedAt!: string;
}

export class SlotDto {
  @ApiProperty({ format: 'date-time' })
  slot!: string;

  @ApiProperty({ enum: outcomes })
  outcome!: string;

  @ApiProperty({ type: String, nullable: true, example: 'overlap' })
  why!: string | null;

  @ApiProperty({ type: String, nullable: true })
  jobId!: string | null;
}

/** The same with what comes and what was. */
export class ScheduleDetails extends ScheduleDto {
  @ApiProperty({ type: [String], format: 'date-time', description: 'The next five slots; none while it is paused' })
  slots!: string[];

  @ApiProperty({ type: [SlotDto], description: 'Its latest slots, newest last, at most 20' })
  history!: SlotDto[];
}

export class SchedulesPage {
  @ApiProperty({ type: [ScheduleDto] })
  schedules!: ScheduleDto[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Ask again with it for the next page; null: there is none',
  })
  cursor!: string | null;
}

export function scheduleDto(view: ScheduleView): ScheduleDto {
  const { task, words, paused, declared, misfire, overlap, jitter, grace, count, counts } = view;
  return {
    scheduleId: view.id,
    next: iso(view.next),
    task,
    payload: view.payload ?? null,
    trigger: view.trigger && triggerDto(view.trigger),
    words,
    last: iso(view.last),
    ...{ paused, declared, misfire, overlap, jitter, grace, count, counts },
    jobId: view.job,
    createdAt: iso(view.createdAt),
    changedAt: iso(view.changedAt),
  };
}

export function slotDto({ slot, outcome, why, jobId }: SlotView): SlotDto {
  return { slot: iso(slot), outcome, why, jobId };
}
