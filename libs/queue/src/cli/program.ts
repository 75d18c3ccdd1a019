import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { MillraceError } from '../job/errors.js';
import { parseDuration } from '../time/duration.js';
import { check, type CheckOptions } from './check.js';
import { doctor } from './doctor.js';
import { exit, type ExitCode, UsageError } from './exit.js';
import type { Terminal } from './terminal.js';
import { type StoreOptions, withStore } from './with-store.js';
import { work, type WorkOptions } from './work.js';

/** Runs one command line; answers its exit code. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exit.done;
  const program = assemble(terminal, (answer) => (code = answer));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.usage;
    terminal.err(error instanceof Error ? error.message : String(error));
    return codeOf(error);
  }
}

function assemble(terminal: Terminal, answer: (code: ExitCode) => void): Command {
  const program = new Command('millrace')
    .description('Drive the queues of an application.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    });

  program
    .command('work')
    .description('Run the worker of an application: its compiled module, as dist/worker.module.js#AppWorkerModule')
    .argument('<file#Module>')
    .option('--queues <names>', 'serve these; with a leading minus leave one out: orders,-low')
    .option('--except <names>', 'leave these out')
    .option('--concurrency <n>', 'places per queue', whole)
    .addOption(
      new Option('--burst [kind]', 'end when nothing is ready or active; all: nor scheduled').choices(['ready', 'all']),
    )
    .option('--max-jobs <n>', 'end after so many jobs', whole)
    .option('--log-level <level>', 'fatal, error, warn, log, debug or verbose')
    .option('--json', 'the summary as JSON')
    .action(async (target: string, options: WorkOptions) => answer(await work(target, options, terminal)));

  onStore(program.command('check').description('Exit 0 when a worker with a fresh heartbeat serves the queue, else 3'))
    .option('--queue <name>')
    .option('--max-age <duration>', 'how old the heartbeat may be', duration, 30_000)
    .action(async (options: CheckOptions & StoreOptions) => {
      answer(await withStore(options, terminal, (store) => check(store, options, terminal)));
    });

  onStore(
    program.command('doctor').description('Read the whole store and name what is wrong; exit 3 when something is'),
  ).action(async (options: { json?: boolean } & StoreOptions) => {
    answer(await withStore(options, terminal, (store) => doctor(store, options, terminal)));
  });

  return program;
}

function onStore(command: Command): Command {
  return command
    .option('--url <url>', 'the store; default QUEUE_URL')
    .option('--namespace <name>', 'of a Redis store')
    .option('--json', 'the answer as JSON');
}

function codeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || MillraceError.is(error, 'CONFIG_INVALID')) return exit.usage;
  return MillraceError.is(error, 'STORE_UNAVAILABLE') ? exit.unreachable : exit.error;
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

function duration(text: string): number {
  const ms = parseDuration(/^\d+$/.test(text) ? Number(text) : text);
  if (ms === undefined) throw new InvalidArgumentError("Write '500ms', '30s', '5m', '2h' or '1d'.");
  return ms;
}
