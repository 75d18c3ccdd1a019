// `npm test [-- jest options]`: builds what the end-to-end tests run, then runs every test.
import { run, steps } from './run.mjs';

const options = process.argv.slice(2);

await steps([
  ['build', () => run('npm', ['run', '--silent', 'build'], { quiet: true })],
  ['build the programs of the tests', () => run('npm', ['run', '--silent', 'build:fixtures'], { quiet: true })],
  [
    'tests',
    () =>
      run(
        process.execPath,
        [
          '--experimental-vm-modules',
          '--disable-warning=ExperimentalWarning',
          'node_modules/jest/bin/jest.js',
          ...options,
        ],
        {
          env: { NODE_ENV: 'test' },
        },
      ),
  ],
]);
