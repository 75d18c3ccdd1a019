import type { Scenario, Turn } from '../scenario.js';
import { type Actor, Cast } from '../support/cast.js';
import { payloadBytes } from '../support/payload.js';
import { RedisProbe } from '../support/redis-probe.js';
import { atLeast, atMost } from '../support/targets.js';
import { clockTime, until } from '../support/time.js';
import { contestants } from './contestants.js';

/** Jobs that are there already, so that scripts, keys and bounded event streams have their size. */
const before = 5000;
/** With those before as many as Millrace keeps of a queue. */
const mostFinished = 5000;
const batch = 1000;
const day = 24 * 3600 * 1000;

export const memory: Scenario = {
  name: 'memory',
  says: `Redis memory per job with a payload of ${payloadBytes} bytes of JSON: waiting, scheduled for tomorrow, and finished with its result kept.`,
  stores: ['redis'],
  metrics: [
    {
      name: 'waiting',
      unit: 'bytes',
      better: 'less',
      target: [atLeast(1, 'bullmq'), atMost(payloadBytes + 150, 'bytes')],
    },
    { name: 'scheduled', unit: 'bytes', better: 'less' },
    { name: 'finished', unit: 'bytes', better: 'less' },
  ],
  jobs: 50_000,
  rounds: 3,
  contestants,
  async measure(turn) {
    return {
      waiting: await turn.part('redis', (part) => bytesOfAdded(part, addNow)),
      scheduled: await turn.part('redis', (part) => bytesOfAdded(part, addForTomorrow)),
      finished: await turn.part('redis', bytesOfFinished),
    };
  },
};

type Adding = (producer: Actor, jobs: number) => Promise<unknown>;

const addNow: Adding = (producer, jobs) => producer.ask('addBulk', jobs, batch);

const addForTomorrow: Adding = (producer, jobs) => {
  const from = clockTime() + day;
  return producer.ask('addDelayed', jobs, batch, from, from + day);
};

async function bytesOfAdded(turn: Turn, add: Adding): Promise<number> {
  const producer = await new Cast(turn).producer();
  return growth(turn, turn.jobs, (jobs) => add(producer, jobs));
}

/** Until none is left, as a handler that has ended is not settled yet. */
async function bytesOfFinished(turn: Turn): Promise<number> {
  const cast = new Cast(turn, { keep: true });
  const producer = await cast.producer();
  await cast.worker(100);
  return growth(turn, Math.min(mostFinished, turn.jobs), async (jobs) => {
    await addNow(producer, jobs);
    await until('Every job settled', async () => (await producer.ask('left')) === 0);
  });
}

/** Bytes per job by which the server grows. */
async function growth(turn: Turn, jobs: number, make: (jobs: number) => Promise<unknown>): Promise<number> {
  const probe = new RedisProbe(turn.url);
  turn.onEnd(() => probe.close());
  await make(before);
  const empty = await probe.usedMemory();
  await make(jobs);
  return ((await probe.usedMemory()) - empty) / jobs;
}
