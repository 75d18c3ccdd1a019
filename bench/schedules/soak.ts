/**
 * A long run: `node dist/bench/schedules/soak.js --store redis --processes 50 --ticks 600`. Many processes fire schedules of
 * a slot a second, some of them are killed or frozen all the time, and in the end every slot must have had one job.
 * Progress goes to the error output, the verdict as one JSON object to the standard output. Exit code 1: not exact.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, Option } from 'commander';
import { openStore } from '../participants/millrace-producer.js';
import { endChildren } from '../support/children.js';
import { openPlace, type Place } from '../support/places.js';
import { RedisProbe } from '../support/redis-probe.js';
import { wholeNumber } from '../support/whole-number.js';
import { Clerk } from './clerk.js';
import { injectFaults, randomOf } from './faults.js';
import { Fleet, type Member, startMember } from './fleet.js';
import { Meter } from './meter.js';
import type { Tick } from './ticks.js';
import { isExact, judge, lateness } from './verdict.js';

interface Options {
  store: 'redis' | 'sqlite';
  processes: number;
  ticks: number;
  every: number;
  seed: number;
}

const second = 1000;
/** Milliseconds before the first slot, and after the last job for what comes twice. */
const before = 3 * second;
const afterwards = 5 * second;
/** Milliseconds that jobs may be late in the end. */
const patience = 60 * second;
/** With a slot at every second. The last one may leave slots out that nobody fires within the limit for punctuality. */
const names = ['interval', 'cron', 'defaults'] as const;

await new Command('soak')
  .description('Fires schedules from many processes that die and freeze, and counts the jobs of every slot.')
  .addOption(new Option('--store <kind>').choices(['redis', 'sqlite']).default('redis'))
  .option('--processes <n>', 'that fire', wholeNumber, 10)
  .option('--ticks <n>', 'slots of each schedule, one a second', wholeNumber, 600)
  .option('--every <seconds>', 'between two faults; 0 is none', Number, 5)
  .option('--seed <n>', 'of the faults', wholeNumber, 1 + (Date.now() % 1_000_000))
  .action(perform)
  .parseAsync();

async function perform(options: Options): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  process.once('exit', endChildren);
  const place = await openPlace(options.store);
  try {
    const found = await soak(options, place);
    console.log(JSON.stringify(found));
    process.exitCode = found.exact ? 0 : 1;
  } finally {
    await place.close();
  }
}

async function soak(options: Options, { url }: Place) {
  const { store, processes, ticks, every, seed } = options;
  say(`${processes} processes, ${ticks} slots on ${store}, seed ${seed}`);
  const clerk = new Clerk(await openStore(url));
  const runner = startMember();
  await runner.ask('openWorker', url, false);
  const fleet = new Fleet(url, processes);
  await fleet.start((up) => up % 5 === 0 && say(`${up} of ${processes} are up`));
  const meter = await Meter.start(store === 'redis' ? new RedisProbe(url) : undefined);

  const slots = slotsFrom(Date.now() + before, ticks);
  await putAll(clerk, slots);
  const endFaults = every > 0 ? injectFaults(fleet, processes, every * second, randomOf(seed)) : () => undefined;
  const ran = await watch(runner, fleet, slots);
  endFaults();
  await fleet.whole();
  ran.push(...(await comeLate(runner, names.length * ticks - ran.length)));
  const costs = await meter.read(fleet, runner);
  await sleep(afterwards);
  ran.push(...(await runner.ask('ticks')));

  const verdicts = names.map((name) => judge(name, slots, ran));
  const total = await totalOf(clerk);
  const allIn = total.jobs === names.length * ticks && total.schedulesLeft + total.violations.length === 0;
  await Promise.all([fleet.stop(), runner.stop(), clerk.close()]);
  return {
    ...{ store, processes, ticks, seed, exact: allIn && verdicts.every(isExact), schedules: verdicts, total },
    faults: { every, ...fleet.counts },
    lateness: { unit: 'ms', enqueued: lateness(ran, 'enqueuedAt'), started: lateness(ran, 'startedAt') },
    ...costs,
  };
}

function slotsFrom(earliest: number, ticks: number): number[] {
  const first = second * Math.ceil(earliest / second);
  return Array.from({ length: ticks }, (_, n) => first + n * second);
}

async function putAll(clerk: Clerk, slots: readonly number[]): Promise<void> {
  const bounds = { from: slots[0], until: slots.at(-1) };
  const [interval, cron, defaults] = names;
  await clerk.put(interval, { every: second, ...bounds });
  await clerk.put(cron, { cron: '* * * * * *', ...bounds });
  await clerk.put(defaults, { every: second, ...bounds }, 'latest');
}

/** What runs until the last slot. */
async function watch(runner: Member, fleet: Fleet, slots: readonly number[]): Promise<Tick[]> {
  const ran: Tick[] = [];
  while (Date.now() < slots.at(-1)!) {
    await sleep(second);
    ran.push(...(await runner.ask('ticks')));
    const past = slots.filter((slot) => slot < Date.now()).length;
    if (past > 0 && past % 10 === 0) say(progress(past, slots.length, ran, fleet));
  }
  return ran;
}

async function comeLate(runner: Member, missing: number): Promise<Tick[]> {
  const ran: Tick[] = [];
  const deadline = Date.now() + patience;
  while (ran.length < missing && Date.now() < deadline) {
    await sleep(second / 5);
    ran.push(...(await runner.ask('ticks')));
  }
  return ran;
}

/** What the store says of it: all jobs it ever had, schedules that are not over, and invariants that do not hold. */
async function totalOf({ store, schedules }: Clerk) {
  const queues = await store.counts();
  const { schedules: left } = await schedules.list();
  return {
    jobs: queues.reduce((sum, { totals }) => sum + totals.enqueued, 0),
    schedulesLeft: left.length,
    violations: await store.fsck(),
  };
}

function progress(past: number, ticks: number, ran: readonly Tick[], { counts, awake, frozen }: Fleet): string {
  const { p50, p99, max } = lateness(ran, 'startedAt');
  const late = `late p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, max ${max.toFixed(0)} ms`;
  return `slot ${past} of ${ticks}: ${ran.length} jobs, ${late}; ${awake.size} awake, ${frozen.size} frozen; killed ${counts.killed}, frozen ${counts.frozen} so far`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
