import { setTimeout as sleep } from 'node:timers/promises';
import { payload, payloads } from '../support/payload.js';
import { clockTime, timed, until } from '../support/time.js';
import type { Producer } from './participant.js';

/** The ways to add jobs, the same for everyone. Those that answer a number answer milliseconds. */
export class Adder {
  constructor(private readonly producer: Producer) {}

  oneByOne(jobs: number): Promise<number> {
    return timed(async () => {
      for (let n = 0; n < jobs; n++) await this.producer.add(payload(n));
    });
  }

  /** All of a group are asked for in one turn of the event loop. */
  together(jobs: number, together: number): Promise<number> {
    return this.inGroups(jobs, together, (from, count) =>
      Promise.all(payloads(from, count).map((one) => this.producer.add(one))),
    );
  }

  bulk(jobs: number, batch: number): Promise<number> {
    return this.inGroups(jobs, batch, (from, count) => this.producer.addBulk(payloads(from, count)));
  }

  /** Due evenly over the time between two moments; rejects when the first was due before the last was added. */
  async delayed(jobs: number, batch: number, from: number, to: number): Promise<number> {
    const dueAt = (n: number) => Math.round(from + ((to - from) * n) / jobs);
    const took = await this.inGroups(jobs, batch, (first, count) =>
      this.producer.addDelayed(payloads(first, count).map((one) => ({ ...one, at: dueAt(one.n) }))),
    );
    if (clockTime() > from) throw new Error('The first job was due before the last was added.');
    return took;
  }

  /** One every so many milliseconds, each with the time of its sending. */
  async every(jobs: number, every: number): Promise<void> {
    for (let n = 0; n < jobs; n++) {
      await this.producer.add(payload(n, clockTime()));
      await sleep(every);
    }
  }

  /** At a steady rate, whether or not earlier ones were stored yet. Answers how many. */
  async atRate(perSecond: number, seconds: number): Promise<number> {
    const all = Math.round(perSecond * seconds);
    const began = performance.now();
    const under = new Set<Promise<unknown>>();
    let sent = 0;
    await until(
      'Adding at a rate',
      () => {
        const due = Math.min(all, Math.floor(((performance.now() - began) * perSecond) / 1000));
        for (; sent < due; sent++) {
          const adding = this.producer.add(payload(sent, clockTime()));
          under.add(adding);
          void adding.finally(() => under.delete(adding));
        }
        return sent === all;
      },
      { every: 1 },
    );
    await Promise.all(under);
    return sent;
  }

  /** Answers how long each took. */
  async runOneByOne(jobs: number): Promise<number[]> {
    const took: number[] = [];
    for (let n = 0; n < jobs; n++) took.push(await timed(() => this.runOne(n)));
    return took;
  }

  /** So many wait at any time: whoever has its result asks again. */
  runTogether(jobs: number, together: number): Promise<number> {
    let next = 0;
    const lane = async () => {
      while (next < jobs) await this.runOne(next++);
    };
    return timed(() => Promise.all(Array.from({ length: together }, lane)));
  }

  private async runOne(n: number): Promise<void> {
    const result = await this.producer.run(payload(n));
    if (result !== n) throw new Error(`Job ${n} answered ${String(result)}.`);
  }

  private inGroups(
    jobs: number,
    size: number,
    add: (from: number, count: number) => Promise<unknown>,
  ): Promise<number> {
    return timed(async () => {
      for (let from = 0; from < jobs; from += size) await add(from, Math.min(size, jobs - from));
    });
  }
}
