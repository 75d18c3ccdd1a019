import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-start-'));
const env = {
  PORT: '0',
  WORKER_HEALTH_PORT: '0',
  QUEUE_URL: `sqlite:${folder}/queue.db`,
  DATABASE_URL: `sqlite:${folder}/shop.db`,
  MAIL_DIR: `${folder}/mail`,
  REPORTS_DIR: `${folder}/reports`,
};

let program: ChildProcess | undefined;
afterAll(async () => {
  if (program?.exitCode === null && program.signalCode === null) {
    program.kill('SIGKILL'); // the test failed: its children follow
    await once(program, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('npm start', () => {
  it('runs API and worker on one file, says what to try, and stops cleanly on Ctrl-C', async () => {
    const started = spawn(process.execPath, ['scripts/start.mjs'], { env: { ...process.env, ...env } });
    program = started;
    let said = '';
    started.stdout.on('data', (text: Buffer) => (said += text.toString()));
    const ended = once(started, 'exit');

    const url = await eventually(() => /API +(http\S+)/.exec(said)?.[1], { within: 120_000, what: 'the URLs' });
    const [, path, body] = await eventually(() => /curl -s http:\/\/[^/]+(\S+)[^{]+-d '(.+)'/.exec(said));
    const headers = { 'content-type': 'application/json' };
    const placed = await fetch(url + path, { method: 'POST', headers, body });

    expect(placed.status).toBe(201);
    await eventually(() => readdirSync(`${folder}/mail`).some((name) => name.endsWith('.eml')), {
      what: 'the receipt',
    });

    started.kill('SIGINT');

    expect(await ended).toEqual([0, null]);
    await expect(fetch(url)).rejects.toThrow();
    expect(said).toContain('gave back 0 jobs');
  }, 180_000);
});
