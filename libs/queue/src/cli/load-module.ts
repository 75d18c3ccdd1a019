import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from './exit.js';

/** The module class that `dist/worker.module.js#AppWorkerModule` names. Without `#` the file's default or only export. */
export async function loadModule(target: string, cwd: string): Promise<new (...args: never[]) => object> {
  const [file = '', name] = target.split('#');
  const path = resolve(cwd, file);
  if (!existsSync(path))
    throw new UsageError(`There is no file ${file}. Build the application first, and name its compiled module.`);
  const exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const classes = Object.entries(exported).filter(([, value]) => typeof value === 'function');
  const found = name ? exported[name] : (exported.default ?? (classes.length === 1 ? classes[0]![1] : undefined));
  if (typeof found === 'function') return found as new (...args: never[]) => object;
  const known = classes.map(([key]) => key).join(', ') || 'no class';
  throw new UsageError(
    name
      ? `${file} does not export ${name}: it exports ${known}.`
      : `Name the module: ${file}#<Module>. It exports ${known}.`,
  );
}
