import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { MillraceError } from '../job/errors.js';
import type { Schedules } from '../schedule/schedules.js';
import { parseDuration } from '../time/duration.js';
import { check, type CheckOptions } from './check.js';
import { doctor } from './doctor.js';
import { exit, type ExitCode, UsageError } from './exit.js';
import {
  schedulesGet,
  schedulesList,
  schedulesOf,
  schedulesPause,
  schedulesRemove,
  schedulesResume,
  schedulesTrigger,
} from './schedules.js';
import { type NextOptions, schedulesNext } from './schedules-next.js';
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
    .option('--queues <names>', 'serve these: orders, orders=20 places, orders:3 by weight; -low leaves one out')
    .option('--except <names>', 'leave these out')
    .option('--concurrency <n>', 'places per queue, and of all with a weight together', whole)
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

  addSchedules(program, terminal, answer);
  return program;
}

/** Each verb is that of `Schedules`. */
function addSchedules(program: Command, terminal: Terminal, answer: (code: ExitCode) => void): void {
  const group = program.command('schedules').description('Look at schedules, and pause, resume, trigger, remove them');

  onStore(group.command('list').description('Every schedule, with its next and last slot')).action(
    async (options: Asked) => {
      const list = (schedules: Schedules) => schedulesList(schedules, options, terminal);
      answer(await withStore(options, terminal, (store) => schedulesOf(store, list)));
    },
  );

  group
    .command('next')
    .description('What a cron expression means: in words, and its next slots. Needs no store')
    .argument('<expression>', "in quotes: '0 3 * * *'")
    .option('--time-zone <name>', 'IANA name', 'UTC')
    .option('-n, --number <n>', 'how many slots, at most 1000', whole, 5)
    .option('--from <instant>', "ISO text with an offset, as '2027-03-27T12:00Z'; default now")
    .option('--json', 'the answer as JSON')
    .action((expression: string, options: NextOptions) => answer(schedulesNext(expression, options, terminal)));

  const verb = (name: string, description: string, run: Verb) =>
    onStore(group.command(name).description(description).argument('<id>')).action(
      async (id: string, options: Asked) => {
        const use = (schedules: Schedules) => run(schedules, id, options, terminal);
        answer(await withStore(options, terminal, (store) => schedulesOf(store, use)));
      },
    );
  verb('get', 'One schedule, and what became of its latest slots', schedulesGet);
  verb('pause', 'No slot is dealt with until it is resumed', schedulesPause);
  verb('resume', 'Go on with the next slot', schedulesResume).option(
    '--from-last',
    'leave the slots since the last one to misfire',
  );
  verb('trigger', 'Enqueue a job of it now; no slot moves', schedulesTrigger);
  verb('remove', 'Forget it; the jobs it has made run all the same', schedulesRemove).option(
    '--cancel-jobs',
    'cancel those that have not ended',
  );
}

type Asked = { json?: boolean } & StoreOptions;
type Verb = (schedules: Schedules, id: string, options: Asked, terminal: Terminal) => Promise<ExitCode>;

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
