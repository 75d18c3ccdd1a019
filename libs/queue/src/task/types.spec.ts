import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../../..');

/** Compiles fixtures as a user's strict project would and answers what the compiler says of them. */
function compile(...names: string[]): string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    { noEmit: true },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) => {
        throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
      },
    },
  )!;
  const files = names.map((name) => join(here, 'testdata', name));
  const program = ts.createProgram(files, config.options);
  const problems = files.flatMap((file) => {
    const source = program.getSourceFile(file)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  });
  return problems.map((problem) => {
    const line = problem.file!.getLineAndCharacterOfPosition(problem.start!).line + 1;
    return `${relative(here, problem.file!.fileName)}:${line} ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`;
  });
}

// An expected error that does not come is an error itself (TS2578), so an empty list proves both kinds.
describe('types', () => {
  it('DT4 EN1: infer payloads, results and clients from a contract, and refuse wrong payloads, returns and durations', () => {
    expect(compile('contracts.ts', 'positive.fixture.ts', 'negative.fixture.ts')).toEqual([]);
  }, 120_000);
});
