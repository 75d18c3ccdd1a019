import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** Where figures come from: enough to compare, nothing that names the machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** What the server says of itself: `Redis 7.0.15`. */
  readonly server: string;
  /** Versions by package: ours, the peers, and the driver under them. */
  readonly packages: Readonly<Record<string, string>>;
}

const packages = ['millrace', 'bullmq', 'bee-queue', '@nestjs/bullmq', '@nestjs/core', 'ioredis', 'libsql'];

/** `root` is the folder of the workspace, whose packages are asked for their versions. */
export function thisMachine(root: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: systemName(),
    node: process.version,
    server: serverVersion(),
    packages: Object.fromEntries(packages.flatMap((name) => versionOf(root, name).map((version) => [name, version]))),
  };
}

/** The kernel by its first two numbers, as the rest often names a provider. */
function systemName(): string {
  const kernel = `${type()} ${release().split('.').slice(0, 2).join('.')}`;
  const distribution = /^PRETTY_NAME="?([^"\n]+)/m.exec(textOf('/etc/os-release'))?.[1];
  return distribution ? `${distribution}, ${kernel}` : kernel;
}

function serverVersion(): string {
  for (const [program, name] of [
    ['redis-server', 'Redis'],
    ['valkey-server', 'Valkey'],
  ] as const) {
    try {
      const version = /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1];
      if (version) return `${name} ${version}`;
    } catch {
      // Not this one.
    }
  }
  return 'a Redis that was given';
}

/** None for a package that lies elsewhere: figures that took an hour are not lost for the want of a version. */
function versionOf(root: string, name: string): string[] {
  const text = textOf(join(root, 'node_modules', name, 'package.json'));
  return text ? [(JSON.parse(text) as { version: string }).version] : [];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
