import { randomUUID } from 'node:crypto';
import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { type Mail, Mailer, MailRefused } from './mailer.js';
import { messageId } from './message-id.js';

/** Milliseconds; nodemailer's own limits are minutes, longer than a handler may take. */
const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

export class SmtpMailer extends Mailer implements OnApplicationShutdown {
  private readonly transport: Transporter;

  constructor(
    url: string,
    private readonly from: string,
  ) {
    super();
    this.transport = createTransport({ url, pool: true, maxConnections: 5, ...patience });
  }

  async send(mail: Mail, key: string = randomUUID()): Promise<void> {
    const { to, subject, body } = mail;
    try {
      await this.transport.sendMail({ from: this.from, to, subject, text: body, messageId: messageId(key) });
    } catch (error) {
      throw isRefusal(error) ? new MailRefused(error) : error;
    }
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }
}

/** SMTP answers 5xx to what will never work and 4xx to what may work later. */
function isRefusal(error: unknown): error is Error {
  const { responseCode = 0 } = error as { responseCode?: number };
  return error instanceof Error && responseCode >= 500 && responseCode < 600;
}
