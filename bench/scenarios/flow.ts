import { setTimeout as sleep } from 'node:timers/promises';
import { Crew } from '../flow/crew.js';
import type { Limits } from '../flow/participant.js';
import { mostWithin, shareUsed, type Start } from '../flow/starts.js';
import { type Metric, ours, type Sample, type Scenario, type Target, type Turn } from '../scenario.js';
import { percentile } from '../support/statistics.js';
import { atMost, noLess } from '../support/targets.js';
import { until } from '../support/time.js';

const second = 1000;
const micros = 1_000_000;

/** One limiter: so many starts in a period of so many seconds, for so long. */
interface Limiter {
  name: string;
  limits: Limits;
  limit: number;
  period: number;
  seconds: number;
  keys?: number;
}

const limiters: readonly Limiter[] = [
  { name: '100/s', limits: { rate: '100/s' }, limit: 100, period: 1, seconds: 20 },
  { name: '10/s', limits: { rate: '10/s' }, limit: 10, period: 1, seconds: 20 },
  { name: '1000/m', limits: { rate: '1000/m' }, limit: 1000, period: 60, seconds: 75 },
  { name: '10/s of each of 10 keys', limits: { group: { rate: '10/s' } }, limit: 10, period: 1, seconds: 20, keys: 10 },
];

export const limiter: Scenario = {
  name: 'limiter',
  says: 'Four worker processes and always enough jobs: the share of a rate that is used, and the most attempts that begin in any window as long as its period, by the clock of the store. Of several keys the least and the most.',
  stores: ['redis', 'sqlite'],
  metrics: limiters.flatMap(({ name, limit }) => [
    { name: `used of ${name}`, unit: '%', better: 'more', target: noLess(95, '%') },
    { name: `most of ${name}`, unit: 'starts', better: 'less', target: atMost(limit, 'starts') },
  ]) as [Metric, ...Metric[]],
  rounds: 1,
  contestants: () => [ours],
  async measure(turn) {
    const sample: Sample = {};
    for (const limiter of limiters) {
      const use = await turn.part(turn.store, (part) => useOf(part, limiter));
      say(
        Object.entries(use)
          .map(([name, value]) => `${name}: ${value.toFixed(1)}`)
          .join(', '),
      );
      Object.assign(sample, use);
    }
    return sample;
  },
};

async function useOf(turn: Turn, { name, limits, limit, period, seconds, keys = 1 }: Limiter): Promise<Sample> {
  const crew = await Crew.open(turn, limits);
  const enough = Math.ceil(((limit * keys) / period) * (seconds + 10) * 1.2);
  await crew.work(4, 10);
  await crew.add({ jobs: enough, groups: keys > 1 ? keys : undefined });
  await sleep(seconds * second);
  const starts = await crew.starts();
  const perKey = [...new Set(starts.map(({ key }) => key))].map((key) => starts.filter((start) => start.key === key));
  if (perKey.length !== keys) throw new Error(`Jobs of ${perKey.length} of ${keys} keys have begun.`);
  return {
    [`used of ${name}`]: Math.min(...perKey.map((own) => shareUsed(limit, period * micros, own))),
    [`most of ${name}`]: Math.max(...perKey.map((own) => mostWithin(period * micros, own))),
  };
}

const groupCount = 1000;

export const groups: Scenario = {
  name: 'groups',
  says: `Jobs of ${groupCount} groups, each with at most two of them active, beside as many jobs without a group: one worker process, 100 at a time, and a full queue.`,
  stores: ['redis', 'sqlite'],
  metrics: [
    { name: 'of ungrouped', unit: '%', better: 'more', target: noLess(50, '%') },
    { name: 'grouped', unit: 'jobs/s', better: 'more' },
    { name: 'ungrouped', unit: 'jobs/s', better: 'more' },
  ],
  jobs: 1_000_000,
  rounds: 1,
  contestants: () => [ours],
  async measure(turn) {
    const ungrouped = await turn.part(turn.store, (part) => rateOf(part, {}));
    say(`ungrouped: ${ungrouped.toFixed(0)} jobs/s`);
    const grouped = await turn.part(turn.store, (part) => rateOf(part, { group: { maxActive: 2 } }, groupCount));
    return { 'of ungrouped': (100 * grouped) / ungrouped, grouped, ungrouped };
  },
};

async function rateOf(turn: Turn, limits: Limits, groups?: number): Promise<number> {
  const crew = await Crew.open(turn, limits);
  await crew.add({ jobs: turn.jobs, groups });
  say(`${turn.jobs} jobs are there`);
  const drained = crew.drain(turn.jobs);
  drained.catch(() => undefined); // reported where it is awaited
  await crew.work(1, 100);
  return drained;
}

/** A cost beside a full group, which shall be about that without. */
function asWithout(name: string): [Metric, Metric] {
  const without = `${name}, without`;
  const target: Target = {
    text: '≤ 1.5× of without, or 1 ms more',
    met: ({ ours }, others) => {
      const alone = others.find(({ metric }) => metric === without)!.ours;
      return ours <= Math.max(1.5 * alone, alone + 1);
    },
  };
  return [
    { name, unit: 'ms', better: 'less', target },
    { name: without, unit: 'ms', better: 'less' },
  ];
}

/** Jobs whose latency is measured, of each kind, and milliseconds between two. */
const probes = 250;
const probeEvery = 20;

export const saturated: Scenario = {
  name: 'saturated',
  says: 'Enqueue to start in another process while a group of 100,000 jobs that is at its limit of one, which takes a second each, came first; and without it: jobs of another group, and jobs of none.',
  stores: ['redis', 'sqlite'],
  metrics: [
    ...asWithout('other group p50'),
    ...asWithout('plain p50'),
    ...asWithout('other group p99'),
    ...asWithout('plain p99'),
  ],
  jobs: 100_000,
  rounds: 1,
  contestants: () => [ours],
  async measure(turn) {
    return {
      ...(await turn.part(turn.store, (part) => latencies(part, 0, ', without'))),
      ...(await turn.part(turn.store, (part) => latencies(part, turn.jobs, ''))),
    };
  },
};

async function latencies(turn: Turn, ahead: number, suffix: string): Promise<Sample> {
  const crew = await Crew.open(turn, { group: { maxActive: 1 } });
  if (ahead > 0) await crew.add({ jobs: ahead, key: 'full', takes: second });
  say(`${ahead} jobs are ahead`);
  await crew.work(1, 10);
  await crew.add({ jobs: 1, key: 'other' });
  await sleep(2 * second);
  await crew.starts();
  for (let n = 0; n < probes; n++) {
    await crew.add({ jobs: 1, key: 'other' });
    await sleep(probeEvery);
    await crew.add({ jobs: 1 });
    await sleep(probeEvery);
  }
  const starts: Start[] = [];
  const of = (key: string) => starts.filter((start) => start.key === key).map(({ waited }) => waited);
  const all = async () =>
    starts.push(...(await crew.starts())) > 0 && of('other').length + of('').length === 2 * probes;
  await until('Every probe', all, { every: 100, within: 30 * second });
  return Object.fromEntries(
    [50, 99].flatMap((share) => [
      [`other group p${share}${suffix}`, percentile(of('other'), share / 100)],
      [`plain p${share}${suffix}`, percentile(of(''), share / 100)],
    ]),
  );
}

export const fair: Scenario = {
  name: 'fair',
  says: 'A tenant with 100,000 jobs, and one with a single job that comes last: how many starts of the first it sees before its own. One worker process, 10 at a time: started when all jobs are there, and running already.',
  stores: ['redis', 'sqlite'],
  metrics: [
    { name: 'before a worker', unit: 'starts', better: 'less', target: atMost(10, 'starts') },
    { name: 'while one runs', unit: 'starts', better: 'less', target: atMost(30, 'starts') },
  ],
  jobs: 100_000,
  rounds: 3,
  contestants: () => [ours],
  async measure(turn) {
    return {
      'before a worker': await turn.part(turn.store, (part) => startsBefore(part, false)),
      'while one runs': await turn.part(turn.store, (part) => startsBefore(part, true)),
    };
  },
};

async function startsBefore(turn: Turn, running: boolean): Promise<number> {
  const crew = await Crew.open(turn, { group: {} });
  await crew.add({ jobs: turn.jobs, key: 'many', takes: 5 });
  if (running) await crew.work(1, 10);
  if (running) await sleep(3 * second);
  await crew.add({ jobs: 1, key: 'one' });
  if (!running) await crew.work(1, 10);
  const starts: Start[] = [];
  const isThere = async () => starts.push(...(await crew.starts())) > 0 && starts.some(({ key }) => key === 'one');
  await until('The start of the single one', isThere, { every: 100 });
  const own = starts.find(({ key }) => key === 'one')!;
  const after = running ? own.enqueuedAt * second : 0;
  if (running && starts.length > turn.jobs) throw new Error('All jobs had begun before the single one came.');
  return starts.filter(({ claimed }) => claimed >= after && claimed < own.claimed).length;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
