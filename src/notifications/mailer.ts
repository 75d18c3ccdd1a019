import type { Letter } from './letters.js';

export interface Mail extends Letter {
  to: string;
}

/** The mail server said no for good: a wrong address, a blocked sender. Sending again would not help. */
export class MailRefused extends Error {
  constructor(cause: Error) {
    super(`The mail server refuses the mail: ${cause.message}`, { cause });
    this.name = 'MailRefused';
  }
}

/** Sends mail. Throws `MailRefused` when it is pointless to repeat, any other error when it is not. */
export abstract class Mailer {
  /** The same `key` gives the same Message-ID, by which a mail that was sent twice is recognised. */
  abstract send(mail: Mail, key?: string): Promise<void>;
}
