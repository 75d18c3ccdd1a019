import { Injectable } from '@nestjs/common';
import { Cron, milliseconds, Task, type TaskContext } from 'millrace';
import { Settings } from '../config/settings.js';
import { digest } from '../notifications/letters.js';
import { NotificationTasks } from '../notifications/notifications.tasks.js';
import { OrdersService } from '../orders/orders.service.js';
import { ReportsService } from './reports.service.js';
import { type DigestSent, ReportTasks } from './reports.tasks.js';

/** What the shop did since the digest before, for its owner. */
@Injectable()
export class DailyDigest {
  constructor(
    private readonly orders: OrdersService,
    private readonly reports: ReportsService,
    private readonly notifications: NotificationTasks,
    private readonly settings: Settings,
  ) {}

  /**
   * Speaks of the day up to its slot, so one that runs late, or twice, says the same and is mailed once. Five minutes late
   * is too late: nobody reads the morning's mail at noon.
   */
  @Task(ReportTasks.digest)
  @Cron({ hour: 6, minute: 0 }, { grace: '5m' })
  async digest(_: void, ctx: TaskContext): Promise<DigestSent> {
    const to = this.settings.SHOP_OWNER_EMAIL ?? null;
    if (to === null) {
      ctx.logger.log('SHOP_OWNER_EMAIL is not set: nobody gets the digest');
      return { sentTo: null };
    }
    const until = ctx.scheduledFor ?? Date.now();
    const day = [new Date(until - milliseconds('1d')).toISOString(), new Date(until).toISOString()] as const;
    const letter = digest(day[1], {
      'orders placed': await this.orders.count('createdAt', ...day),
      'orders processed': await this.orders.count('processedAt', ...day),
      'reports made': await this.reports.count(...day),
    });
    await this.notifications.email.enqueue({ to, ...letter }, { jobId: `digest:${day[1]}` });
    return { sentTo: to };
  }
}
