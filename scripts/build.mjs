import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const sources = ['package-lock.json', 'tsconfig.json', 'src', 'apps', 'libs/queue/src'];
const built = ['libs/queue/dist/index.js', 'dist/apps/api/src/main.js', 'dist/apps/worker/src/main.js'];
const quiet = /(\.(spec|e2e-spec)\.ts$|[/\\]testdata[/\\])/;

/** Builds library and apps unless what is built is newer than every source. Throws when a build fails. */
export async function buildIfStale() {
  if (isFresh()) return;
  await step('Building the library (1/2)', () => run('npm', ['run', '--silent', 'build:queue']));
  await step('Building the apps (2/2)', () => run('npm', ['run', '--silent', 'build:apps']));
}

function isFresh() {
  if (!built.every((file) => existsSync(file))) return false;
  const oldest = Math.min(...built.map((file) => statSync(file).mtimeMs));
  return sources.flatMap(filesIn).every((file) => quiet.test(file) || statSync(file).mtimeMs <= oldest);
}

function filesIn(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

async function step(name, work) {
  console.log(`${name} …`);
  if ((await work()) !== 0) throw new Error(`${name} failed`);
}
