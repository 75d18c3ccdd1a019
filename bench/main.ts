/** The command: `npm run bench -- [scenario…] [options]`. See bench/README.md. */
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { writeReport } from './report/report.js';
import { loadResults, measuredHere, saveResults } from './report/results.js';
import { type Result, run, type Scenario, type StoreKind, storeKinds } from './scenario.js';
import { scenarios } from './scenarios/index.js';
import { endChildren } from './support/children.js';
import { tableOf } from './support/print.js';
import { ProgressLine } from './support/progress.js';
import { realStage } from './support/stage.js';
import { wholeNumber } from './support/whole-number.js';

interface Options {
  store?: StoreKind;
  jobs?: number;
  rounds?: number;
  json: boolean;
  report: boolean;
  from?: string;
}

/** Of the workspace, seen from where this is compiled to. */
const root = join(import.meta.dirname, '..', '..');
const latest = join(root, 'bench', 'results', 'latest.json');

const names = scenarios.map(({ name }) => name);

const program = new Command('bench')
  .description('Measures Millrace beside other queues, alternating, each in processes of its own.')
  .argument('[scenario...]', `which to run, of: ${names.join(', ')}`, named)
  .addOption(new Option('--store <kind>', 'only on this store').choices(storeKinds))
  .option('--jobs <n>', 'size of every measurement, instead of that of its scenario', wholeNumber)
  .option('--rounds <n>', 'how often everyone is measured', wholeNumber)
  .option('--json', 'one JSON object per scenario and store on the standard output', false)
  .option('--report', 'writes docs/benchmarks.md with its charts, and bench/results/latest.json', false)
  .option('--from <file>', 'with --report: of these results, instead of measuring')
  .action(perform);

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => process.exit(code));
}
process.once('exit', endChildren);

await program.parseAsync();

async function perform(asked: readonly Scenario[], options: Options): Promise<void> {
  const chosen = asked.length > 0 ? asked : scenarios;
  if (options.from === undefined) {
    const results = await measure(chosen, options);
    if (options.report) await saveResults(latest, measuredHere(results, root));
  }
  if (!options.report) return;
  const written = await writeReport(await loadResults(options.from ?? latest), root);
  process.stderr.write(`Written: ${written.join(', ')}.\n`);
}

/** One that fails takes no other along. */
async function measure(chosen: readonly Scenario[], options: Options): Promise<Result[]> {
  const line = new ProgressLine();
  const stage = realStage((step) => line.show(step));
  const results: Result[] = [];
  for (const { scenario, store } of work(chosen, options.store)) {
    try {
      const result = await run(scenario, store, stage, options);
      results.push(result);
      line.clear();
      process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${tableOf(result)}\n`);
    } catch (error) {
      line.clear();
      console.error(`${scenario.name} on ${store} could not be measured:`, error);
      process.exitCode = 1;
    }
  }
  return results;
}

/** A scenario that cannot be run on the store asked for says so. */
function work(chosen: readonly Scenario[], only?: StoreKind) {
  return chosen.flatMap((scenario) => {
    const stores = scenario.stores.filter((store) => only === undefined || store === only);
    if (stores.length === 0) process.stderr.write(`${scenario.name} is not measured on ${only}.\n`);
    return stores.map((store) => ({ scenario, store }));
  });
}

function named(name: string, before: readonly Scenario[] = []): Scenario[] {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new InvalidArgumentError(`Scenarios are: ${names.join(', ')}.`);
  return [...before, found];
}
