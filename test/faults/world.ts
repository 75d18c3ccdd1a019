import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { bindTasks, fromUrl, Queue, type Store } from 'millrace';
import { redisAvailable, type RunningRedis, startRedis } from '../../libs/queue/testkit/redis-server.js';
import { LedgerTasks } from '../fixtures/ledger.tasks.js';
import { eventually } from '../support/eventually.js';

/** One line of the ledger: what happened, to which entry, in which attempt, under which fence, in which process. */
export interface Line {
  what: string;
  name: string;
  attempt: number;
  fence: number;
  pid: number;
}

export interface WorkerProcess {
  pid: number;
  signal(name: NodeJS.Signals): void;
  /** What it has written to its standard error so far. */
  complaints(): string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

type Kind = 'sqlite' | 'redis';

/** Every store that outlives a process and can be had here. */
export const stores: readonly Kind[] = redisAvailable() ? ['sqlite', 'redis'] : ['sqlite'];

/** A small world of its own: a real store, real worker processes, and a file in which every step of every job stands. */
export async function setup(kind: Kind) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-faults-'));
  const ledger = join(folder, 'ledger');
  writeFileSync(ledger, '');
  let redis: RunningRedis | undefined;
  if (kind === 'redis') redis = await startRedis({ appendonly: true });
  const url = redis?.url ?? `sqlite:${join(folder, 'queue.db')}`;
  const store: Store = await fromUrl(url);
  await store.open();
  const queue = new Queue({ store });
  const processes: WorkerProcess[] = [];

  return {
    url,
    redis,
    store,
    queue,
    tasks: bindTasks(LedgerTasks, queue),

    /** Starts a worker process and resolves once it takes jobs. */
    async worker(env: Record<string, string> = {}, program = 'ledger.worker'): Promise<WorkerProcess> {
      const started = startWorker(program, { QUEUE_URL: url, LEDGER: ledger, ...env });
      processes.push(started.process);
      await started.ready;
      return started.process;
    },

    /** Lets every job that holds on go on. */
    go: () => writeFileSync(`${ledger}.go`, ''),

    lines(what?: string, name?: string): Line[] {
      return readFileSync(ledger, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((text) => {
          const [did, entry, attempt, fence, pid] = text.split(' ');
          return { what: did!, name: entry!, attempt: Number(attempt), fence: Number(fence), pid: Number(pid) };
        })
        .filter((line) => (!what || line.what === what) && (!name || line.name === name));
    },

    /** The nth line of a kind, as soon as it stands there. */
    line(what: string, name: string, nth = 1, within = 15_000): Promise<Line> {
      return eventually(() => this.lines(what, name)[nth - 1], { within, what: `line ${nth} '${what} ${name}'` });
    },

    async close() {
      for (const process of processes) process.signal('SIGKILL');
      await Promise.all(processes.map((process) => process.ended));
      const violations = await store.fsck().catch((error: unknown) => [error]);
      await store.close();
      await redis?.stop();
      rmSync(folder, { recursive: true, force: true });
      expect(violations).toEqual([]);
    },
  };
}

const programs = join(import.meta.dirname, '../../dist/test/fixtures');

function startWorker(name: string, env: Record<string, string>) {
  const program = join(programs, `${name}.js`);
  if (!existsSync(program)) throw new Error('Build first: `npm test` does, or `npm run build`');
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => (code as number | null) ?? (signal as string));
  const ready = new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => line === 'ready' && resolve());
    void ended.then((how) =>
      reject(new Error(`The worker ended (${how}) before it was ready:\n${complaints.join('')}`)),
    );
  });
  const process_: WorkerProcess = {
    pid: child.pid!,
    signal: (name) => void child.kill(name),
    complaints: () => complaints.join(''),
    ended,
  };
  return { process: process_, ready };
}
