import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Background, BackgroundTasks } from 'millrace';
import { notice } from '../../../../src/notifications/letters.js';
import { Mailer } from '../../../../src/notifications/mailer.js';
import { NotificationTasks } from '../../../../src/notifications/notifications.tasks.js';
import { JobStarted, jobStarted } from '../http/job-started.dto.js';
import { ApiData, ApiProblems } from '../http/swagger.js';
import { Accepted, NotifyDto, QuickNotifyDto } from './notification.dto.js';

@ApiTags('notifications')
@Controller('notifications')
export class NotificationsController {
  constructor(
    private readonly tasks: NotificationTasks,
    private readonly mailer: Mailer,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiData(202, JobStarted)
  @ApiProblems('VALIDATION_FAILED', 'PAYLOAD_TOO_LARGE', 'QUEUE_FULL', 'STORE_UNAVAILABLE')
  async notify(@Body() { recipient, message, delay, runAt }: NotifyDto): Promise<JobStarted> {
    return jobStarted(await this.tasks.notify.enqueue({ recipient, message }, { delay, runAt }));
  }

  /** In process, after the response: nothing is stored, and a crash loses it. */
  @Post('quick')
  @HttpCode(202)
  @ApiData(202, Accepted)
  @ApiProblems('VALIDATION_FAILED')
  quick(@Body() { email }: QuickNotifyDto, @Background() background: BackgroundTasks): Accepted {
    background.add(() => this.mailer.send({ to: email, ...notice('Hello') }));
    return { accepted: true };
  }
}
