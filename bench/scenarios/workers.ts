import type { Figure, Metric, Sample, Scenario, Target, Turn } from '../scenario.js';
import { RedisProbe } from '../support/redis-probe.js';
import { contestants } from './contestants.js';
import { processRate } from './process.js';

const numbers = [1, 2, 4];
const rateOf = (workers: number) => `${workers} ${workers === 1 ? 'process' : 'processes'}`;
const redisAt = (workers: number) => `Redis at ${workers}`;
const gain = '2 against 1';

/** Per cent of a core from which on the server is the limit. */
const full = 90;

const scales: Target = {
  text: `≥ 1.3×, or Redis above ${full} % of a core`,
  met: (figure, others) => {
    const redis = others.find(({ metric }: Figure) => metric === redisAt(2));
    return redis && (figure.ours >= 1.3 || redis.ours >= full);
  },
};

export const workers: Scenario = {
  name: 'workers',
  says: 'The rate of process-100 with one, two and four worker processes, and how much of a core Redis used.',
  stores: ['redis', 'sqlite'],
  metrics: [
    { name: rateOf(1), unit: 'jobs/s', better: 'more' },
    ...numbers.slice(1).map((n): Metric => ({ name: rateOf(n), unit: 'jobs/s', better: 'more' })),
    { name: gain, unit: '×', better: 'more', target: scales },
    ...numbers.map((n): Metric => ({ name: redisAt(n), unit: '% of a core', better: 'less' })),
  ],
  jobs: 100_000,
  rounds: 3,
  contestants,
  async measure(turn) {
    let sample: Sample = {};
    for (const n of numbers) {
      sample = { ...sample, ...(await turn.part(turn.store, (part) => withWorkers(part, n))) };
    }
    return { ...sample, [gain]: sample[rateOf(2)]! / sample[rateOf(1)]! };
  },
};

async function withWorkers(turn: Turn, workers: number): Promise<Sample> {
  const processing = { concurrency: 100, workers };
  if (turn.store !== 'redis') return { [rateOf(workers)]: await processRate(turn, processing) };
  const probe = new RedisProbe(turn.url);
  turn.onEnd(() => probe.close());
  let filled = 0;
  const onFilled = async () => void (filled = await probe.cpuSeconds());
  const rate = await processRate(turn, { ...processing, onFilled });
  const perJob = ((await probe.cpuSeconds()) - filled) / turn.jobs;
  return { [rateOf(workers)]: rate, [redisAt(workers)]: 100 * perJob * rate };
}
