import BeeQueue from 'bee-queue';
import type { Payload } from '../support/payload.js';
import { type Opening, type Participant, type Producer, queueName } from './participant.js';

/** Half of the default `stallInterval`, as its documentation advises. Without these checks the jobs of a lost worker stay lost. */
const stallCheck = 2500;

export const beeQueue: Participant = {
  async producer({ url }: Opening): Promise<Producer> {
    // Remembering every job in the producer's memory is for those who wait for results.
    const queue = new BeeQueue<Payload>(queueName, {
      redis: { url },
      isWorker: false,
      getEvents: false,
      storeJobs: false,
    });
    await queue.ready();
    const results = new Results(url);
    return {
      add: (payload) => queue.createJob(payload).save(),
      addBulk: (payloads) => saveAll(queue, payloads, (payload) => queue.createJob(payload)),
      addDelayed: (payloads) => saveAll(queue, payloads, (payload) => queue.createJob(payload).delayUntil(payload.at)),
      run: (payload) => results.run(payload),
      async left() {
        const { waiting, active, delayed } = await queue.checkHealth();
        return waiting + active + delayed;
      },
      async close() {
        await results.close();
        await queue.close();
      },
    };
  },

  async worker({ url, concurrency, keep }, tally) {
    const queue = new BeeQueue<Payload>(queueName, {
      redis: { url },
      getEvents: false,
      removeOnSuccess: !keep,
      activateDelayedJobs: true,
      storeJobs: false,
    });
    await queue.ready();
    queue.process(concurrency, async (job: BeeQueue.Job<Payload>) => tally.take(job.data));
    await queue.checkStalledJobs(stallCheck);
    return { close: () => queue.close() };
  },
};

async function saveAll(
  queue: BeeQueue<Payload>,
  payloads: readonly Payload[],
  make: (payload: Payload) => BeeQueue.Job<Payload>,
): Promise<void> {
  const errors = await queue.saveAll(payloads.map(make));
  for (const error of errors.values()) throw error;
}

/** A producer that hears of finished jobs, made for those who wait for results only. */
class Results {
  private queue?: BeeQueue<Payload>;
  private readonly waiting = new Map<string, (result: unknown) => void>();
  /** Those whose event overtook the answer to `save`. */
  private readonly early = new Map<string, unknown>();

  constructor(private readonly url: string) {}

  async run(payload: Payload): Promise<unknown> {
    const { id } = await this.listening().createJob(payload).save();
    if (!this.early.has(id)) return new Promise((resolve) => this.waiting.set(id, resolve));
    const result = this.early.get(id);
    this.early.delete(id);
    return result;
  }

  async close(): Promise<void> {
    await this.queue?.close();
  }

  private listening(): BeeQueue<Payload> {
    if (this.queue) return this.queue;
    const queue = new BeeQueue<Payload>(queueName, { redis: { url: this.url }, isWorker: false, storeJobs: false });
    queue.on('job succeeded', (id, result) => {
      const resolve = this.waiting.get(id);
      if (!resolve) this.early.set(id, result);
      this.waiting.delete(id);
      resolve?.(result);
    });
    return (this.queue = queue);
  }
}
