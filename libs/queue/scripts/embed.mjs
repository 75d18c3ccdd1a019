// Embeds the stores' SQL and Lua in committed modules, so that no build has to copy assets.
//
//   node libs/queue/scripts/embed.mjs            writes store/sqlite/sql.generated.ts and store/redis/lua.generated.ts
//   node libs/queue/scripts/embed.mjs --check    compares only; exits 1 and says so when one is out of date
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const stores = fileURLToPath(new URL('../src/store/', import.meta.url));
const modules = [
  { name: 'sql', folder: 'sqlite/sql', extension: '.sql', target: 'sqlite/sql.generated.ts' },
  { name: 'lua', folder: 'redis/lua', extension: '.lua', target: 'redis/lua.generated.ts' },
];

/** Every file below `folder`, by its path without extension: `exchange`, `migrations/0001-jobs`. Sorted, so that output never depends on the disk. */
function sources(folder, extension) {
  const paths = readdirSync(folder, { recursive: true }).map((path) => path.replaceAll('\\', '/'));
  const found = paths.filter((path) => path.endsWith(extension)).sort();
  return found.map((path) => [path.slice(0, -extension.length), readFileSync(join(folder, path), 'utf8')]);
}

function literal(text) {
  const unix = text.replaceAll('\r\n', '\n').trimEnd() + '\n';
  return '`' + unix.replace(/[\\`]|\$\{/g, (found) => '\\' + found) + '`';
}

function render({ name, folder, extension }) {
  const entries = sources(join(stores, folder), extension).map(([key, text]) => `  '${key}': ${literal(text)},\n`);
  return `// Generated from ${folder}/ by scripts/embed.mjs. Do not edit.\nexport const ${name} = {\n${entries.join('')}} as const;\n`;
}

const check = process.argv.includes('--check');
for (const module of modules.filter(({ folder }) => existsSync(join(stores, folder)))) {
  const target = join(stores, module.target);
  const wanted = render(module);
  const found = existsSync(target) ? readFileSync(target, 'utf8') : undefined;
  if (found === wanted) continue;
  if (!check) {
    writeFileSync(target, wanted);
  } else {
    console.error(
      `${relative(process.cwd(), target)} is out of date: run \`node libs/queue/scripts/embed.mjs\` and commit it.`,
    );
    process.exitCode = 1;
  }
}
