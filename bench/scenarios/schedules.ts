import { setTimeout as sleep } from 'node:timers/promises';
import { startMember, type Member } from '../schedules/fleet.js';
import { lateness } from '../schedules/verdict.js';
import type { Tick } from '../schedules/ticks.js';
import { type Metric, ours, type Sample, type Scenario, type Target, type Turn } from '../scenario.js';
import { RedisProbe } from '../support/redis-probe.js';
import { atMost } from '../support/targets.js';
import { until } from '../support/time.js';

const second = 1000;
/** Awaited together. */
const group = 1000;
/** Milliseconds for a call that puts them all. */
const longest = 600_000;

export const schedule: Scenario = {
  name: 'schedule',
  says: 'A schedule of a slot every second and one worker that fires and runs, on an idle system: how long after its slot a handler starts.',
  stores: ['redis', 'sqlite', 'memory'],
  metrics: [
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less', target: atMost(50, 'ms') },
    { name: 'max', unit: 'ms', better: 'less' },
  ],
  jobs: 120,
  rounds: 1,
  contestants: () => [ours],
  async measure(turn) {
    const member = join(turn);
    await member.ask('openWorker', turn.url);
    await member.ask('openClerk', turn.url);
    const from = second * Math.ceil(Date.now() / second + 2);
    await member.ask('put', 'a', { every: second, from, until: from + (turn.jobs - 1) * second });
    const ticks: Tick[] = [];
    const within = (turn.jobs + 30) * second;
    const all = async () => ticks.push(...(await member.ask('ticks'))) >= turn.jobs;
    await until('A job for every slot', all, { every: second, within });
    return { ...lateness(ticks, 'startedAt') };
  },
};

function called(name: string): Metric {
  return { name, unit: 'ms', better: 'less', target: atMost(2 * second, 'ms for 10,000') };
}

export const schedulePut: Scenario = {
  name: 'schedule-put',
  says: `Schedules put, listed and removed by the service, ${group} calls awaited together, pages of 1,000.`,
  stores: ['redis', 'sqlite', 'memory'],
  metrics: [called('put'), called('list'), called('remove')],
  jobs: 10_000,
  rounds: 3,
  contestants: () => [ours],
  async measure(turn) {
    const member = join(turn);
    await member.ask('openClerk', turn.url);
    return {
      put: await member.askWithin(longest, 'putMany', 0, turn.jobs, group),
      list: await member.askWithin(longest, 'list', turn.jobs),
      remove: await member.askWithin(longest, 'removeMany', 0, turn.jobs, group),
    };
  },
};

const few = 100;
/** Schedules that fire every second, among all that are stored. */
const lively = 10;
/** Seconds over which a tick is measured. */
const ticks = 20;

/** A cost with many stored, which shall be at most so many times that with few. */
function asOfFew(name: string, unit: string, most: number): [Metric, Metric] {
  const few = `${name}, of few`;
  const target: Target = {
    text: `≤ ${most}× of few`,
    met: ({ ours }, others) => ours <= most * others.find(({ metric }) => metric === few)!.ours,
  };
  return [
    { name: `${name}, of many`, unit, better: 'less', target },
    { name: few, unit, better: 'less' },
  ];
}

export const scheduleMany: Scenario = {
  name: 'schedule-many',
  says: `What ${lively} schedules that fire every second cost while ${few}, or 100,000, are stored: per second, one process that only fires. "Waiting" is how long it waits for the store, "scripts" the time of the Redis server.`,
  stores: ['redis', 'sqlite', 'memory'],
  metrics: [
    ...asOfFew('waiting', 'ms', 1.5),
    ...asOfFew('process', 'ms', 1.5),
    ...asOfFew('scripts', 'µs', 1.5),
    ...asOfFew('commands', 'commands', 1.05),
  ],
  jobs: 100_000,
  rounds: 3,
  contestants: () => [ours],
  async measure(turn) {
    return {
      ...(await turn.part(turn.store, (part) => tickCost(part, turn.jobs, 'many'))),
      ...(await turn.part(turn.store, (part) => tickCost(part, few, 'few'))),
    };
  },
};

async function tickCost(turn: Turn, stored: number, of: 'many' | 'few'): Promise<Sample> {
  const member = join(turn);
  await member.ask('openClerk', turn.url);
  await member.askWithin(longest, 'putMany', 0, stored - lively, group);
  for (let n = 0; n < lively; n++) await member.ask('put', `lively-${n}`, { cron: '* * * * * *' });
  await member.ask('openScheduler', turn.url);
  const probe = turn.store === 'redis' ? new RedisProbe(turn.url) : undefined;
  turn.onEnd(() => probe?.close());

  const read = async () => ({
    ...(await member.ask('spent')),
    commands: await probe?.calls(),
    scripts: await probe?.scriptMicroseconds(),
  });
  await sleep(3 * second);
  await sleep(1.5 * second - (Date.now() % second)); // between two slots
  const first = await read();
  await sleep(ticks * second);
  const last = await read();
  return {
    [`waiting, of ${of}`]: (last.firing - first.firing) / ticks,
    [`process, of ${of}`]: (last.cpu - first.cpu) / ticks,
    ...(probe && {
      [`scripts, of ${of}`]: (last.scripts! - first.scripts!) / ticks,
      [`commands, of ${of}`]: (last.commands! - first.commands!) / ticks,
    }),
  };
}

function join(turn: Turn): Member {
  const member = startMember();
  turn.onEnd(() => member.stop());
  return member;
}
