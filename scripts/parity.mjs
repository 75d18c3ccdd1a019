// `npm run parity`: which rows of docs/parity.md and docs/faults.md are shown by a test. `-- --json` for machines.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.mjs';

const asJson = process.argv.includes('--json');
const titles = testTitles();
const parity = judge(rowsOf('docs/parity.md'));
const faults = judge(rowsOf('docs/faults.md'));

if (asJson) {
  const ids = ({ done, missing }) => ({ done: done.map((row) => row.id), missing: missing.map((row) => row.id) });
  console.log(JSON.stringify({ ...ids(parity), faults: ids(faults) }));
} else {
  show('Parity', parity);
  show('Faults', faults);
}

/** Rows of every table whose first cell is an id; the heading above says their section. */
function rowsOf(page) {
  const rows = [];
  let section = '';
  for (const line of readFileSync(join(root, page), 'utf8').split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    const match = /^\| ([A-Z]{1,2}\d+) \| (.*?) \|/.exec(line);
    if (match) rows.push({ id: match[1], section, says: match[2] });
  }
  return rows;
}

function judge(rows) {
  const shown = (row) => titles.some((title) => new RegExp(`\\b${row.id}\\b`).test(title));
  return { done: rows.filter(shown), missing: rows.filter((row) => !shown(row)) };
}

/** Titles of tests that run: a skipped test, or one still to be written, shows nothing. */
function testTitles() {
  const call = /\b(?:it|test|describe)(?:\.each\((?:[^()]|\([^()]*\))*\))?\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g;
  return testFiles().flatMap((file) => [...readFileSync(file, 'utf8').matchAll(call)].map((match) => match[2]));
}

function testFiles() {
  return ['libs', 'src', 'apps', 'test', 'scripts'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true })
      .map((name) => join(root, room, name))
      .filter((name) => /\.(spec|e2e-spec|behaviour)\.ts$/.test(name) && !/node_modules|[\\/]dist[\\/]/.test(name)),
  );
}

function show(title, { done, missing }) {
  console.log(`\n${title}: ${done.length} of ${done.length + missing.length} rows are shown by a test`);
  let section;
  for (const row of missing) {
    if (row.section !== section) console.log(`\n  ${(section = row.section) || 'missing'}`);
    console.log(`    ${row.id.padEnd(5)} ${row.says.length > 100 ? `${row.says.slice(0, 99)}…` : row.says}`);
  }
}
