// `npm run check`: everything that must hold before a change lands. `-- --no-tests` leaves the tests out.
import { bin, run, steps } from './run.mjs';

const withTests = !process.argv.includes('--no-tests');

await steps([
  ['format', () => bin('prettier', ['--check', '--log-level', 'warn', '.'])],
  ['generated files are up to date', generated],
  // The programs beside the library see it as users do, built; so does lint, which reads their types.
  ['build', () => run('npm', ['run', '--silent', 'build'], { quiet: true })],
  ['lint', () => bin('eslint', ['.'])],
  ['types', () => bin('tsc', ['-p', 'tsconfig.json', '--noEmit'])],
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
