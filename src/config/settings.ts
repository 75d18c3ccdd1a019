import 'reflect-metadata';
import { plainToInstance, Type } from 'class-transformer';
import { IsEmail, IsInt, IsOptional, IsString, Matches, Max, Min, validateSync } from 'class-validator';
import type { Duration } from 'millrace';

const Port = () => (target: object, key: string) => {
  Type(() => Number)(target, key);
  IsInt({ message: '$property must be a whole number from 0 to 65535' })(target, key);
  Min(0, { message: '$property must be a whole number from 0 to 65535' })(target, key);
  Max(65_535, { message: '$property must be a whole number from 0 to 65535' })(target, key);
};

/** Every variable the shop reads from its environment, with its default. Docker, compose and `.env.example` use no other. */
export class Settings {
  /** Where the API listens. 0 takes a free port. */
  @Port()
  PORT = 3000;

  /** The address the API binds. Default: every one. */
  @IsOptional()
  @IsString()
  HOST?: string;

  /** Precedes every path, say `/api/v1`. */
  @Matches(/^(\/[\w.~-]+)*$/, { message: 'API_PREFIX must look like /api/v1' })
  API_PREFIX = '';

  /** Where jobs live. */
  @Matches(/^(memory:|sqlite:.+|rediss?:\/\/.+|unix:.+)/, {
    message: 'QUEUE_URL must look like sqlite:./data/queue.db or redis://localhost:6379',
  })
  QUEUE_URL = 'sqlite:./data/queue.db';

  /** Separates applications that share a store. */
  @Matches(/^[\w.-]{1,64}$/, {
    message: 'QUEUE_NAMESPACE must be 1 to 64 letters, digits, dots, dashes or underscores',
  })
  QUEUE_NAMESPACE = 'shop';

  /** Where orders, reports and users live. */
  @Matches(/^(sqlite:.+|postgres(ql)?:\/\/.+)/, {
    message: 'DATABASE_URL must look like sqlite:./data/shop.db or postgres://user:password@host:5432/shop',
  })
  DATABASE_URL = 'sqlite:./data/shop.db';

  /** A mail server. Without one, each mail becomes a file in `MAIL_DIR`. */
  @IsOptional()
  @Matches(/^smtps?:\/\/.+/, { message: 'SMTP_URL must look like smtp://user:password@host:587' })
  SMTP_URL?: string;

  @IsString()
  MAIL_FROM = 'Millrace Shop <shop@example.com>';

  /** Where mails go as `.eml` files. */
  @IsString()
  MAIL_DIR = './data/mail';

  /** Who gets the daily digest. Without one nobody does. */
  @IsOptional()
  @IsEmail({}, { message: 'SHOP_OWNER_EMAIL must look like owner@example.com' })
  SHOP_OWNER_EMAIL?: string;

  /** Where rendered reports are kept; API and worker must see the same folder. */
  @IsString()
  REPORTS_DIR = './data/reports';

  /** The least time between two slots of a schedule that a user puts. */
  @Matches(/^\d+(s|m|h|d)$/, { message: 'SCHEDULE_MIN_INTERVAL must look like 30s, 1m or 2h' })
  SCHEDULE_MIN_INTERVAL: Duration = '1m';

  /** Where the worker answers `/livez` and `/readyz`. 0 takes a free port. */
  @Port()
  WORKER_HEALTH_PORT = 9464;

  /** How long running jobs may go on once the worker is asked to stop. */
  @Matches(/^\d+(ms|s|m)$/, { message: 'WORKER_GRACE must look like 30s or 2m' })
  WORKER_GRACE: Duration = '30s';
}

/** Reads the variables of `Settings`. An empty one counts as absent. Throws a sentence per wrong one. */
export function readSettings(environment: Record<string, unknown>): Settings {
  const given = Object.keys(new Settings()).filter(
    (name) => environment[name] !== undefined && environment[name] !== '',
  );
  const settings = plainToInstance(Settings, Object.fromEntries(given.map((name) => [name, environment[name]])), {
    exposeDefaultValues: true,
  });
  const wrong = validateSync(settings).flatMap((error) => Object.values(error.constraints ?? {}).slice(0, 1));
  if (wrong.length > 0) throw new SettingsInvalid(wrong);
  return settings;
}

export class SettingsInvalid extends Error {
  constructor(readonly sentences: string[]) {
    super(`The environment is not right: ${sentences.join('; ')}.`);
    this.name = 'SettingsInvalid';
  }
}
