import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { eventually } from './eventually.js';

/** A real mail server, in the process of the test. */
export class MailServer {
  readonly received: Email[] = [];
  /** Answers to give instead of taking the next mails, first one first: 451 is try later, 550 is never. */
  readonly refusals: number[] = [];
  /** Whether a mail waits until it is let go. */
  holding = false;
  private open: Promise<void> = Promise.resolve();

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

  /** Takes no mail until the function it answers is called. */
  hold(): () => void {
    let letGo = () => {};
    this.open = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(content: Buffer): Promise<void> {
    this.holding = true;
    await this.open;
    this.holding = false;
    const refusal = this.refusals.shift();
    if (refusal) throw Object.assign(new Error('not this one'), { responseCode: refusal });
    this.received.push(await PostalMime.parse(content));
  }
}
