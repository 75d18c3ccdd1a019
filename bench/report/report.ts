import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { picturesOf } from './charts.js';
import { pageOf } from './page.js';
import type { Results } from './results.js';

const folder = 'benchmarks';

/**
 * Writes `docs/benchmarks.md` and its pictures below `root`, the folder of the workspace; pictures of an earlier report
 * go. The same results give the same files. Answers their paths, seen from `root`.
 */
export async function writeReport(results: Results, root: string): Promise<string[]> {
  const docs = join(root, 'docs');
  const page = join(docs, 'benchmarks.md');
  const pictures = Object.values(picturesOf(results.results));
  await mkdir(join(docs, folder), { recursive: true });
  for (const old of await readdir(join(docs, folder))) if (old.endsWith('.svg')) await rm(join(docs, folder, old));
  for (const { file, svg } of pictures) await writeFile(join(docs, folder, file), svg);
  const options = { ...(await resolveConfig(page)), parser: 'markdown' };
  await writeFile(page, await format(pageOf(results, folder), options));
  return [page, ...pictures.map(({ file }) => join(docs, folder, file))].map((path) => relative(root, path));
}
