import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PayloadInvalid, Schedules, type ScheduleView } from 'millrace';
import { Settings } from '../../../../src/config/settings.js';
import { iso } from '../http/iso.js';
import { JobStarted, jobStarted } from '../http/job-started.dto.js';
import { PageQuery } from '../http/page.dto.js';
import { notFound, Problem } from '../http/problem.js';
import { ApiData, ApiProblems } from '../http/swagger.js';
import { checkPace } from './pace.js';
import { checkSchedulable } from './schedulable.js';
import {
  PutScheduleDto,
  PutScheduleQuery,
  ResumeQuery,
  ScheduleDetails,
  ScheduleDto,
  scheduleDto,
  SchedulePut,
  ScheduleRemoved,
  SchedulesPage,
  slotDto,
} from './schedule.dto.js';
import { inZone } from './time-zone.js';

/** What users put begins with it, so that they cannot touch what the shop has declared. */
const prefix = 'user:';

@ApiTags('schedules')
@Controller('schedules')
export class SchedulesController {
  constructor(
    private readonly schedules: Schedules,
    private readonly settings: Settings,
  ) {}

  /** The id is that of the body, or the task's, behind `user:`. */
  @Post()
  @ApiData(201, SchedulePut)
  @ApiProblems(
    'VALIDATION_FAILED',
    'SCHEDULE_INVALID',
    'FORBIDDEN',
    'SCHEDULE_EXISTS',
    'PAYLOAD_TOO_LARGE',
    'UNKNOWN_TASK',
    'STORE_UNAVAILABLE',
  )
  async put(@Body() body: PutScheduleDto, @Query() { replace }: PutScheduleQuery): Promise<SchedulePut> {
    const { id, task, timeZone, ...options } = body;
    checkSchedulable(task);
    const trigger = inZone(body.trigger, timeZone);
    checkPace(trigger, this.settings.SCHEDULE_MIN_INTERVAL, Date.now());
    const ifExists = replace ? 'replace' : 'error';
    const put = this.schedules.put(userId(id ?? task), { ...options, task, trigger, ifExists });
    const view = await put.catch(inBody);
    return { scheduleId: view.id, next: iso(view.next) };
  }

  @Get()
  @ApiData(200, SchedulesPage)
  @ApiProblems('VALIDATION_FAILED', 'STORE_UNAVAILABLE')
  async list(@Query() query: PageQuery): Promise<SchedulesPage> {
    const { schedules, cursor } = await this.schedules.list(query);
    return { schedules: schedules.map(scheduleDto), cursor: cursor ?? null };
  }

  @Get(':scheduleId')
  @ApiData(200, ScheduleDetails)
  @ApiProblems('RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async find(@Param('scheduleId') scheduleId: string): Promise<ScheduleDetails> {
    const [view, slots, history] = await Promise.all([
      this.schedules.get(scheduleId),
      this.schedules.upcoming(scheduleId),
      this.schedules.history(scheduleId),
    ]);
    if (!view || !slots || !history) throw notFound('schedule', { scheduleId });
    return { ...scheduleDto(view), slots: slots.map((slot) => iso(slot)), history: history.map(slotDto) };
  }

  /** Jobs it has made run all the same. */
  @Delete(':scheduleId')
  @ApiData(200, ScheduleRemoved)
  @ApiProblems('FORBIDDEN', 'RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async remove(@Param('scheduleId') scheduleId: string): Promise<ScheduleRemoved> {
    await this.checkOwn(scheduleId);
    if (!(await this.schedules.remove(scheduleId))) throw notFound('schedule', { scheduleId });
    return { scheduleId, removed: true };
  }

  @Post(':scheduleId/pause')
  @HttpCode(200)
  @ApiData(200, ScheduleDto)
  @ApiProblems('FORBIDDEN', 'RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async pause(@Param('scheduleId') scheduleId: string): Promise<ScheduleDto> {
    await this.checkOwn(scheduleId);
    return shown(scheduleId, await this.schedules.pause(scheduleId));
  }

  @Post(':scheduleId/resume')
  @HttpCode(200)
  @ApiData(200, ScheduleDto)
  @ApiProblems('VALIDATION_FAILED', 'SCHEDULE_INVALID', 'FORBIDDEN', 'RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async resume(@Param('scheduleId') scheduleId: string, @Query() query: ResumeQuery): Promise<ScheduleDto> {
    await this.checkOwn(scheduleId);
    return shown(scheduleId, await this.schedules.resume(scheduleId, query));
  }

  /** One job now. Its slots stay as they are. */
  @Post(':scheduleId/trigger')
  @HttpCode(202)
  @ApiData(202, JobStarted)
  @ApiProblems('FORBIDDEN', 'RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async trigger(@Param('scheduleId') scheduleId: string): Promise<JobStarted> {
    await this.checkOwn(scheduleId);
    const job = await this.schedules.trigger(scheduleId);
    if (!job) throw notFound('schedule', { scheduleId });
    return jobStarted(job);
  }

  private async checkOwn(scheduleId: string): Promise<void> {
    if (scheduleId.startsWith(prefix)) return;
    if (!(await this.schedules.get(scheduleId))) throw notFound('schedule', { scheduleId });
    const message = `Users may change schedules whose id begins with ${prefix}; ${scheduleId} belongs to the shop`;
    throw new Problem('FORBIDDEN', message, { scheduleId });
  }
}

function userId(name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

function shown(scheduleId: string, view: ScheduleView | undefined): ScheduleDto {
  if (!view) throw notFound('schedule', { scheduleId });
  return scheduleDto(view);
}

/** Throws the error on, with the fields of the payload named as they stand in the body: `payload.recipient`. */
function inBody(error: unknown): never {
  if (!(error instanceof PayloadInvalid)) throw error;
  const issues = error.issues.map(({ path, message }) => ({ path: path ? `payload.${path}` : 'payload', message }));
  throw new Problem('VALIDATION_FAILED', error.message, { issues });
}
