import { IsIn, IsUrl, IsUUID } from 'class-validator';
import { defineTasks, exponential, returns, task } from 'millrace';

export class Remind {
  @IsUUID()
  userId!: string;
}

export class Webhook {
  @IsUUID()
  userId!: string;

  /** Who wants to be told. */
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false })
  url!: string;

  @IsIn(['user.created', 'user.reminded'])
  event: string = 'user.created';
}

export class AccountTasks extends defineTasks('accounts', {
  remind: task({
    payload: Remind,
    returns: returns<{ remindedAt: string }>(),
    queue: 'notifications',
    retry: { attempts: 5 },
  }),
  webhook: task({
    payload: Webhook,
    returns: returns<{ status: number }>(),
    queue: 'notifications',
    timeout: '30s',
    retry: { attempts: 8, backoff: exponential('1s', { max: '10m' }) },
  }),
}) {}
