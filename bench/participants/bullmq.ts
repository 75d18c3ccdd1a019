import { type Job, Queue, QueueEvents, Worker } from 'bullmq';
import type { Payload } from '../support/payload.js';
import { type Opening, type Participant, queueName } from './participant.js';

const jobName = 'noop';

export const bullmq: Participant = {
  async producer({ url, keep }) {
    const queue = new Queue<Payload, number>(queueName, {
      connection: connectionOf(url),
      defaultJobOptions: { removeOnComplete: !keep },
    });
    queue.setMaxListeners(0); // one per job that is waited for
    await queue.waitUntilReady();
    const events = new Events(url);
    return {
      add: (payload) => queue.add(jobName, payload),
      addBulk: (payloads) => queue.addBulk(payloads.map((data) => ({ name: jobName, data }))),
      addDelayed(payloads) {
        const timestamp = Date.now();
        const optsOf = ({ at }: Payload) => ({ timestamp, delay: at - timestamp });
        return queue.addBulk(payloads.map((data) => ({ name: jobName, data, opts: optsOf(data) })));
      },
      async run(payload) {
        const listening = await events.listening();
        const job = await queue.add(jobName, payload);
        return job.waitUntilFinished(listening);
      },
      left: () => queue.getJobCountByTypes('wait', 'active', 'delayed', 'prioritized'),
      async close() {
        await events.close();
        await queue.close();
      },
    };
  },

  async worker({ url, concurrency }, tally) {
    const handle = async (job: Job<Payload, number>) => tally.take(job.data);
    const worker = new Worker(queueName, handle, { connection: connectionOf(url), concurrency });
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  },
};

export function connectionOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** Listens only for a producer that waits for results. */
class Events {
  private events?: Promise<QueueEvents>;

  constructor(private readonly url: Opening['url']) {}

  listening(): Promise<QueueEvents> {
    return (this.events ??= this.start());
  }

  async close(): Promise<void> {
    await (await this.events)?.close();
  }

  private async start(): Promise<QueueEvents> {
    const events = new QueueEvents(queueName, { connection: connectionOf(this.url) });
    events.setMaxListeners(0); // one per job that is waited for
    await events.waitUntilReady();
    return events;
  }
}
