import { Module } from '@nestjs/common';
import { QueueModule, WorkerModule } from 'millrace';
import { AccountHandlers } from '../../../src/accounts/accounts.handlers.js';
import { AccountsModule } from '../../../src/accounts/accounts.module.js';
import { QueueConfig } from '../../../src/config/queue.config.js';
import { Settings } from '../../../src/config/settings.js';
import { SettingsModule } from '../../../src/config/settings.module.js';
import { DatabaseModule } from '../../../src/database/database.module.js';
import { MailModule } from '../../../src/notifications/mail.module.js';
import { NotificationHandlers } from '../../../src/notifications/notifications.handlers.js';
import { NotificationTasks } from '../../../src/notifications/notifications.tasks.js';
import { OrderHandlers } from '../../../src/orders/orders.handlers.js';
import { OrdersRecovery } from '../../../src/orders/orders-recovery.js';
import { OrdersModule } from '../../../src/orders/orders.module.js';
import { OrderTasks } from '../../../src/orders/orders.tasks.js';
import { DailyDigest } from '../../../src/reports/daily-digest.js';
import { ReportCleanUp } from '../../../src/reports/report-clean-up.js';
import { ReportRenderer } from '../../../src/reports/report-renderer.js';
import { ReportHandlers } from '../../../src/reports/reports.handlers.js';
import { ReportsModule } from '../../../src/reports/reports.module.js';

/** Runs the tasks, and fires the schedules: every handler below is found by its `@Task`, and those with a trigger are declared. */
@Module({
  imports: [
    SettingsModule,
    DatabaseModule,
    QueueModule.forRootAsync({ useClass: QueueConfig }),
    QueueModule.forFeature([OrderTasks, NotificationTasks]),
    WorkerModule.forRootAsync({
      inject: [Settings],
      useFactory: ({ WORKER_GRACE, WORKER_HEALTH_PORT }: Settings) => ({
        queues: { orders: 20, notifications: 20, reports: 2, housekeeping: 2 },
        shutdown: { grace: WORKER_GRACE },
        health: { port: WORKER_HEALTH_PORT },
      }),
    }),
    OrdersModule,
    MailModule,
    ReportsModule,
    AccountsModule,
  ],
  providers: [
    OrderHandlers,
    NotificationHandlers,
    ReportHandlers,
    AccountHandlers,
    ReportRenderer,
    OrdersRecovery,
    ReportCleanUp,
    DailyDigest,
  ],
})
export class AppWorkerModule {}
