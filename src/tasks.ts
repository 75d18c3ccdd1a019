import { AccountTasks } from './accounts/accounts.tasks.js';
import { NotificationTasks } from './notifications/notifications.tasks.js';
import { OrderTasks } from './orders/orders.tasks.js';
import { ReportTasks } from './reports/reports.tasks.js';

/** Every task of the shop. */
export const taskGroups = [OrderTasks, NotificationTasks, ReportTasks, AccountTasks];
