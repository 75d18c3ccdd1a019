import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { eventually } from './eventually.js';

/** A real mail server, in the process of the test. */
export class MailServer {
  readonly received: Email[] = [];
  private readonly refusals = new Map<string, number[]>();
  private readonly held = new Map<string, { arrived: () => void; open: Promise<void> }>();

  private constructor(private readonly server: SMTPServer) {}

  static async start(): Promise<MailServer> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData: (stream, _session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => mail.take(Buffer.concat(chunks)).then(() => done(), done));
      },
    });
    const mail = new MailServer(server);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return mail;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.server.address() as AddressInfo).port}`;
  }

  /** The first mail to `recipient` whose subject has `words` in it, as soon as it is here. */
  mailTo(recipient: string, words = ''): Promise<Email> {
    return eventually(() => this.mailsTo(recipient).find((mail) => mail.subject?.includes(words)), {
      what: `a mail to ${recipient}`,
    });
  }

  mailsTo(recipient: string): Email[] {
    return this.received.filter((mail) => mail.to?.some((to) => to.address === recipient));
  }

  /** Answers the next mails to `recipient` with these codes instead of taking them: 451 is try later, 550 is never. */
  refuse(recipient: string, ...codes: number[]): void {
    this.refusals.set(recipient, codes);
  }

  /** Keeps the sender of a mail to `recipient` waiting, from `arrived` until `letGo()`. */
  hold(recipient: string): { arrived: Promise<void>; letGo(): void } {
    let letGo = () => {};
    const open = new Promise<void>((resolve) => (letGo = resolve));
    const arrived = new Promise<void>((resolve) => this.held.set(recipient, { arrived: resolve, open }));
    return { arrived, letGo: () => letGo() };
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(content: Buffer): Promise<void> {
    const mail = await PostalMime.parse(content);
    const recipient = mail.to?.[0]?.address ?? '';
    this.held.get(recipient)?.arrived();
    await this.held.get(recipient)?.open;
    const refusal = this.refusals.get(recipient)?.shift();
    if (refusal) throw Object.assign(new Error('not this one'), { responseCode: refusal });
    this.received.push(mail);
  }
}
