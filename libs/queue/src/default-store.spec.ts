import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { chosenStore } from './default-store.js';
import { memory } from './store/memory/index.js';

describe('the store of an application', () => {
  const home = process.cwd();
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'millrace-'));
    process.chdir(project);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(project, { recursive: true });
    jest.restoreAllMocks();
  });

  it('is the one it names', async () => {
    const store = memory();

    expect(await chosenStore({ store }, { QUEUE_URL: 'redis://127.0.0.1:1' })).toBe(store);
  });

  it('is that of QUEUE_URL when it names none', async () => {
    expect((await chosenStore({}, { QUEUE_URL: 'memory:', NODE_ENV: 'production' })).kind).toBe('memory');
  });

  it('is SQLite in the project during development, with one line printed', async () => {
    const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);

    const store = await chosenStore({}, {});

    expect(store.kind).toBe('sqlite');
    expect(store.url).toContain('.millrace/queue.db');
    expect(log.mock.calls).toEqual([[expect.stringContaining('using SQLite in .millrace/queue.db')]]);
  });

  it('is never assumed in production', async () => {
    await expect(chosenStore({}, { NODE_ENV: 'production' })).rejects.toThrow('Set QUEUE_URL');
  });
});
