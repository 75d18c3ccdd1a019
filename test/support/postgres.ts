import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Whether this machine has a PostgreSQL that a test may start. Says so loudly when not. */
export function postgresAvailable(): boolean {
  const found = folderOfPrograms() !== undefined && (process.getuid?.() !== 0 || ids() !== undefined);
  if (!found) process.stderr.write('\nTests against Postgres are SKIPPED: it is not installed here.\n\n');
  return found;
}

/** Starts a server of the test's own on a free port. Nothing it writes survives `stop()`. */
export async function startPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const programs = folderOfPrograms()!;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-postgres-'));
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? ids() : undefined;
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const options = ['--pgdata', data, '--username', 'shop', '--auth', 'trust', '--no-sync'];
  execFileSync(join(programs, 'initdb'), options, { ...user, stdio: 'ignore', cwd: folder, timeout: 60_000 });

  const port = await freePort();
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F'],
    {
      ...user,
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: folder,
    },
  );
  const ended = once(server, 'exit');
  const ready = new Promise<void>((resolve) => {
    server.stderr.on('data', (text: Buffer) => text.includes('ready to accept connections') && resolve());
  });
  await Promise.race([ready, ended.then(() => Promise.reject(new Error('Postgres ended before it was ready')))]);
  return {
    url: `postgres://shop@127.0.0.1:${port}/postgres`,
    async stop() {
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function folderOfPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : [];
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...versions];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** The account that the package makes for it. */
function ids(): { uid: number; gid: number } | undefined {
  try {
    const [uid, gid] = ['-u', '-g'].map((which) => Number(execFileSync('id', [which, 'postgres'], { stdio: 'pipe' })));
    return { uid: uid!, gid: gid! };
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
