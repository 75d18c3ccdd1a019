import { ours, type Sample, type Scenario, type Target, type Turn } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { RedisProbe } from '../support/redis-probe.js';
import { processRate } from './process.js';

const batch = 1000;

/** Our share of what the bare scripts do. */
const shareOfFloor = (share: number): Target => ({
  text: `≥ ${share * 100} % of the bare scripts`,
  met: ({ ratio }) => (ratio.floor === undefined ? undefined : ratio.floor >= share),
});

export const floor: Scenario = {
  name: 'floor',
  says: 'Two bare scripts and a loop without a library around them, the practical limit here: a full queue worked off, and jobs added in bulk.',
  stores: ['redis'],
  contestants: () => [ours, 'floor'],
  jobs: 200_000,
  metrics: [
    { name: 'settled at 100', unit: 'jobs/s', better: 'more', target: shareOfFloor(0.6) },
    { name: 'settled at 10', unit: 'jobs/s', better: 'more' },
    { name: 'settled at 1', unit: 'jobs/s', better: 'more' },
    { name: 'added in bulk', unit: 'jobs/s', better: 'more' },
    { name: 'Redis CPU per job added and settled at 100', unit: 'µs', better: 'less' },
  ],
  measure,
};

/** Each figure on a server of its own, the smaller concurrencies with fewer jobs. */
async function measure(turn: Turn): Promise<Sample> {
  const settled = (concurrency: number, share: number) =>
    turn.part('redis', (part) => processRate({ ...part, jobs: Math.ceil(turn.jobs * share) }, { concurrency }));
  return {
    'added in bulk': await turn.part('redis', addRate),
    ...(await turn.part('redis', atHundred)),
    'settled at 10': await settled(10, 0.5),
    'settled at 1': await settled(1, 0.1),
  };
}

async function atHundred(turn: Turn): Promise<Sample> {
  const probe = new RedisProbe(turn.url);
  turn.onEnd(() => probe.close());
  const before = await probe.cpuSeconds();
  const rate = await processRate(turn, { concurrency: 100 });
  const used = (await probe.cpuSeconds()) - before;
  return { 'settled at 100': rate, 'Redis CPU per job added and settled at 100': (used * 1e6) / turn.jobs };
}

/** After a fifth that warms up. */
async function addRate(turn: Turn): Promise<number> {
  const producer = await new Cast(turn).producer();
  await producer.ask('addBulk', Math.ceil(turn.jobs / 5), batch);
  return (turn.jobs * 1000) / (await producer.ask('addBulk', turn.jobs, batch));
}
