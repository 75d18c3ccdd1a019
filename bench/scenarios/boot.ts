import { ours, type Scenario } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { clockTime } from '../support/time.js';

export const boot: Scenario = {
  name: 'boot',
  says: 'From the start of a worker process until the one job that waited is settled. Millrace and @nestjs/bullmq boot a Nest application, the others do not.',
  stores: ['redis', 'sqlite'],
  metrics: [{ name: 'first job', unit: 'ms', better: 'less' }],
  contestants: (store) => (store === 'redis' ? [ours, '@nestjs/bullmq', 'bullmq', 'bee-queue'] : [ours]),
  async measure(turn) {
    const cast = new Cast(turn);
    const producer = await cast.producer();
    await producer.ask('addBulk', 1, 1);
    const settled = producer.ask('drain', { jobs: 1, every: 1 });
    const began = clockTime();
    const [{ at }] = await Promise.all([settled, cast.worker(100)]);
    return { 'first job': at - began };
  },
};
