import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { FolderMailer } from './folder-mailer.js';

describe('FolderMailer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mail-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('writes a mail as one file that mail programs read, and the same mail only once', async () => {
    const mailer = new FolderMailer(join(folder, 'outbox'), 'Shop <shop@example.com>');
    const mail = { to: 'ada@example.com', subject: 'Grüße', body: 'Tea · 2 ×' };

    await mailer.send(mail, 'orders~0~abc');
    await mailer.send(mail, 'orders~0~abc');

    expect(readdirSync(join(folder, 'outbox'))).toEqual(['orders~0~abc.eml']);
    const read = await PostalMime.parse(readFileSync(join(folder, 'outbox', 'orders~0~abc.eml')));
    expect(read).toMatchObject({ subject: 'Grüße', messageId: '<orders~0~abc@shop.example>' });
    expect(read.from).toMatchObject({ address: 'shop@example.com', name: 'Shop' });
    expect(read.text).toContain('Tea · 2 ×');
  });

  it('keeps every file inside its folder, whatever the key', async () => {
    const mailer = new FolderMailer(join(folder, 'safe'), 'shop@example.com');

    await mailer.send({ to: 'ada@example.com', subject: 'x', body: 'y' }, '../../evil:1');

    expect(readdirSync(join(folder, 'safe'))).toEqual(['.evil.1.eml']);
  });
});
