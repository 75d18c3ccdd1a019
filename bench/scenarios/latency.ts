import type { Scenario, Sample, Turn } from '../scenario.js';
import { type Actor, Cast } from '../support/cast.js';
import { percentile } from '../support/statistics.js';
import { atLeast, atMost } from '../support/targets.js';
import { timed } from '../support/time.js';
import { contestants } from './contestants.js';

export const latencyMetrics = [
  { name: 'p50', unit: 'ms', better: 'less', target: atLeast(1, 'bullmq') },
  { name: 'p99', unit: 'ms', better: 'less', target: [atLeast(1, 'bullmq'), atMost(5, 'ms')] },
] as const;

const warmUp = 50;
const every = 10;
const group = 500;

export const latency: Scenario = {
  name: 'latency',
  says: 'From enqueue to the start of the handler in another process, on an idle system: one job every 10 ms.',
  stores: ['redis', 'sqlite', 'memory'],
  metrics: latencyMetrics,
  contestants,
  measure: (turn) => idleLatency(new Cast(turn), 300),
};

/** The first fifty are left out. */
export async function idleLatency(cast: Cast, jobs: number): Promise<Sample> {
  const worker = await cast.worker(100);
  const producer = await cast.producer();
  await producer.ask('addEvery', jobs, every);
  await worker.ask('untilRan', jobs);
  return quantiles((await worker.ask('waits')).slice(warmUp));
}

/** Seconds under load, of which the first is left out. */
const loaded = 6;

export const latencyLoaded: Scenario = {
  name: 'latency-loaded',
  says: 'The same while jobs come at half of the rate this contestant can add and run at once, as measured just before.',
  stores: ['redis', 'sqlite', 'memory'],
  metrics: [
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'load', unit: 'jobs/s', better: 'more' },
  ],
  jobs: 30_000,
  rounds: 3,
  contestants,
  async measure(turn: Turn): Promise<Sample> {
    const cast = new Cast(turn);
    const worker = await cast.worker(100);
    const producer = await cast.producer();
    const load = (await throughRate(producer, worker, turn.jobs)) / 2;
    const before = await worker.ask('ran');
    const sent = await producer.ask('addAtRate', load, loaded);
    await worker.ask('untilRan', before + sent);
    return { ...quantiles((await worker.ask('waits')).slice(Math.ceil(load))), load };
  },
};

/** Jobs per second that are added, in groups awaited together, and run at the same time. An equal number warms up. */
export async function throughRate(producer: Actor, worker: Actor, jobs: number): Promise<number> {
  const pass = async () => {
    const before = await worker.ask('ran');
    await producer.ask('addTogether', jobs, group);
    await worker.ask('untilRan', before + jobs);
  };
  await pass();
  return (jobs * 1000) / (await timed(pass));
}

function quantiles(waits: readonly number[]): Sample {
  return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) };
}
