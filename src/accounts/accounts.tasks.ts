import { IsUUID } from 'class-validator';
import { defineTasks, returns, task } from 'millrace';

export class Remind {
  @IsUUID()
  userId!: string;
}

export class AccountTasks extends defineTasks('accounts', {
  remind: task({
    payload: Remind,
    returns: returns<{ remindedAt: string }>(),
    queue: 'notifications',
    retry: { attempts: 5 },
  }),
}) {}
