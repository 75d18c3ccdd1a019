/**
 * One contestant in a process of its own: `node participant.js <program>`. It opens a producer, a worker, or both, and
 * does what it is asked over IPC. What is timed is timed here.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Adder } from './participants/adder.js';
import type { Opening, Producer, Worker } from './participants/participant.js';
import { isProgram, programs } from './participants/programs.js';
import { Tally } from './participants/tally.js';
import { drain, type Draining } from './participants/watch.js';
import { serve } from './support/serve.js';
import { until } from './support/time.js';

const [program = ''] = process.argv.slice(2);
if (!isProgram(program)) throw new Error(`There is no contestant '${program}'.`);
const participant = await programs[program]();
const tally = new Tally();
let producer: Producer | undefined;
let worker: Worker | undefined;

const verbs = {
  async openProducer(opening: Opening): Promise<void> {
    producer = await participant.producer(opening);
  },
  async openWorker(opening: Opening & { concurrency: number }): Promise<void> {
    worker = await participant.worker(opening, tally);
  },
  async close(): Promise<void> {
    await worker?.close();
    await producer?.close();
  },

  addOneByOne: (jobs: number) => adder().oneByOne(jobs),
  addTogether: (jobs: number, together: number) => adder().together(jobs, together),
  addBulk: (jobs: number, batch: number) => adder().bulk(jobs, batch),
  addDelayed: (jobs: number, batch: number, from: number, to: number) => adder().delayed(jobs, batch, from, to),
  addEvery: (jobs: number, every: number) => adder().every(jobs, every),
  addAtRate: (perSecond: number, seconds: number) => adder().atRate(perSecond, seconds),
  runOneByOne: (jobs: number) => adder().runOneByOne(jobs),
  runTogether: (jobs: number, together: number) => adder().runTogether(jobs, together),

  left: () => opened().left(),
  drain: (draining: Draining) => drain(opened(), draining),

  ran: () => tally.ran,
  /** Until that many handlers have ended. Asks no store. */
  untilRan: (jobs: number, within?: number) => until(`${jobs} jobs run`, () => tally.ran >= jobs, { every: 5, within }),
  waits: () => tally.waits,
  forgetWaits(): void {
    tally.waits = [];
  },
  /** The share of a core that this process uses over so many milliseconds. */
  async cpuShare(over: number): Promise<number> {
    const before = process.cpuUsage();
    const began = performance.now();
    await sleep(over);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / (performance.now() - began);
  },
};
export type ParticipantVerbs = typeof verbs;

function opened(): Producer {
  if (!producer) throw new Error('The producer is not open.');
  return producer;
}

function adder(): Adder {
  return new Adder(opened());
}

serve(verbs);
