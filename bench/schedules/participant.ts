/** A process that puts schedules, fires them, or runs their jobs, driven over IPC. */
import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { QueueModule, type Trigger, WorkerModule, type WorkerModuleOptions } from 'millrace';
import { openStore } from '../participants/millrace-producer.js';
import { startNest } from '../participants/nest-app.js';
import { serve } from '../support/serve.js';
import { Clerk } from './clerk.js';
import { Stopwatch } from './stopwatch.js';
import { TickHandlers, TickList } from './ticks.js';

const stopwatch = new Stopwatch();
const list = new TickList();
/** What was used until it was open, which is another scenario's matter. */
let boot = { cpu: process.cpuUsage(), at: performance.now() };
let clerk: Clerk | undefined;

const verbs = {
  /** Fires, and runs nothing. */
  async openScheduler(url: string): Promise<void> {
    await open(url, { queues: {} });
  },
  /** Runs jobs; fires as well unless told otherwise. */
  async openWorker(url: string, schedules = true): Promise<void> {
    await open(url, { schedules, concurrency: 100 }, TickHandlers);
  },
  async openClerk(url: string): Promise<void> {
    clerk = new Clerk(await openStore(url));
  },

  put: (id: string, trigger: Trigger) => opened().put(id, trigger),
  putMany: (from: number, count: number, together: number) => opened().putMany(from, count, together),
  list: (count: number) => opened().list(count),
  removeMany: (from: number, count: number, together: number) => opened().removeMany(from, count, together),

  /** What has run since this was asked last. */
  ticks: () => list.take(),
  /** Milliseconds since it was open: of processor time, in all, and of waiting for the store to fire. */
  spent() {
    const { user, system } = process.cpuUsage(boot.cpu);
    return { cpu: (user + system) / 1000, life: performance.now() - boot.at, firing: stopwatch.spent };
  },
};
export type SchedulesVerbs = typeof verbs;

async function open(url: string, options: WorkerModuleOptions, ...handlers: Type[]): Promise<void> {
  @Module({
    imports: [
      QueueModule.forRootAsync({ useFactory: async () => ({ store: stopwatch.watch(await openStore(url)) }) }),
      WorkerModule.forRoot(options),
    ],
    providers: [{ provide: TickList, useValue: list }, ...handlers],
  })
  class BenchApp {}

  await startNest(BenchApp);
  boot = { cpu: process.cpuUsage(), at: performance.now() };
}

function opened(): Clerk {
  if (!clerk) throw new Error('The clerk is not open.');
  return clerk;
}

serve(verbs);
