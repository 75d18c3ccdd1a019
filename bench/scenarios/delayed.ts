import type { Scenario } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { percentile } from '../support/statistics.js';
import { clockTime } from '../support/time.js';
import { contestants } from './contestants.js';

/** Milliseconds over which jobs are due. */
const span = 10_000;
/** Jobs added per millisecond, by the slowest on a busy machine; and a little more time. */
const pace = 8;
const rest = 2000;
const batch = 1000;

export const delayed: Scenario = {
  name: 'delayed',
  says: 'Jobs due evenly over 10 s, all added before the first is due: how long after its time a handler starts.',
  stores: ['redis', 'sqlite', 'memory'],
  metrics: [
    { name: 'p50', unit: 'ms', better: 'less' },
    { name: 'p99', unit: 'ms', better: 'less' },
    { name: 'max', unit: 'ms', better: 'less' },
  ],
  jobs: 100_000,
  rounds: 3,
  contestants,
  async measure(turn) {
    const cast = new Cast(turn);
    const worker = await cast.worker(100);
    const producer = await cast.producer();
    const from = clockTime() + rest + turn.jobs / pace;
    await producer.ask('addDelayed', turn.jobs, batch, from, from + span);
    await worker.ask('untilRan', turn.jobs);
    const late = await worker.ask('waits');
    return { p50: percentile(late, 0.5), p99: percentile(late, 0.99), max: percentile(late, 1) };
  },
};
