import { randomUUID } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { type Mail, Mailer } from './mailer.js';
import { messageId } from './message-id.js';

/** Writes each mail as an `.eml` file, which any mail program opens. Sending the same one again replaces its file. */
export class FolderMailer extends Mailer {
  private readonly transport = createTransport({ streamTransport: true, buffer: true });

  constructor(
    private readonly folder: string,
    private readonly from: string,
  ) {
    super();
  }

  async send(mail: Mail, key: string = randomUUID()): Promise<void> {
    const { to, subject, body } = mail;
    const id = messageId(key);
    const { message } = await this.transport.sendMail({ from: this.from, to, subject, text: body, messageId: id });

    await mkdir(this.folder, { recursive: true });
    const file = join(this.folder, `${id.slice(1, id.indexOf('@'))}.eml`);
    const half = `${file}.${randomUUID()}.part`;
    await writeFile(half, message as Buffer);
    await rename(half, file);
  }
}
