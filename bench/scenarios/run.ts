import type { Scenario } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { median } from '../support/statistics.js';
import { contestants } from './contestants.js';

const together = 100;
const oneByOne = 500;

export const run: Scenario = {
  name: 'run',
  says: `Enqueue and wait for the result, which a worker in another process makes: one after the other, and ${together} at a time. Results are kept.`,
  stores: ['redis', 'sqlite', 'memory'],
  metrics: [
    { name: 'one', unit: 'ms', better: 'less' },
    { name: `${together} at a time`, unit: 'results/s', better: 'more' },
  ],
  jobs: 10_000,
  contestants,
  async measure(turn) {
    const cast = new Cast(turn, { keep: true });
    await cast.worker(together);
    const producer = await cast.producer();
    await producer.ask('runTogether', Math.ceil(turn.jobs / 5), together);
    const took = await producer.ask('runTogether', turn.jobs, together);
    const alone = await producer.ask('runOneByOne', Math.min(oneByOne, turn.jobs));
    return { one: median(alone), [`${together} at a time`]: (turn.jobs * 1000) / took };
  },
};
