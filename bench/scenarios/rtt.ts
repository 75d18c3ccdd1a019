import type { Scenario, Turn } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { slowLink } from '../support/slow-link.js';
import { contestants } from './contestants.js';
import { idleLatency } from './latency.js';
import { processRate } from './process.js';

/** Milliseconds. */
const roundTrip = 1;
const addedJobs = 1000;
const latencyJobs = 200;

export const rtt: Scenario = {
  name: 'rtt',
  says: `process-100, add and latency with a network between: ${roundTrip} ms more for a round trip to Redis.`,
  stores: ['redis'],
  metrics: [
    { name: 'settled', unit: 'jobs/s', better: 'more' },
    { name: 'added one by one', unit: 'jobs/s', better: 'more' },
    { name: 'latency p50', unit: 'ms', better: 'less' },
    { name: 'latency p99', unit: 'ms', better: 'less' },
  ],
  jobs: 30_000,
  rounds: 3,
  contestants,
  async measure(turn) {
    const settled = await far(turn, (part, url) => processRate(part, { concurrency: 100, url }));
    const added = await far(turn, (part, url) => addRate(new Cast(part, { url })));
    const { p50, p99 } = await far(turn, (part, url) => idleLatency(new Cast(part, { url }), latencyJobs));
    return { settled, 'added one by one': added, 'latency p50': p50!, 'latency p99': p99! };
  },
};

async function addRate(cast: Cast): Promise<number> {
  const producer = await cast.producer();
  await producer.ask('addOneByOne', addedJobs / 5);
  return (addedJobs * 1000) / (await producer.ask('addOneByOne', addedJobs));
}

/** With a server of its own, and the long way to it. */
function far<T>(turn: Turn, measure: (part: Turn, url: string) => Promise<T>): Promise<T> {
  return turn.part('redis', async (part) => {
    const link = await slowLink(Number(new URL(part.url).port), roundTrip);
    part.onEnd(() => link.stop());
    return measure(part, `redis://127.0.0.1:${link.port}`);
  });
}
