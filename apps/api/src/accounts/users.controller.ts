import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Background, BackgroundTasks } from 'millrace';
import { AccountsService } from '../../../../src/accounts/accounts.service.js';
import { AccountTasks } from '../../../../src/accounts/accounts.tasks.js';
import { JobStarted, jobStarted } from '../http/job-started.dto.js';
import { notFound, Problem } from '../http/problem.js';
import { ApiData, ApiProblems } from '../http/swagger.js';
import { Timing } from '../http/timing.dto.js';
import { SignUpDto, UserView } from './account.dto.js';

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly tasks: AccountTasks,
  ) {}

  /** The welcome mail goes out after the response: nobody waits for the mail server. */
  @Post()
  @ApiData(201, UserView)
  @ApiProblems('VALIDATION_FAILED')
  async signUp(@Body() { email, name }: SignUpDto, @Background() background: BackgroundTasks): Promise<UserView> {
    const user = await this.accounts.signUp(email, name);
    background.add(() => this.accounts.welcome(user));
    return { userId: user.id, email, name, createdAt: user.createdAt };
  }

  @Post(':userId/reminders')
  @HttpCode(202)
  @ApiData(202, JobStarted)
  @ApiProblems('VALIDATION_FAILED', 'RESOURCE_NOT_FOUND', 'STORE_UNAVAILABLE')
  async remind(@Param('userId') userId: string, @Body() { delay, runAt }: Timing): Promise<JobStarted> {
    if (delay === undefined && runAt === undefined) {
      const message = 'delay or runAt must be given';
      throw new Problem('VALIDATION_FAILED', message, { issues: [{ path: 'delay', message }] });
    }
    if (!(await this.accounts.find(userId))) throw notFound('user', { userId });
    return jobStarted(await this.tasks.remind.enqueue({ userId }, { delay, runAt }));
  }
}
