import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import { payload } from '../support/payload.js';
import { serve } from '../support/serve.js';

/** The child's program: clients of an API, each of which sends its next request when it has the answer to the last. */
const connections = 1000;
/** In which they connect, and no rate is taken. */
const settlingMs = 1000;
const accepted = 202;

export interface Load {
  /** All that were accepted, also while the clients connected. */
  requests: number;
  perSecond: number;
}

const verbs = {
  /** Requests for that many seconds, and before that until all have connected. Rejects when one was not accepted. */
  async post(url: string, seconds: number): Promise<Load> {
    const load = start(url);
    const ended = once(load, 'done');
    let answers = 0;
    const refused: string[] = [];
    load.on('reqError', (error) => refused.push(String(error)));
    load.on('response', (_client, status) => {
      answers++;
      if (Number(status) !== accepted) refused.push(`status ${status}`);
    });
    await pause(settlingMs);
    const [before, began] = [answers, performance.now()];
    await pause(seconds * 1000);
    const perSecond = ((answers - before) * 1000) / (performance.now() - began);
    load.stop();
    await ended;
    if (refused.length > 0) throw new Error(`${refused.length} requests were not accepted, the first: ${refused[0]}.`);
    return { requests: answers, perSecond };
  },
};

function start(url: string): autocannon.Instance {
  const body = JSON.stringify(payload(1));
  const headers = { 'content-type': 'application/json' };
  const options: autocannon.Options = {
    url,
    method: 'POST',
    headers,
    body,
    connections,
    duration: 3600,
    sampleInt: 100,
  };
  return autocannon(options, () => {});
}

export type LoadVerbs = typeof verbs;

serve(verbs);
