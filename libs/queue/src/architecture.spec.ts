import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The floor plan. Imports go down, never up, and never sideways between stores. A room may import itself, the rooms
 * named with it, and of other people's packages those listed; Node's own modules are everybody's.
 */
interface Room {
  name: string;
  may: readonly string[];
  packages?: readonly string[];
}

const nest = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
const words = ['time', 'job'];
const contracts = [...words, 'task', 'store', 'events'];
const behaviour = [...contracts, 'client', 'maintenance', 'worker', 'schedule'];

const floors: readonly Room[] = [
  { name: 'time', may: [] },
  { name: 'job', may: ['time'] },
  { name: 'task', may: words, packages: [...nest, 'class-validator', 'class-transformer', '@standard-schema/spec'] },
  { name: 'store', may: words },
  { name: 'store/behaviour', may: [...words, 'store', 'store/memory'], packages: ['fast-check'] },
  { name: 'store/memory', may: [...words, 'store'] },
  { name: 'store/sqlite', may: [...words, 'store'], packages: ['libsql'] },
  { name: 'store/redis', may: [...words, 'store'], packages: ['ioredis'] },
  // What every store does, told once; not published.
  { name: 'store/behaviour', may: [...words, 'store', 'store/memory'], packages: ['fast-check', '@jest/globals'] },
  { name: 'events', may: words },
  { name: 'thread', may: words, packages: ['piscina'] },
  { name: 'client', may: contracts },
  { name: 'maintenance', may: [...words, 'store', 'events'] },
  { name: 'worker', may: [...contracts, 'thread', 'client', 'maintenance'] },
  { name: 'schedule', may: [...contracts, 'client'], packages: ['reflect-metadata'] },
  { name: 'health', may: [...words, 'store'] },
  { name: 'nest', may: [...behaviour, 'health'], packages: nest },
  { name: 'background', may: [...contracts, 'thread', 'client', 'nest'], packages: nest },
  // The doors of the house, which know the rooms they open.
  {
    name: 'doors',
    may: [...behaviour, 'store/memory', 'store/sqlite', 'store/redis', 'nest', 'background', 'health'],
    packages: nest,
  },
  { name: 'testing', may: [...behaviour, 'store/memory', 'nest', 'background', 'health', 'doors'], packages: nest },
  { name: 'cli', may: [...behaviour, 'nest', 'doors'], packages: [...nest, 'commander'] },
];

const root = dirname(fileURLToPath(import.meta.url));

/** Production sources, relative to `src`, with forward slashes. */
function sources(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .filter((path) => !/\.spec(-d)?\.ts$|(^|\/)testdata\//.test(path));
}

/** The deepest room a file lies in; files beside the rooms are doors. */
function roomOf(file: string): string {
  const rooms = floors.filter((room) => file.startsWith(`${room.name}/`));
  return rooms.sort((a, b) => b.name.length - a.name.length)[0]?.name ?? (file.includes('/') ? '?' : 'doors');
}

const importLine =
  /^\s*(?:import|export)\s[^;'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

/** What `text` imports, types included. */
function importsOf(text: string): string[] {
  return [...text.matchAll(importLine)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** A sentence for an import that goes up or sideways, or `undefined`. */
function objection(file: string, imported: string): string | undefined {
  const room = floors.find((candidate) => candidate.name === roomOf(file));
  if (!room) return `${file} lies in no room of the floor plan: add its folder to architecture.spec.ts`;
  if (imported.startsWith('node:')) return undefined;
  if (!imported.startsWith('.')) {
    const owner = imported.startsWith('@') ? imported.split('/').slice(0, 2).join('/') : imported.split('/')[0]!;
    return room.packages?.includes(owner) ? undefined : `${file} imports ${imported}, which ${room.name} must not know`;
  }
  const target = roomOf(posix.normalize(posix.join(posix.dirname(file), imported)));
  if (target === room.name || room.may.includes(target)) return undefined;
  return `${file} imports ${imported}: ${room.name} must not look up or across to ${target}`;
}

/** Without comments, so that prose may name what code may not call. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '');
}

describe('the house', () => {
  it('has files to look at, this plan among their neighbours', () => {
    expect(sources()).toContain('job/state.ts');
    expect(relative(root, fileURLToPath(import.meta.url))).toBe('architecture.spec.ts');
  });

  it('imports down, never up, and never sideways between stores', () => {
    const objections = sources().flatMap((file) =>
      importsOf(code(file)).flatMap((imported) => objection(file, imported) ?? []),
    );

    expect(objections).toEqual([]);
  });

  it('tells the time in one room only', () => {
    const tellers = sources()
      .filter((file) => roomOf(file) !== 'time')
      .flatMap((file) => {
        const called = /\b(Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|performance\.now)\b/.exec(
          code(file),
        );
        return called ? [`${file} uses ${called[0]}: take a Clock instead`] : [];
      });

    expect(tellers).toEqual([]);
  });
});

describe('the floor plan', () => {
  it.each([
    ['job/state.ts', '../store/store.js', 'job must not look up or across to store'],
    ['store/redis/store.ts', '../sqlite/store.js', 'store/redis must not look up or across to store/sqlite'],
    ['store/memory/store.ts', '@nestjs/common', 'store/memory must not know'],
    ['client/queue.ts', '../worker/worker.js', 'client must not look up or across to worker'],
    ['worker/worker.ts', '../queue.module.js', 'worker must not look up or across to doors'],
    ['attic/box.ts', '../job/state.js', 'lies in no room'],
  ])('refuses that %s imports %s', (file, imported, sentence) => {
    expect(objection(file, imported)).toContain(sentence);
  });

  it.each([
    ['store/redis/store.ts', '../store.js'],
    ['store/redis/store.ts', 'ioredis'],
    ['job/envelope.ts', '../time/backoff.js'],
    ['queue.module.ts', './worker/worker.js'],
    ['client/queue.ts', 'node:crypto'],
  ])('lets %s import %s', (file, imported) => {
    expect(objection(file, imported)).toBeUndefined();
  });
});
