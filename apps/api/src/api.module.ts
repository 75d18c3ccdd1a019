import { Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { QueueModule } from 'millrace';
import { AccountsModule } from '../../../src/accounts/accounts.module.js';
import { QueueConfig } from '../../../src/config/queue.config.js';
import { SettingsModule } from '../../../src/config/settings.module.js';
import { DatabaseModule } from '../../../src/database/database.module.js';
import { MailModule } from '../../../src/notifications/mail.module.js';
import { OrdersModule } from '../../../src/orders/orders.module.js';
import { ReportsModule } from '../../../src/reports/reports.module.js';
import { taskGroups } from '../../../src/tasks.js';
import { UsersController } from './accounts/users.controller.js';
import { HealthController } from './health/health.controller.js';
import { EnvelopeInterceptor } from './http/envelope.interceptor.js';
import { ProblemFilter } from './http/problem.filter.js';
import { validation } from './http/validation.js';
import { JobEvents } from './jobs/job-events.js';
import { JobsController } from './jobs/jobs.controller.js';
import { NotificationsController } from './notifications/notifications.controller.js';
import { OrdersController } from './orders/orders.controller.js';
import { ReportsController } from './reports/reports.controller.js';
import { SchedulesController } from './schedules/schedules.controller.js';

/** The producer: it enqueues and looks, and loads no code that does the work. */
@Module({
  imports: [
    SettingsModule,
    DatabaseModule,
    QueueModule.forRootAsync({ useClass: QueueConfig }),
    QueueModule.forFeature(taskGroups),
    OrdersModule,
    MailModule,
    ReportsModule,
    AccountsModule,
  ],
  controllers: [
    OrdersController,
    NotificationsController,
    ReportsController,
    UsersController,
    JobsController,
    SchedulesController,
    HealthController,
  ],
  providers: [
    JobEvents,
    { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useFactory: validation },
  ],
})
export class ApiModule {}
