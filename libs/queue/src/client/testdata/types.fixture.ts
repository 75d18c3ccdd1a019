import { defineTasks } from '../../task/define-tasks.js';
import { task } from '../../task/task.js';
import type { Queue } from '../queue.js';

/** What is configured, as the compiler sees it. Compiled, never run. */
class MailTasks extends defineTasks('mail', { send: task({ queue: 'mail' }) }) {}

declare const queue: Queue;

export async function configured() {
  const { weights, rate, tasks } = await queue.configure('mail', {
    ...{ paused: false, maxReady: 100, maxActive: null, rate: '100/s' },
    weights: { urgent: 8, high: 4, normal: 2, low: 1 },
  });
  const low: number | undefined = weights?.low;
  const text: string | null = rate;
  const { group } = await queue.configure(MailTasks.send, { rate: null, group: { maxActive: 2, rate: '1/s' } });
  await queue.configure(MailTasks.send, null);
  await queue.configure('mail.send', null);
  await queue.configure('mail.send', { group: { rate: null } }, { queue: 'mail' });
  await queue.pause(MailTasks.send);
  await queue.resume('mail.send', { queue: 'mail' });
  return [low, text, group?.maxActive, tasks['mail.send']?.rate, (await queue.settings(MailTasks.send)).paused];
}

export async function wrong() {
  // @ts-expect-error no such rate
  await queue.configure('mail', { rate: '100 per second' });
  // @ts-expect-error all four have a share
  await queue.configure('mail', { weights: { low: 1 } });
  // @ts-expect-error of a queue only
  await queue.configure(MailTasks.send, { maxReady: 5 });
  // @ts-expect-error of a queue and its tasks, not of queues
  await queue.configure(MailTasks.send, { rate: '10/m' }, 'mail');
  // @ts-expect-error a place names a queue
  await queue.configure('mail', null, {});
}
