import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

describe('the examples people copy', () => {
  it.each(['README.md', 'libs/queue/README.md', 'docs/guide.md'])(
    '%s: every program in it compiles against the built library',
    (page) => {
      const folder = join(root, 'dist/examples', page.replace(/\W/g, '-'));
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const programs = programsOf(readFileSync(join(root, page), 'utf8'));
      for (const { name, text } of programs) writeFileSync(join(folder, name), text);
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../../tsconfig.json', ...compiler }));

      const complaints = compile(folder);

      expect(programs.length).toBeGreaterThan(0);
      expect(complaints).toBe('');
    },
  );
});

const compiler = {
  compilerOptions: { rootDir: '.', noEmit: true, customConditions: [], types: ['node', 'jest'] },
  include: ['*.ts'],
  exclude: [],
};

/** A block of TypeScript whose first line is a comment with a file's name. */
function programsOf(page: string): { name: string; text: string }[] {
  return [...page.matchAll(/```ts\n(\/\/ ([\w.-]+\.ts)\n[\s\S]*?)```/g)].map((match) => ({
    name: match[2]!,
    text: match[1]!,
  }));
}

function compile(folder: string): string {
  try {
    // No test can time out while it waits for this call.
    const options = { encoding: 'utf8', timeout: 60_000 } as const;
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], options);
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error);
  }
}
