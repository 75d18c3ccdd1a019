import { ours, type Sample, type Scenario, type Target, type Turn } from '../scenario.js';
import { Cast, type CastOptions } from '../support/cast.js';
import { atLeast } from '../support/targets.js';
import { contestants } from './contestants.js';

export interface Processing extends CastOptions {
  concurrency: number;
  /** Worker processes. Default 1. */
  workers?: number;
  /** Jobs that are left in the end: added on top, and not run. Default 0. */
  behind?: number;
  /** Called once the queue is full, before a worker starts. */
  onFilled?: () => Promise<void>;
}

/** Jobs a call while the queue is filled, which is not timed. */
const batch = 1000;

/** Milliseconds until a queue that is not filled, or not worked off, is given up. */
const filling = 300_000;
const draining = 400_000;

/**
 * Fills the queue, starts the workers, and answers settled jobs per second, the first fifth left out. Somebody who
 * neither adds nor runs jobs looks how many are left.
 */
export async function processRate(turn: Turn, processing: Processing): Promise<number> {
  const { concurrency, workers = 1, behind = 0, onFilled, ...options } = processing;
  const cast = new Cast(turn, options);
  const producer = await cast.producer();
  await producer.askWithin(filling, 'addBulk', turn.jobs + behind, batch);
  await onFilled?.();
  const observer = await cast.observer();
  const drained = observer.askWithin(draining, 'drain', { jobs: turn.jobs + behind, downTo: behind });
  drained.catch(() => undefined); // reported where it is awaited
  const running = await Promise.all(Array.from({ length: workers }, () => cast.worker(concurrency)));
  const { perSecond } = await drained;
  const ran = await Promise.all(running.map((worker) => worker.ask('ran')));
  const all = ran.reduce((sum, count) => sum + count, 0);
  if (all < turn.jobs) throw new Error(`Only ${all} of ${turn.jobs} jobs were run.`);
  return perSecond;
}

const settled = (target?: Target) => [{ name: 'settled', unit: 'jobs/s', better: 'more', target }] as const;

export const process1 = processing(1, { jobs: 30_000, factor: 2 });
export const process10 = processing(10, { jobs: 150_000, factor: 3 });
export const process100 = processing(100, { jobs: 200_000, factor: 4.5 });

export const processKeep100: Scenario = {
  ...process100,
  name: 'process-keep-100',
  says: 'As process-100, and every finished job stays with its result.',
  metrics: settled(atLeast(4, 'bullmq')),
  measure: async (turn) => ({ settled: await processRate(turn, { concurrency: 100, keep: true }) }),
};

export const processNest100: Scenario = {
  ...process100,
  name: 'process-nest-100',
  says: 'As process-100, with a payload validated by class-validator and an interceptor around the handler; in @nestjs/bullmq both by hand.',
  metrics: settled(),
  contestants: (store) => (store === 'redis' ? [ours, '@nestjs/bullmq'] : [ours]),
  without: ['bee-queue has no module for Nest.'],
  async measure(turn): Promise<Sample> {
    const program = turn.contestant === ours ? 'millrace-checked' : '@nestjs/bullmq-checked';
    return { settled: await processRate(turn, { concurrency: 100, program }) };
  },
};

function processing(concurrency: number, { jobs, factor }: { jobs: number; factor: number }): Scenario {
  return {
    name: `process-${concurrency}`,
    says: `One worker process works off a full queue, ${concurrency} at a time. A completed job leaves nothing.`,
    stores: ['redis', 'sqlite', 'memory'],
    metrics: settled(atLeast(factor, 'bullmq')),
    jobs,
    contestants,
    measure: async (turn) => ({ settled: await processRate(turn, { concurrency }) }),
  };
}
