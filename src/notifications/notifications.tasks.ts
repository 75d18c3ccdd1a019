import { IsEmail, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { defineTasks, exponential, returns, task } from 'millrace';

export class Notice {
  @IsEmail()
  recipient!: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(10_000)
  message: string = 'Hello';
}

export class Email {
  @IsEmail()
  to!: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  subject!: string;

  @IsString()
  body!: string;
}

const queue = 'notifications';
/** A mail server that is away comes back within minutes; six attempts cover about an hour. */
/** Mail servers turn away who calls too often: 50 letters a second in all, and two at a time to one of them. */
const email = {
  rate: '50/s',
  group: { key: ({ to }: Email) => to.split('@').at(-1)?.toLowerCase(), maxActive: 2 },
} as const;
const retry = { attempts: 6, backoff: exponential('1s', { factor: 5, max: '30m', jitter: 'equal' }) };

export class NotificationTasks extends defineTasks('notifications', {
  notify: task({ payload: Notice, returns: returns<{ sentTo: string }>(), queue, retry }),
  email: task({ payload: Email, returns: returns<{ status: 'sent'; to: string }>(), queue, retry, ...email }),
}) {}
