import type { Participant } from '../participants/participant.js';
import type { Payload } from '../support/payload.js';
import { BareQueue } from './bare-queue.js';

/** The practical limit, measured as a library is. */
export const floor: Participant = {
  async producer({ url }) {
    const queue = new BareQueue(url);
    return {
      add: (payload) => queue.addBulk([payload]),
      addBulk: (payloads) => queue.addBulk(payloads),
      addDelayed: () => refuse('a time'),
      run: () => refuse('results'),
      left: () => queue.left(),
      close: () => queue.close(),
    };
  },

  async worker({ url, keep = false, concurrency }, tally) {
    const queue = new BareQueue(url);
    const stopping = new AbortController();
    const handler = async (payload: unknown) => tally.take(payload as Payload);
    const working = queue.work({ concurrency, keep, handler }, stopping.signal);
    return {
      async close() {
        stopping.abort();
        await working;
        await queue.close();
      },
    };
  },
};

async function refuse(what: string): Promise<never> {
  throw new Error(`The bare scripts know nothing of ${what}.`);
}
