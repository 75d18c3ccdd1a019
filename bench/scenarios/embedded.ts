import { setTimeout as sleep } from 'node:timers/promises';
import { ours, type Scenario, type Turn } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { atLeast, atMost } from '../support/targets.js';
import { idleLatency, throughRate } from './latency.js';
import { processRate } from './process.js';

/** Milliseconds: what a worker does in its first idle moments is left out. */
const settling = 10_000;
const idling = 20_000;
const few = 100;

export const embedded: Scenario = {
  name: 'embedded',
  says: 'Millrace on one SQLite file, nothing installed, beside BullMQ on Redis: the rates of process-100, latency on an idle system, and what an idle worker uses.',
  stores: ['sqlite'],
  metrics: [
    { name: 'producer and worker apart', unit: 'jobs/s', better: 'more', target: atLeast(3, 'bullmq') },
    { name: 'in one process', unit: 'jobs/s', better: 'more' },
    { name: 'added and run at once', unit: 'jobs/s', better: 'more' },
    { name: 'latency p50', unit: 'ms', better: 'less' },
    { name: 'latency p99', unit: 'ms', better: 'less', target: atMost(5, 'ms') },
    { name: 'idle worker', unit: '% of a core', better: 'less', target: atMost(1, '% of a core') },
  ],
  without: ['BullMQ runs on Redis here, producer and worker always apart.'],
  jobs: 100_000,
  rounds: 3,
  contestants: () => [ours, 'bullmq'],
  async measure(turn) {
    const { contestant } = turn;
    const alone = <T>(measure: (part: Turn) => Promise<T>) =>
      turn.part(contestant === ours ? 'sqlite' : 'redis', measure);
    const apart = await alone((part) => processRate(part, { concurrency: 100 }));
    const joined = (part: Turn) => processRate(part, { concurrency: 100, together: true });
    const { p50, p99 } = await alone((part) => idleLatency(new Cast(part), 300));
    return {
      'producer and worker apart': apart,
      'in one process': contestant === ours ? await alone(joined) : apart,
      'added and run at once': await alone(throughput),
      'latency p50': p50!,
      'latency p99': p99!,
      'idle worker': await alone(idleShare),
    };
  },
};

async function throughput(turn: Turn): Promise<number> {
  const cast = new Cast(turn);
  const worker = await cast.worker(100);
  return throughRate(await cast.producer(), worker, turn.jobs);
}

/** Per cent of a core, of a worker that has run a few jobs and has none. */
async function idleShare(turn: Turn): Promise<number> {
  const cast = new Cast(turn);
  const worker = await cast.worker(100);
  const producer = await cast.producer();
  await producer.ask('addBulk', few, few);
  await worker.ask('untilRan', few);
  await sleep(settling);
  return 100 * (await worker.ask('cpuShare', idling));
}
