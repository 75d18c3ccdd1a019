import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const sources = fileURLToPath(new URL('../../../', import.meta.url));
const modules = fileURLToPath(new URL('../../../../../../node_modules', import.meta.url));
const rooms = ['job', 'time', 'store', 'store/fsck-rules', 'store/sqlite'];

/** This store as plain JavaScript below `folder`, for a child process that knows no TypeScript. Answers the path of its door. */
export function compileStore(folder: string): string {
  for (const room of rooms) {
    for (const file of readdirSync(join(sources, room))) {
      if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
      const target = join(folder, 'src', room, file.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, javascript(join(sources, room, file)));
    }
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(modules, join(folder, 'node_modules'), 'junction');
  return join(folder, 'src', 'store', 'sqlite', 'index.js');
}

function javascript(path: string): string {
  const options = { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } } as const;
  return transformSync(readFileSync(path, 'utf8'), options).code;
}
