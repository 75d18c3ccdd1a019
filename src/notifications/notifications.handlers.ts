import { Injectable } from '@nestjs/common';
import { Discard, Task, type TaskContext } from 'millrace';
import { notice } from './letters.js';
import { Mailer, MailRefused, type Mail } from './mailer.js';
import { Email, Notice, NotificationTasks } from './notifications.tasks.js';

@Injectable()
export class NotificationHandlers {
  constructor(private readonly mailer: Mailer) {}

  @Task(NotificationTasks.notify)
  async notify({ recipient, message }: Notice, ctx: TaskContext): Promise<{ sentTo: string }> {
    await this.send({ to: recipient, ...notice(message) }, ctx);
    return { sentTo: recipient };
  }

  @Task(NotificationTasks.email)
  async email(mail: Email, ctx: TaskContext): Promise<{ status: 'sent'; to: string }> {
    await this.send(mail, ctx);
    return { status: 'sent', to: mail.to };
  }

  /** What the mail server refuses for good is not tried again; every other failure follows the retry policy. */
  private async send(mail: Mail, ctx: TaskContext): Promise<void> {
    try {
      await this.mailer.send(mail, ctx.idempotencyKey);
    } catch (error) {
      if (error instanceof MailRefused) throw new Discard(error.message, { cause: error });
      throw error;
    }
  }
}
