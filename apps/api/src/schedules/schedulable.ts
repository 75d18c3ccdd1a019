import { taskGroupOf } from 'millrace';
import { AccountTasks } from '../../../../src/accounts/accounts.tasks.js';
import { NotificationTasks } from '../../../../src/notifications/notifications.tasks.js';
import { taskGroups } from '../../../../src/tasks.js';
import { Problem } from '../http/problem.js';

/**
 * What users may schedule: tasks that they can start once by another path already, and that are harmless when repeated. The
 * others stay inside: `notifications.email` would mail any text to anybody in the name of the shop, `accounts.webhook`
 * would call any URL from within our network, `orders.process` and `reports.render` belong to one row each, and the
 * housekeeping has schedules of its own.
 */
const allowed: readonly string[] = [
  NotificationTasks.notify.taskName, // POST /notifications
  AccountTasks.remind.taskName, // POST /users/:id/reminders
];

const known = new Set(taskGroups.flatMap((group) => taskGroupOf(group).refs.map((ref) => ref.taskName)));

/** Throws the `Problem` of a task that users may not schedule, or that is none. */
export function checkSchedulable(task: string): void {
  if (allowed.includes(task)) return;
  const may = `Users may schedule ${allowed.join(' and ')}`;
  if (known.has(task)) throw new Problem('FORBIDDEN', `${may}, but not ${task}`, { task, allowed });
  throw new Problem('UNKNOWN_TASK', `There is no task ${task}. ${may}`, { task, allowed });
}
