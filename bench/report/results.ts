import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Result } from '../scenario.js';
import { type Machine, thisMachine } from './machine.js';

/** All that a report is made from; the same results give the same report. */
export interface Results {
  /** The day, `2026-11-20`. */
  readonly measured: string;
  readonly machine: Machine;
  readonly results: readonly Result[];
}

/** What was measured here and now. */
export function measuredHere(results: readonly Result[], root: string): Results {
  return { measured: new Date().toISOString().slice(0, 10), machine: thisMachine(root), results };
}

export async function saveResults(path: string, results: Results): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const options = { ...(await resolveConfig(path)), parser: 'json' };
  await writeFile(path, await format(rounded(results), options));
}

export async function loadResults(path: string): Promise<Results> {
  const read = JSON.parse(await readFile(path, 'utf8')) as Partial<Results>;
  if (!read.measured || !read.machine || !Array.isArray(read.results)) {
    throw new Error(`${path} holds no results: make it with npm run bench -- --report.`);
  }
  return read as Results;
}

/** Five digits say more than a benchmark knows. */
function rounded(results: Results): string {
  const short = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  return JSON.stringify(results, short, 2);
}
