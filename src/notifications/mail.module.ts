import { Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { FolderMailer } from './folder-mailer.js';
import { Mailer } from './mailer.js';
import { SmtpMailer } from './smtp-mailer.js';

@Module({
  providers: [
    {
      provide: Mailer,
      inject: [Settings],
      useFactory: ({ SMTP_URL, MAIL_DIR, MAIL_FROM }: Settings) =>
        SMTP_URL ? new SmtpMailer(SMTP_URL, MAIL_FROM) : new FolderMailer(MAIL_DIR, MAIL_FROM),
    },
  ],
  exports: [Mailer],
})
export class MailModule {}
