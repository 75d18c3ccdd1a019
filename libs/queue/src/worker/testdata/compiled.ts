import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));
const imported = /from '(\.{1,2}\/[^']+)\.js'/g;

/** Threads know nothing of the test's transformations: a source with all it imports, as JavaScript in `folder`. */
export function compiled(source: string, folder: string): URL {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const done = new Set<string>();
  const compile = (file: string) => {
    if (done.has(file)) return;
    done.add(file);
    const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions: options });
    const target = join(folder, relative(root, file)).replace(/\.ts$/, '.js');
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
    for (const [, path] of outputText.matchAll(imported)) compile(join(dirname(file), `${path}.ts`));
  };
  compile(join(root, source));
  return pathToFileURL(join(folder, source.replace(/\.ts$/, '.js')));
}
