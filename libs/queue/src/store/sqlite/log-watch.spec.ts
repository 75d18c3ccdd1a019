import { appendFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogWatch } from './log-watch.js';
import { temporaryFolder } from './testdata/files.js';

describe('log watch', () => {
  let folder: string;
  let path: string;
  let watch: LogWatch;
  let remove: () => void;
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    path = join(folder, 'queue.db');
    watch = new LogWatch(path);
  });
  afterEach(() => {
    watch.stop();
    remove();
  });

  it('hears a write to the log', async () => {
    for (const file of [path, `${path}-wal`]) writeFileSync(file, '');
    let watched = false;
    const heard = new Promise<void>((resolve) => (watched = watch.start(resolve)));

    appendFileSync(`${path}-wal`, 'frame');

    expect(watched).toBe(true);
    await heard;
  });

  it('finds the log beside the file that a link points to', () => {
    for (const file of [path, `${path}-wal`]) writeFileSync(file, '');
    const link = join(folder, 'link.db');
    symlinkSync(path, link);
    const linked = new LogWatch(link);

    expect(linked.start(() => undefined)).toBe(true);

    linked.stop();
  });

  it('says when there is nothing to watch', () => {
    expect(watch.start(() => undefined)).toBe(false);
  });
});
