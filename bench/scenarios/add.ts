import type { Sample, Scenario, Turn } from '../scenario.js';
import { type Actor, Cast } from '../support/cast.js';
import { atLeast } from '../support/targets.js';
import { contestants } from './contestants.js';

/** How jobs are asked for: milliseconds for so many. */
type Way = (producer: Actor, jobs: number) => Promise<number>;

const bulk = 1000;
const together = 10_000;

export const add = adding({
  name: 'add',
  says: 'One producer adds jobs one by one, each awaited.',
  jobs: 20_000,
  factor: 1.2,
  way: (producer, jobs) => producer.ask('addOneByOne', jobs),
});

export const addConcurrent = adding({
  name: 'add-concurrent',
  says: `One producer adds ${together} jobs with single calls that are awaited together, and again.`,
  jobs: 5 * together,
  factor: 8,
  way: (producer, jobs) => producer.ask('addTogether', jobs, Math.min(together, jobs)),
});

export const addBulk = adding({
  name: 'add-bulk',
  says: `One producer adds jobs ${bulk} a call, one call after the other.`,
  jobs: 100_000,
  factor: 8,
  way: (producer, jobs) => producer.ask('addBulk', jobs, bulk),
});

interface Adding {
  name: string;
  says: string;
  jobs: number;
  /** Times the rate of BullMQ. */
  factor: number;
  way: Way;
}

function adding({ name, says, jobs, factor, way }: Adding): Scenario {
  return {
    name,
    says: `${says} No worker runs.`,
    stores: ['redis', 'sqlite', 'memory'],
    metrics: [{ name: 'added', unit: 'jobs/s', better: 'more', target: atLeast(factor, 'bullmq') }],
    jobs,
    contestants,
    measure: (turn) => measure(turn, way),
  };
}

/** After a fifth that warms up. What is counted in the end are stored jobs, not calls. */
async function measure(turn: Turn, way: Way): Promise<Sample> {
  const warmUp = Math.ceil(turn.jobs / 5);
  const producer = await new Cast(turn).producer();
  await way(producer, warmUp);
  const took = await way(producer, turn.jobs);
  const stored = await producer.ask('left');
  if (stored !== warmUp + turn.jobs) throw new Error(`${stored} jobs were stored of ${warmUp + turn.jobs}.`);
  return { added: (turn.jobs * 1000) / took };
}
