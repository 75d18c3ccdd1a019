import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RedisServerOptions {
  /** Default false: nothing on disk. */
  appendonly?: boolean;
  /** Further lines of `redis.conf`: `{ maxmemory: '20mb' }`. */
  config?: Record<string, string>;
}

/** A real server of a test's own. */
export interface RunningRedis {
  readonly url: string;
  readonly port: number;
  /** Asks it to end, and clears up. */
  stop(): Promise<void>;
  /** Ends it without a word (SIGKILL). What it had written stays for `restart`. */
  kill(): Promise<void>;
  /** Freezes it (SIGSTOP). */
  pause(): void;
  resume(): void;
  /** Starts it again, on the same port and files. */
  restart(): Promise<void>;
}

const programs = ['redis-server', 'valkey-server'];
let found: string | undefined | null = null;

/** Whether a test may have a server. When none can be had: false and a loud word, or with `CI=true` an error. */
export function redisAvailable(): boolean {
  if (process.env.TEST_REDIS_URL || program()) return true;
  const why = `Tests against Redis are SKIPPED: no ${programs.join(' or ')} on the PATH. Install one, or set TEST_REDIS_URL.`;
  if (process.env.CI === 'true') throw new Error(why);
  process.stderr.write(`\n${'!'.repeat(why.length)}\n${why}\n${'!'.repeat(why.length)}\n\n`);
  return false;
}

/** Starts a server on a free port, in a folder of its own. With `TEST_REDIS_URL` and no options: that server, left alone. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RunningRedis> {
  const given = process.env.TEST_REDIS_URL;
  if (given && !program()) return foreign(given);
  const path = program();
  if (!path) throw new Error(`No ${programs.join(' or ')} on the PATH, and no TEST_REDIS_URL.`);
  const server = new LocalServer(path, await freePort(), options);
  await server.start();
  return server;
}

class LocalServer implements RunningRedis {
  private readonly folder = mkdtempSync(join(tmpdir(), 'millrace-redis-'));
  private process?: ChildProcess;
  private readonly cleanUp = () => {
    this.process?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };

  constructor(
    private readonly path: string,
    readonly port: number,
    private readonly options: RedisServerOptions,
  ) {
    process.once('exit', this.cleanUp);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const { appendonly = false, config = {} } = this.options;
    const settings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.folder,
      save: '',
      appendonly: appendonly ? 'yes' : 'no',
      ...config,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn(this.path, args, { stdio: 'ignore' });
    this.process = child;
    child.unref(); // a test that forgets it must not keep the run from ending
    await answers(this.port, child);
  }

  async stop(): Promise<void> {
    process.off('exit', this.cleanUp);
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  pause(): void {
    this.process?.kill('SIGSTOP');
  }

  resume(): void {
    this.process?.kill('SIGCONT');
  }

  async restart(): Promise<void> {
    await this.end('SIGTERM');
    await this.start();
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill(signal);
    await gone;
  }
}

function foreign(url: string): RunningRedis {
  const refuse = () => {
    throw new Error('The server of TEST_REDIS_URL is not ours to stop. This test needs redis-server on the PATH.');
  };
  return {
    url,
    port: Number(new URL(url).port || 6379),
    stop: async () => {},
    kill: async () => refuse(),
    pause: refuse,
    resume: refuse,
    restart: async () => refuse(),
  };
}

/** Where a server program is; installed first where that may be done without asking. */
function program(): string | undefined {
  if (found !== null) return found;
  found = onPath();
  if (!found && process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['install', '-y', 'redis-server'], { stdio: 'ignore', env, timeout: 120_000 });
    found = onPath();
  }
  return found;
}

function onPath(): string | undefined {
  for (const name of programs) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

/** Until it takes commands: a loading server accepts connections but answers LOADING. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (child.exitCode !== null) throw new Error(`The Redis server on port ${port} ended with code ${child.exitCode}.`);
    if (await ping(port)) return;
    await sleep(10);
  }
  throw new Error(`The Redis server on port ${port} did not answer within 5 s.`);
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('data', (data) => end(/PONG|NOAUTH/.test(data.toString())));
    socket.on('error', () => end(false));
    socket.setTimeout(500, () => end(false));
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
