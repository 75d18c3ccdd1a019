import type { Scenario, Sample, Turn } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { percentile } from '../support/statistics.js';
import { atLeast, atMost } from '../support/targets.js';
import { contestants } from './contestants.js';

export const latencyMetrics = [
  { name: 'p50', unit: 'ms', better: 'less', target: atLeast(1, 'bullmq') },
  { name: 'p99', unit: 'ms', better: 'less', target: [atLeast(1, 'bullmq'), atMost(5, 'ms')] },
] as const;

const warmUp = 50;
const every = 10;

export const latency: Scenario = {
  name: 'latency',
  says: 'From enqueue to the start of the handler in another process, on an idle system: one job every 10 ms.',
  stores: ['redis', 'sqlite', 'memory'],
  metrics: latencyMetrics,
  contestants,
  measure: (turn) => idleLatency(new Cast(turn), 300),
};

/** The first fifty are left out. */
export async function idleLatency(cast: Cast, jobs: number, slowUrl?: string): Promise<Sample> {
  const worker = await cast.worker(100, slowUrl);
  const producer = await cast.producer(slowUrl);
  await producer.ask('addEvery', jobs, every);
  await worker.ask('untilRan', jobs);
  const waits = (await worker.ask('waits')).slice(warmUp);
  return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99) };
}

/** Seconds under load, of which the first is left out. */
const loaded = 6;

export const latencyLoaded: Scenario = {
  name: 'latency-loaded',
  says: 'The same while jobs come at half of the rate this contestant can add and process at once, as measured just before.',
  stores: ['redis', 'sqlite', 'memory'],
  metrics: [
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'load', unit: 'jobs/s', better: 'more' },
  ],
  jobs: 30_000,
  rounds: 3,
  contestants,
  measure: measureLoaded,
};

async function measureLoaded(turn: Turn): Promise<Sample> {
  const cast = new Cast(turn);
  const worker = await cast.worker(100);
  const producer = await cast.producer();
  const load = (await capacity()) / 2;
  const sent = await producer.ask('addAtRate', load, loaded);
  await worker.ask('untilRan', 2 * turn.jobs + sent);
  const waits = (await worker.ask('waits')).slice(Math.ceil(load));
  return { p50: percentile(waits, 0.5), p99: percentile(waits, 0.99), load };

  /** Jobs per second through producer and worker at the same time; the first half warms up. */
  async function capacity(): Promise<number> {
    await pass(1);
    const began = performance.now();
    await pass(2);
    return (turn.jobs * 1000) / (performance.now() - began);
  }

  async function pass(time: number): Promise<void> {
    await producer.ask('addTogether', turn.jobs, Math.min(500, turn.jobs));
    await worker.ask('untilRan', time * turn.jobs);
  }
}
