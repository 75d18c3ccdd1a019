import { execFileSync } from 'node:child_process';

/** Builds what the processes of a test run, unless that is newer than every source; `npm test` has built it already. */
export function buildIfStale(): void {
  const script = `import { buildIfStale } from './scripts/build.mjs'; await buildIfStale();`;
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'ignore', 'inherit'] });
}
