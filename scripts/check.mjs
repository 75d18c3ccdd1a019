// `npm run check`: everything that must hold before a change lands, cheapest first. `-- --no-tests` leaves the tests out.
import { bin, run, steps } from './run.mjs';

const withTests = !process.argv.includes('--no-tests');

await steps([
  ['format', () => bin('prettier', ['--check', '--log-level', 'warn', '.'])],
  ['generated files are up to date', generated],
  ['lint', () => bin('eslint', ['.'])],
  ['types', () => bin('tsc', ['-p', 'tsconfig.json', '--noEmit'])],
  ['build', () => run('npm', ['run', '--silent', 'build'], { quiet: true })],
  ['package', packaged],
  ...(withTests ? [['tests', () => run(process.execPath, ['scripts/test.mjs'])]] : []),
]);

async function generated() {
  const embedded = await run(process.execPath, ['libs/queue/scripts/embed.mjs', '--check']);
  return embedded || run(process.execPath, ['scripts/errors.mjs', '--check']);
}

async function packaged() {
  const lint = await bin('publint', ['libs/queue', '--strict']);
  return lint || bin('attw', ['--pack', 'libs/queue', '--profile', 'esm-only', '--quiet']);
}
