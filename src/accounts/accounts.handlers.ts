import { Injectable } from '@nestjs/common';
import { Discard, RetryLater, Task, type TaskContext } from 'millrace';
import { AccountsService } from './accounts.service.js';
import { AccountTasks, Remind, Webhook } from './accounts.tasks.js';

@Injectable()
export class AccountHandlers {
  constructor(private readonly accounts: AccountsService) {}

  @Task(AccountTasks.remind)
  async remind({ userId }: Remind, ctx: TaskContext): Promise<{ remindedAt: string }> {
    const user = await this.accounts.find(userId);
    if (!user) throw new Discard(`There is no user ${userId}`);

    await this.accounts.remind(user, ctx.idempotencyKey);
    return { remindedAt: new Date().toISOString() };
  }

  /** Tells a partner of a user. One that is busy is asked again, one that refuses is not. */
  @Task(AccountTasks.webhook)
  async webhook({ userId, url, event }: Webhook, ctx: TaskContext): Promise<{ status: number }> {
    const user = await this.accounts.find(userId);
    if (!user) throw new Discard(`There is no user ${userId}`);

    const { status } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': ctx.idempotencyKey },
      body: JSON.stringify({ event, userId, email: user.email }),
      redirect: 'manual',
      signal: ctx.signal,
    });
    if (status >= 500 || status === 429) throw new RetryLater(undefined, { message: `${url} answered ${status}` });
    if (status >= 300) throw new Discard(`${url} answered ${status}`);
    return { status };
  }
}
