import { Injectable } from '@nestjs/common';
import { Discard, Task, type TaskContext } from 'millrace';
import { AccountsService } from './accounts.service.js';
import { AccountTasks, Remind } from './accounts.tasks.js';

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
}
