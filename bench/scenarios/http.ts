import { join } from 'node:path';
import type { ApiVerbs } from '../http/api.js';
import type { LoadVerbs } from '../http/load.js';
import type { Sample, Scenario, Turn } from '../scenario.js';
import { startChild } from '../support/children.js';

const routes = ['nothing', 'enqueue'] as const;
type Route = (typeof routes)[number];

/** Both routes take turns within a turn, so that a machine that drifts drifts for both. */
const order = [...routes, ...routes.toReversed()];
const seconds = 2.5;
const warmUpSeconds = 1;

export const http: Scenario = {
  name: 'http',
  says: 'Requests from 1,000 connections to a Nest API that enqueues a job in each, beside a route that does nothing.',
  stores: ['redis'],
  contestants: () => ['millrace', 'bullmq', 'bee-queue'],
  rounds: 3,
  metrics: [
    {
      name: 'of a route that does nothing',
      unit: '%',
      better: 'more',
      target: { text: '≥ 90 %', met: ({ ours }) => ours >= 90 },
    },
    { name: 'with a job', unit: 'requests/s', better: 'more' },
    { name: 'processor time of the API for the job', unit: 'µs', better: 'less' },
  ],
  measure,
};

async function measure(turn: Turn): Promise<Sample> {
  const api = startChild<ApiVerbs>(program('api'));
  turn.onEnd(() => api.stop());
  const load = startChild<LoadVerbs>(program('load'));
  turn.onEnd(() => load.stop());
  const port = await api.ask('open', turn.contestant, turn.url);

  const post = async (route: Route, seconds: number) => {
    const before = await api.ask('processorTime');
    const { requests, perSecond } = await load.ask('post', `http://127.0.0.1:${port}/${route}`, seconds);
    return { perSecond, processor: ((await api.ask('processorTime')) - before) / requests };
  };
  for (const route of routes) await post(route, warmUpSeconds);
  const taken = { nothing: { perSecond: 0, processor: 0 }, enqueue: { perSecond: 0, processor: 0 } };
  for (const route of order) {
    const { perSecond, processor } = await post(route, seconds);
    taken[route].perSecond += perSecond / 2;
    taken[route].processor += processor / 2;
  }
  const { nothing, enqueue } = taken;
  return {
    'of a route that does nothing': (100 * enqueue.perSecond) / nothing.perSecond,
    'with a job': enqueue.perSecond,
    'processor time of the API for the job': enqueue.processor - nothing.processor,
  };
}

const program = (name: string) => join(import.meta.dirname, '..', 'http', `${name}.js`);
