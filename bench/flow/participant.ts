/** A process that adds jobs with limits, or runs them, driven over IPC. */
import 'reflect-metadata';
import { Inject, Injectable, Module } from '@nestjs/common';
import {
  bindTasks,
  defineTasks,
  Queue,
  QueueModule,
  type RateLimit,
  type Store,
  task,
  Task,
  type TaskClient,
  type TaskContext,
  type TaskOptions,
  WorkerModule,
} from 'millrace';
import { openStore } from '../participants/millrace-producer.js';
import { startNest } from '../participants/nest-app.js';
import { drain, type Draining } from '../participants/watch.js';
import { serve } from '../support/serve.js';
import { clockTime } from '../support/time.js';
import { StartList } from './starts.js';

/** What holds of the task, and of each of its groups. */
export interface Limits {
  rate?: RateLimit;
  group?: { rate?: RateLimit; maxActive?: number };
}

export interface FlowPayload {
  /** Of the group; absent: none. */
  key?: string;
  /** When it was sent, as `clockTime()` says. */
  at: number;
  /** Milliseconds its handler takes. */
  takes?: number;
}

/** So many jobs, of so many groups in turn, or of one that is named. */
export interface Load {
  jobs: number;
  groups?: number;
  key?: string;
  takes?: number;
}

class FlowTasks extends defineTasks('flow', { run: task<FlowPayload, void>({ queue: 'flow', keepResult: 0 }) }) {}

@Injectable()
class FlowHandlers {
  constructor(@Inject(StartList) private readonly list: StartList) {}

  @Task(FlowTasks.run)
  async run({ key = '', at, takes }: FlowPayload, { job, fence }: TaskContext) {
    this.list.add({ key, claimed: fence, enqueuedAt: job.enqueuedAt, waited: clockTime() - at });
    if (takes) await new Promise((resolve) => setTimeout(resolve, takes));
  }
}

const batch = 1000;
const list = new StartList();
let client: { store: Store; run: TaskClient<FlowPayload, void> } | undefined;

const verbs = {
  async openProducer(url: string, limits: Limits): Promise<void> {
    const store = await openStore(url);
    const queue = new Queue({ store, overrides: overridesOf(limits) });
    client = { store, run: bindTasks(FlowTasks, queue).run };
  },
  async openWorker(url: string, limits: Limits, concurrency: number): Promise<void> {
    @Module({
      imports: [
        QueueModule.forRootAsync({
          useFactory: async () => ({ store: await openStore(url), overrides: overridesOf(limits) }),
        }),
        WorkerModule.forRoot({ concurrency, shutdown: { grace: 0 } }),
      ],
      providers: [FlowHandlers, { provide: StartList, useValue: list }],
    })
    class FlowWorker {}

    await startNest(FlowWorker);
  },

  async add({ jobs, groups, key, takes }: Load): Promise<void> {
    for (let from = 0; from < jobs; from += batch) {
      const count = Math.min(batch, jobs - from);
      const payloads = Array.from({ length: count }, (_, i) => ({
        payload: { key: groups ? `group-${(from + i) % groups}` : key, at: clockTime(), takes },
      }));
      await opened().run.enqueueMany(payloads);
    }
  },
  drain: (draining: Draining) => drain({ left }, draining),
  starts: () => list.take(),
};
export type FlowVerbs = typeof verbs;

async function left(): Promise<number> {
  const queues = await opened().store.counts();
  return queues.reduce((sum, { counts }) => sum + counts.ready + counts.active + counts.scheduled, 0);
}

function overridesOf({ rate, group }: Limits): Record<string, TaskOptions> {
  const key = (payload: unknown) => (payload as FlowPayload).key;
  return { 'flow.run': { ...(rate && { rate }), ...(group && { group: { key, ...group } }) } };
}

function opened() {
  if (!client) throw new Error('The producer is not open.');
  return client;
}

serve(verbs);
