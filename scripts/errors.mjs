// Writes docs/errors.md from the catalogue in libs/queue/src/job/errors.ts; `--check` compares instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { root } from './run.mjs';

const source = readFileSync(`${root}libs/queue/src/job/errors.ts`, 'utf8');
const page = `${root}docs/errors.md`;

const catalogue = /export const errorCatalogue = \{([\s\S]*?)\n\} as const/.exec(source)[1];
const text = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const entries = [...catalogue.matchAll(new RegExp(`([A-Z_]+): \\[\\s*(${text}),\\s*(${text}),?\\s*\\]`, 'g'))];
const unquoted = (literal) => literal.slice(1, -1).replace(/\\(.)/g, '$1');
const classOf = (code) =>
  new RegExp(`class (\\w+) extends MillraceError \\{\\s*readonly code = '${code}'`).exec(source)?.[1];

const rows = entries.map(([, code, meaning, remedy]) => {
  const name = classOf(code);
  if (!name) throw new Error(`errors.ts: ${code} stands in the catalogue, but no class has it`);
  return `| \`${code}\` | \`${name}\` | ${unquoted(meaning)} | ${unquoted(remedy)} |`;
});

const wanted = `# Errors

Every error of Millrace has a class, a stable \`code\`, its facts as fields, and a message that says what to do next.
Test for one with \`error.code === 'QUEUE_FULL'\`, \`error instanceof QueueFull\`, or, across two copies of the package,
\`MillraceError.is(error, 'QUEUE_FULL')\`.

| code | class | what it means | what to do |
|---|---|---|---|
${rows.join('\n')}

Generated from \`libs/queue/src/job/errors.ts\` by \`npm run generate\`.
`;

if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== wanted) {
    console.error('docs/errors.md is out of date. Run `npm run generate` and commit the result.');
    process.exit(1);
  }
} else {
  writeFileSync(page, wanted);
}
