import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { RedisProbe } from '../support/redis-probe.js';
import { atLeast } from '../support/targets.js';
import { contestants } from './contestants.js';

const batch = 256;
/** Milliseconds after the last handler for its settling to arrive. */
const afterwards = 200;

export const redisCpu: Scenario = {
  name: 'redis-cpu',
  says: `Processor time of the Redis server for the life of a job: added ${batch} a call, run by one worker 100 at a time. What the idle server uses is taken off.`,
  stores: ['redis'],
  metrics: [
    { name: 'life', unit: 'µs', better: 'less', target: atLeast(5, 'bullmq') },
    { name: 'adding', unit: 'µs', better: 'less' },
    { name: 'running', unit: 'µs', better: 'less' },
  ],
  jobs: 50_000,
  contestants,
  async measure(turn) {
    const probe = new RedisProbe(turn.url);
    turn.onEnd(() => probe.close());
    const idle = await cost(probe, () => sleep(1000));
    const cast = new Cast(turn);
    const producer = await cast.producer();
    const adding = await cost(probe, () => producer.ask('addBulk', turn.jobs, batch));
    const running = await cost(probe, async () => {
      const worker = await cast.worker(100);
      await worker.ask('untilRan', turn.jobs);
      await sleep(afterwards);
    });
    const perJob = ({ cpu, took }: Cost) => ((cpu - (idle.cpu * took) / idle.took) * 1e6) / turn.jobs;
    return { life: perJob(adding) + perJob(running), adding: perJob(adding), running: perJob(running) };
  },
};

/** Both in seconds. */
interface Cost {
  cpu: number;
  took: number;
}

async function cost(probe: RedisProbe, work: () => Promise<unknown>): Promise<Cost> {
  const before = await probe.cpuSeconds();
  const began = performance.now();
  await work();
  const took = (performance.now() - began) / 1000;
  return { cpu: (await probe.cpuSeconds()) - before, took };
}
